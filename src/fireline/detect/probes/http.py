"""A page: its status, a text in it, how fast it answers, and how long its certificate is good."""

from __future__ import annotations

from dataclasses import replace

from fireline.detect.probe import Probe
from fireline.detect.spans import span
from fireline.settings import ProbeSettings
from fireline.systems import web_page
from fireline.systems.condition import Condition
from fireline.systems.web_page import Page

# For who watches a page from outside no answer is an outage, whatever the reason.
_ANY = ("refused", "tls", "late", "name", "other")


def ask(settings: ProbeSettings) -> Condition:
    """What the page answers, judged by what is expected of it."""
    page = Page(settings.url or "", settings.timeout, settings.status, settings.expect, settings.ca, _ANY)
    return judged(settings, web_page.ask(page))


def judged(settings: ProbeSettings, seen: Condition) -> Condition:
    """The same, ailing also when it is too slow or its certificate ends too soon; pure."""
    ms, days = seen.facts.get("ms"), seen.facts.get("tls_days_left")
    if seen.state == "well" and settings.latency is not None and ms and ms > settings.latency.total_seconds() * 1000:
        slow = f"answers in {ms} ms, slower than {span(settings.latency)}"
        return replace(seen, state="ailing", title=slow)
    if seen.state == "well" and settings.certificate_days is not None:
        if days is None:
            return replace(seen, state="ailing", title="answers without a certificate")
        if days < settings.certificate_days:
            return replace(seen, state="ailing", title=f"its certificate ends in {days} days")
    return seen


probe = Probe("http", "a page: status, text, latency, certificate", ask)
