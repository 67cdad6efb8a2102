"""What Sentry knows of the issues that an incident's alerts name: what it is, how often, since when, how many users."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from pydantic import Field

from fireline import clock
from fireline.assess.surrounding import LIMIT, Circumstances, Question, Seen, Surrounding
from fireline.settings import Duration, Model, SecretText
from fireline.systems import http_get
from fireline.systems.http_get import NoAnswer

MOST_ISSUES = 3
_DEEPEST = 8  # levels of a payload
_CLOUD = "sentry.io"
_LINK = re.compile(r"https?://([\w.:-]{1,200})/(?:[\w.~%-]{1,100}/){0,5}issues/(\d{1,20})(?!\w)")
_KEYS = ("sentryissue", "sentryissueid")
_OK = 200
_REFUSED = {
    401: "Sentry refuses the token (401)",
    403: "the token may not read issues (403): it needs the scope event:read",
    404: "Sentry knows no such issue, or the token may not see it (404)",
    429: "Sentry is asked too often (429)",
}


class SentrySettings(Model):
    """Where Sentry is asked about the issues that alerts name; read-only, with a token of the scope event:read."""

    token: SecretText = Field(description="auth token; sent to `url` and nowhere else")
    url: str = Field("https://sentry.io", description="base URL: https://sentry.io, your region's, or your own Sentry")
    timeout: Duration = Field(LIMIT, description="how long all its answers may take together")


def questions(settings: SentrySettings, circumstances: Circumstances) -> list[Question]:
    """One for each issue that the incident's alerts name, the newest alerts first."""
    found = list(dict.fromkeys(issues(circumstances.said, settings.url)))[:MOST_ISSUES]
    return [
        Question(f"issue {issue}", partial(ask, settings, issue), settings.timeout, ("sentry", settings.url, issue))
        for issue in found
    ]


def issues(said: Sequence[Any], base: str) -> Iterator[str]:
    """The numbers of the issues of this Sentry that are named in labels, annotations, texts or raw payloads."""
    for one in said:
        yield from _named(one, base, "", 0)


def _named(value: Any, base: str, key: str, depth: int) -> Iterator[str]:
    if depth > _DEEPEST:
        return
    if isinstance(value, dict):
        yield from _of_payload(value, key)
        for name, item in value.items():
            yield from _named(item, base, str(name), depth + 1)
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, base, key, depth + 1)
    elif isinstance(value, str | int) and not isinstance(value, bool):
        text = str(value)
        if re.sub(r"[^a-z]", "", key.lower()) in _KEYS and _is_number(text):
            yield text
        yield from (issue for host, issue in _LINK.findall(text) if _same_sentry(host, base))


def _of_payload(value: dict[str, Any], key: str) -> Iterator[str]:
    """What a webhook of Sentry itself names: `issue` with its id, or `event` with the id of its issue.

    Other trackers have issues with numbers, too; these fields are Sentry's.
    """
    number = ""
    if key == "issue" and ("shortId" in value or "culprit" in value):
        number = str(value.get("id"))
    elif key == "event" and ("event_id" in value or "issue_url" in value):
        number = str(value.get("issue_id"))
    if _is_number(number):
        yield number


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 20  # noqa: PLR2004 - as the link's pattern has it


def _same_sentry(host: str, base: str) -> bool:
    """Whether a link leads to the Sentry that we may ask; the cloud has many names, one for each organization."""
    ours = (urlsplit(base).netloc.rpartition("@")[2] or base).lower()
    host = host.lower()
    return host == ours or all(one == _CLOUD or one.endswith(f".{_CLOUD}") for one in (host, ours))


def ask(settings: SentrySettings, issue: str) -> Seen:
    """The issue and its latest event; without the event the issue alone."""
    until = clock.now() + settings.timeout
    found = _get(settings, f"/api/0/issues/{issue}/", settings.timeout)
    if not isinstance(found, dict) or not found.get("title"):
        return Seen("unknown", "Sentry's answer is no issue")
    try:
        latest = _get(
            settings, f"/api/0/issues/{issue}/events/latest/", max(until - clock.now(), timedelta(seconds=0.1))
        )
    except NoAnswer:
        latest = None
    return read(found, latest if isinstance(latest, dict) else {}, clock.now())


def _get(settings: SentrySettings, path: str, limit: timedelta) -> Any:
    headers = {"Authorization": f"Bearer {settings.token.reveal()}", "Accept": "application/json"}
    answer = http_get.get(f"{settings.url.rstrip('/')}{path}", limit=limit, headers=headers, redirects=0)
    if answer.status != _OK:
        raise NoAnswer(_REFUSED.get(answer.status, f"Sentry answers {answer.status}"))
    return answer.json()


def read(issue: dict[str, Any], event: dict[str, Any], now: datetime) -> Seen:
    """What the answers mean. An issue that is resolved there is well; the number of users is 0 where none is told."""
    facts: dict[str, Any] = {
        "title": _text(issue.get("title")),
        "short_id": _text(issue.get("shortId")),
        "culprit": _text(issue.get("culprit")),
        "level": _text(issue.get("level")),
        "status": _text(issue.get("status")),
        "first_seen": _text(issue.get("firstSeen")),
        "last_seen": _text(issue.get("lastSeen")),
        "count": _number(issue.get("count")),
        "users": _number(issue.get("userCount")),
        "release": _release(event) or _release({"release": issue.get("lastRelease")}),
        "link": _text(issue.get("permalink")),
    }
    where = f" in {facts['culprit']}" if facts["culprit"] else ""
    over = facts["status"] == "resolved"
    title = f"“{facts['title']}”{where}{' is resolved there' if over else ''}"
    return Seen("well" if over else "ailing", title, ", ".join(_said(facts, now)), facts)


def _said(facts: dict[str, Any], now: datetime) -> Iterator[str]:
    if facts["level"]:
        yield facts["level"]
    for key, word in (("count", "event"), ("users", "user")):
        if facts[key]:
            yield f"{facts[key]} {word}{'' if facts[key] == 1 else 's'}"
    for key, word in (("first_seen", "since"), ("last_seen", "last")):
        at = _moment(facts[key])
        if at:
            yield (
                f"{word} {at:%H:%M} UTC"
                if at.date() == now.astimezone(UTC).date()
                else f"{word} {at:%Y-%m-%d %H:%M} UTC"
            )
    if facts["release"]:
        yield f"release {facts['release']}"


def _release(event: dict[str, Any]) -> str:
    """The release of an event: an object with its version, or a tag."""
    release = event.get("release")
    version = release.get("version") if isinstance(release, dict) else release
    tags = event.get("tags") if isinstance(event.get("tags"), list) else []
    tagged = next((one.get("value") for one in tags or [] if isinstance(one, dict) and one.get("key") == "release"), "")
    return _text(version or tagged)


def _text(value: Any) -> str:
    return " ".join(str(value).split())[:300] if isinstance(value, str) else ""


def _number(value: Any) -> int:
    """A count, which Sentry sends as a text."""
    return int(value) if str(value).isascii() and str(value).isdecimal() else 0


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value).astimezone(UTC)
    except ValueError:
        return None


surrounding = Surrounding("sentry", "the Sentry issues that alerts name", SentrySettings, questions)
