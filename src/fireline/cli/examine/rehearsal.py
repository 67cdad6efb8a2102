"""A test alert on its whole way: through the door of a generic source, to an incident, to a message; then dismissed."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from fireline.cli.desk import ask, at_desk
from fireline.cli.examine.line import Line, fail, ok, warn
from fireline.cli.examine.server import address
from fireline.settings import Settings

ABOUT = "test alert"
TITLE = "TEST by fireline doctor: nothing is wrong"
INCIDENT_SECONDS = 20.0
MESSAGE_SECONDS = 40.0
_ACCEPTED = 202

Found = TypeVar("Found")


def look(settings: Settings) -> Iterator[Line]:
    """Send it, follow it, take it back."""
    name = next((name for name, one in settings.sources.items() if one.format == "generic"), None)
    url = address(settings) or settings.server.public_url
    if name is None or url is None:
        missing = "no source of the format generic is configured" if name is None else "no server is running"
        yield fail(
            ABOUT,
            f"{missing}, so it can not be sent",
            "Add [sources.generic]." if name is None else "Start it with `fireline up`.",
        )
        return
    mark = f"fireline-doctor-{secrets.token_hex(6)}"
    refused = _send(settings, url, name, mark, status="firing")
    if refused:
        yield refused
        return
    yield ok(ABOUT, f"accepted at {url}/in/{name}")
    with at_desk() as desk:
        yield from _follow(desk, settings, mark)
    _send(settings, url, name, mark, status="resolved")


def _send(settings: Settings, url: str, name: str, mark: str, *, status: str) -> Line | None:
    """Post it as a monitoring system would; a line when it was not accepted."""
    import httpx

    about = "Sent to see that alerts arrive and people are told."
    body = {"summary": f"{TITLE} ({mark})", "dedup": mark, "status": status, "details": about}
    token = settings.sources[name].token
    headers = {"Authorization": f"Bearer {token.reveal()}"} if token else {}
    here = url == address(settings)  # its certificate need not name the loopback address
    try:
        answer = httpx.post(f"{url}/in/{name}", json=body, headers=headers, timeout=10, verify=not here)
    except httpx.HTTPError as lost:
        return fail(ABOUT, f"{url}/in/{name} does not answer: {lost}", "Is the server running?")
    if answer.status_code != _ACCEPTED:
        return fail(ABOUT, f"{url}/in/{name} says {answer.status_code}: {answer.text[:200]}")
    return None


def _follow(desk: Any, settings: Settings, mark: str) -> Iterator[Line]:
    begun = time.monotonic()
    incident = _wait(lambda: _incident(desk, mark), INCIDENT_SECONDS)
    if incident is None:
        yield fail(
            ABOUT,
            f"no incident has come of it in {INCIDENT_SECONDS:.0f} s",
            "Is a worker running? See `fireline alert list`.",
        )
        return
    yield ok(ABOUT, f"{incident} opened after {time.monotonic() - begun:.1f} s")
    yield _told(desk, settings, incident)
    for run in ask(desk, "run.list", incident=incident):
        if run["state"] in ("running", "waiting"):
            ask(desk, "run.cancel", run=run["run"], reason="the alert was a test")
    _wait(
        lambda: (
            all(run["state"] not in ("running", "waiting") for run in ask(desk, "run.list", incident=incident)) or None
        ),
        10,
    )
    ask(desk, "incident.dismiss", incident=incident, reason="a test alert of `fireline doctor`")
    yield ok(ABOUT, f"{incident} is dismissed again")


def _incident(desk: Any, mark: str) -> str | None:
    found = ask(desk, "alert.list", search=mark, limit=1)
    return found[0]["incident"] if found else None


def _told(desk: Any, settings: Settings, incident: str) -> Line:
    """Whether a message about it has reached a channel."""
    if not any(one.confirmed and one.address for one in settings.contacts.values()):
        return warn(
            ABOUT, "nobody is told of it: no contact is confirmed", "Check the addresses and set confirmed = true."
        )
    event = _wait(lambda: _telling(desk, incident), MESSAGE_SECONDS)
    if event is None:
        return fail(
            ABOUT,
            f"no message has gone out in {MESSAGE_SECONDS:.0f} s",
            f"See `fireline incident timeline {incident}`.",
        )
    if event["kind"] == "telling_failed":
        return fail(ABOUT, event["text"], "Check the channel's settings.")
    return ok(ABOUT, event["text"])


def _telling(desk: Any, incident: str) -> dict[str, Any] | None:
    events = ask(desk, "incident.timeline", incident=incident)
    return next((event for event in events if event["kind"] in ("told", "telling_failed")), None)


def _wait(look: Callable[[], Found | None], seconds: float) -> Found | None:
    """What `look` finds, asked again and again for so long."""
    end = time.monotonic() + seconds
    while True:
        found = look()
        if found is not None or time.monotonic() > end:
            return found
        time.sleep(0.25)
