"""A vendor's status page, in the shape of Statuspage v2: whether it is them."""

from __future__ import annotations

from fireline.detect.probe import Probe
from fireline.settings import ProbeSettings
from fireline.systems import statuspage
from fireline.systems.condition import Condition


def ask(settings: ProbeSettings) -> Condition:
    """What they say of themselves. That their page does not answer says nothing of them: unknown. Raises NoAnswer."""
    return statuspage.ask(settings.statuspage or "", settings.components, settings.timeout)


probe = Probe("statuspage", "a vendor's status page: Supabase, Expo, Sentry, GitHub", ask)
