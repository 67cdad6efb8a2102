"""Who would be woken now: everybody the settings name whose address a person has confirmed, in their order. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from fireline.incident.contacts import why_not
from fireline.settings import ContactSettings


@dataclass(frozen=True)
class Place:
    """One contact, and whether it would be told; `reason` says why not."""

    contact: str
    role: str
    channel: str
    told: bool
    reason: str


def who_is_told(contacts: Mapping[str, ContactSettings], severity_rank: int = 0) -> list[Place]:
    """Everybody, those who would be told of an incident of this rank first, each group in the order of the settings."""
    places = []
    for name, one in contacts.items():
        reason = why_not(one, severity_rank)
        places.append(Place(name, one.role or name, one.channel, not reason, reason))
    return sorted(places, key=lambda place: not place.told)
