"""Who may be told: the one rule that the sending of messages and the display of who is on call share. Pure."""

from __future__ import annotations

import re

from fireline.settings import ContactSettings

QUIET_RANK = 3  # from this rank on an incident is recorded and wakes nobody

_UNFILLED = re.compile(r"[\[\]<>{}]|^\W*$|^\s*(tbd|todo|tba|n/a|none|unknown|xxx+)\s*$", re.IGNORECASE)


def why_not(contact: ContactSettings, rank: int = 0) -> str:
    """Why this contact is not told of an incident of this rank; empty when it is."""
    if rank >= QUIET_RANK:
        return "an incident of this severity is recorded and wakes nobody"
    if _UNFILLED.search(contact.address):
        return "the address was never filled in"
    if not contact.confirmed:
        return "the address is not confirmed"
    return ""
