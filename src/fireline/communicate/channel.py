"""The contract of a channel: one way of telling somebody, in one function. The shelf is `channels/`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from pydantic import ValidationError

from fireline import shelf
from fireline.errors import DeliveryError
from fireline.settings import Model, Settings

SHELF = "fireline.communicate.channels"
LONGEST_SEND = 15.0  # seconds, whatever the settings of a channel say: a claim on a message must outlast the sending


@dataclass(frozen=True)
class Message:
    """What is told to one contact.

    id: the same for every try, so that whoever got it twice can tell. thread: the same for one incident.
    data: the same in fields, for programs.
    """

    id: str
    thread: str
    event: str
    address: str
    subject: str
    text: str
    first: bool = False  # of its thread
    url: str = ""
    acknowledge_url: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Receipt:
    """What the other side said when it took the message."""

    detail: str = ""


class TryLater(DeliveryError):
    """the receiver wants to be asked again after a time"""

    def __init__(self, message: str, *, after: timedelta) -> None:
        self.after = after
        super().__init__(message, permanent=False)


@dataclass(frozen=True)
class Channel:
    """One file on the shelf.

    send: tells one contact within LONGEST_SEND; raises DeliveryError, permanent when trying again can not help.
    """

    name: str
    summary: str
    settings: type[Model]
    send: Callable[[Any, Message], Receipt]


def send(settings: Settings, name: str, message: Message) -> Receipt:
    """Send through the channel of this name; raises DeliveryError."""
    channel = channels().get(name)
    if channel is None:
        raise DeliveryError(
            f"there is no channel {name!r}", permanent=True, hint=f"There are: {', '.join(channels())}."
        )
    try:
        own = channel.settings.model_validate(settings.channels.get(name, {}))
    except ValidationError as wrong:
        raise DeliveryError(_explain(name, wrong), permanent=False) from None
    return channel.send(own, message)


def channels() -> dict[str, Channel]:
    """Every channel on the shelf."""
    found: dict[str, Channel] = shelf.read(SHELF, "channel")
    return found


def faults(settings: Settings) -> Iterator[str]:
    """What is wrong with the settings of channels, each in one line; for `doctor` and the start of a worker."""
    known = channels()
    for name in settings.channels.keys() - known.keys():
        yield f"channels.{name}: there is no such channel; there are: {', '.join(known)}"
    for contact, one in settings.contacts.items():
        if one.channel not in known:
            yield f"contacts.{contact}.channel: there is no channel {one.channel!r}; there are: {', '.join(known)}"
    used = {one.channel for one in settings.contacts.values()} | settings.channels.keys()
    for name in sorted(used & known.keys()):
        try:
            known[name].settings.model_validate(settings.channels.get(name, {}))
        except ValidationError as wrong:
            yield _explain(name, wrong)


def _explain(name: str, wrong: ValidationError) -> str:
    """The first fault in one line, without the value: it may be a secret."""
    fault = wrong.errors(include_input=False, include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"])
    return f"channel {name} is not set up: channels.{name}.{place}: {fault['msg'].removeprefix('Value error, ')}"
