"""Signs of life of jobs, as healthchecks.io takes them: by UUID or by key and slug, answered as it answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

from pydantic import Field

from fireline.detect import beats
from fireline.detect.beats import GRACE, KEY_REASON, PERIOD, Jobs
from fireline.detect.source import Answer, Event, Inbound, Kept, Knock, Route, Source, line, prose
from fireline.errors import FirelineError, NotFound, SettingsError, Unauthenticated, Usage
from fireline.settings import Duration, Model, Settings
from fireline.store.connect import Connection

BODY_LIMIT = 100_000  # bytes that are kept of what a job says
MOST_CODE = 255
METHODS = frozenset({"GET", "HEAD", "POST"})
_SLUG = re.compile(r"[a-z0-9_-]{1,100}")
_ACTIONS = ("success", "start", "fail", "log")
_OK, _CREATED, _NOT_FOUND = 200, 201, 404


class PingOptions(Model):
    """Jobs that a ping with `?create=1` makes, and no settings describe."""

    create: bool = Field(True, description="whether a ping may make one")
    period: Duration = Field(PERIOD, description="how often it comes")
    grace: Duration = Field(GRACE, description="how late it may be, and how long it may run once started")


def complete(settings: Settings, name: str, own: PingOptions) -> Jobs:
    """The jobs of this source."""
    slugs: dict[str, str] = {}
    uuids: dict[str, str] = {}
    for beat, one in settings.beats.items():
        slug = one.slug or beat
        if not _SLUG.fullmatch(slug):
            raise SettingsError(f"beats.{beat}.slug: is needed, of a-z, 0-9, _ and -, as {beat!r} can be none")
        if one.source == name and slugs.setdefault(slug, beat) != beat:
            raise SettingsError(f"beats.{beat}.slug: {slug!r} is that of {slugs[slug]} already")
        if one.source == name and one.uuid is not None and uuids.setdefault(one.uuid, beat) != beat:
            raise SettingsError(f"beats.{beat}.uuid: is that of {uuids[one.uuid]} already")
    return Jobs(slugs, uuids, own.create, own.period, own.grace)


def presented(knock: Knock) -> list[str]:
    """The ping key or the UUID, which both stand in the path."""
    first = knock.place.get("first", "")
    return [first, first.lower()]


def parse(inbound: Inbound) -> list[Event]:
    """One sign of life; what it means for its job is decided when it is taken, in order."""
    name, slug, action, code = _said(inbound)
    rid = inbound.query.get("rid")
    if rid is not None and not _is_uuid(rid):
        raise Usage("invalid uuid format", hint="rid is a UUID.")
    how = f"exit {code}" if code else action
    told = {"beat": name, "slug": slug, "action": action, "exit": code, "rid": rid and str(UUID(rid))}
    if inbound.query.get("create") == "1" and _jobs(inbound).create:
        told["create"] = "1"
    title = f"{name} failed ({how})" if code else f"{name} failed" if action == "fail" else f"{name}: {action}"
    event = Event(
        key=beats.event_key(name),
        key_reason=KEY_REASON,
        title=line(title),
        status={"fail": "firing", "success": "resolved"}.get(action, "noted"),  # type: ignore[arg-type]
        text=prose(_text(inbound)),
        kind="beat",
        labels={label: value for label, value in told.items() if value},
        once=str(inbound.uid),
    )
    return [event]


def _said(inbound: Inbound) -> tuple[str, str, str, str]:
    """The job's name, its slug, what happened, and with which exit code. Raises Usage, and NotFound for what is no job's path."""
    jobs, first = _jobs(inbound), inbound.place.get("first", "").lower()
    second, third = inbound.place.get("second"), inbound.place.get("third")
    if first in jobs.uuids and third is None:
        action, code = _action(second)
        return jobs.uuids[first], "", action, code
    slug = second if first else inbound.query.get("slug")
    if not slug or not _SLUG.fullmatch(slug):
        raise NotFound("not found") if first else Usage("slug is required", hint="Send ?slug=nightly-backup.")
    action, code = _action(third if first else inbound.query.get("action"))
    return jobs.slugs.get(slug, f"{inbound.source}/{slug}"), slug, action, code


def _action(given: str | None) -> tuple[str, str]:
    """What happened, and the exit code where one says so."""
    if given is None or given in _ACTIONS:
        return given or "success", ""
    if not (given.isascii() and given.isdecimal()):
        raise NotFound("not found")
    code = int(given[:9])
    if code > MOST_CODE:
        raise Usage("invalid url format", hint="An exit code is 0 to 255.")
    return ("fail" if code else "success"), str(code)


def before(inbound: Inbound) -> Callable[[Connection], bool] | None:
    """Of a job that the settings do not name: whether this ping has made it. Raises NotFound when there is none."""
    name, slug, _, _ = _said(inbound)
    jobs = _jobs(inbound)
    if name in jobs.uuids.values() or slug in jobs.slugs:
        return None
    parse(inbound)  # what is wrong with it must not leave a job behind
    if inbound.query.get("create") == "1" and jobs.create:
        return beats.provision(jobs, inbound.source, slug)

    def found(conn: Connection) -> bool:
        if not beats.is_there(conn, name):
            raise NotFound("not found")
        return False

    return found


def read(inbound: Inbound) -> dict[str, Any]:
    """What is kept of a ping: what its job said, how it came, and no key."""
    sender = {"method": inbound.method, "agent": inbound.headers.get("user-agent", "")[:200]}
    return {"text": _text(inbound), **sender, **{name: value[:200] for name, value in inbound.query.items()}}


def _text(inbound: Inbound) -> str:
    return inbound.body[:BODY_LIMIT].decode(errors="replace")


def _jobs(inbound: Inbound) -> Jobs:
    return inbound.options if isinstance(inbound.options, Jobs) else Jobs({}, {})


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text.lower()
    except ValueError:
        return False


def answer(inbound: Inbound, signal: Kept) -> Answer:
    """OK, or Created when this ping made its job."""
    del signal
    created = inbound.known is True
    return Answer(_CREATED if created else _OK, "Created" if created else "OK", _HEADERS)


def refuse(wrong: FirelineError, status: int) -> Answer:
    """Plain text; a key that nobody has and a job that nobody knows look the same."""
    if isinstance(wrong, Unauthenticated):
        return Answer(_NOT_FOUND, "not found", _HEADERS)
    return Answer(status, wrong.message, _HEADERS)


_HEADERS = {"Ping-Body-Limit": str(BODY_LIMIT), "Access-Control-Allow-Origin": "*"}

_SETUP = (
    "At the end of a job: `curl -fsS -m 10 --retry 5 $URL/ping/TOKEN/JOB`; before it `…/JOB/start`, on failure `…/JOB/fail`.",
    "How often JOB comes and how late it may be stands under [beats.JOB] of the settings.",
)
source = Source(
    "ping",
    "signs of life of jobs, at the paths of healthchecks.io",
    parse,
    methods=METHODS,
    routes=tuple(
        Route(path, METHODS) for path in ("/ping/{first}", "/ping/{first}/{second}", "/ping/{first}/{second}/{third}")
    ),
    presented=presented,
    answer=answer,
    refuse=refuse,
    options=PingOptions,
    complete=complete,
    also_known_by=lambda jobs: list(jobs.uuids),
    before=before,
    read=read,
    cuts=True,
    setup=_SETUP,
)
