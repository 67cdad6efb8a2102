"""The text of a first fireline.toml: what the runbook says is filled in, the rest is there as comments with its default."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fireline.runbook.document import Contact, Runbook

_MAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")


def settings_text(book: Runbook, path: str, targets: list[str], files: dict[str, str]) -> str:
    """The whole file. `files` holds the secrets' paths by their names: `main.dsn`, `generic.token`."""
    blocks = [
        _head(),
        *_targets(targets, files),
        _runbook(book, path),
        *_contacts(book),
        _email(),
        *_sources(targets, files),
        _around(),
        _recovery(),
    ]
    return "\n".join([*blocks, _calendar()])


def quote(text: str) -> str:
    """A TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def slug(text: str) -> str:
    """A bare TOML key made of a text."""
    return re.sub(r"[^a-z0-9]+", "-", text.casefold()).strip("-") or "contact"


def _comment(text: str) -> str:
    """Text of somebody else's on one line, so that it can not leave its comment."""
    return " ".join(text.split())


def _head() -> str:
    return """# Written by `fireline init`. Every key: docs/configuration.md. Check it with `fireline doctor`.

[server]
# bind = "127.0.0.1:8700"           # "0.0.0.0:8700" lets others reach it: set tls_cert and tls_key then
# public_url = "https://fireline.example.com"   # how a phone reaches the page; used in links in messages

[store]
# url = "postgresql://…"            # our own notebook, not on a server below; without it one is started here
"""


def _targets(targets: list[str], files: dict[str, str]) -> Iterator[str]:
    for name in targets:
        yield f"""[targets.{name}]
dsn_file = {quote(files[f"{name}.dsn"])}
# read_dsn_file = "…"               # a role that can not write, for looking
# labels = {{ service = "…" }}        # alert labels that mean this target
# users_affected = "SELECT …"       # reads how many users are affected now
# application_dsn = "…"             # as the application connects: a fence proves that this is turned away
# application_roles = ["…"]         # whose sessions are the application's; everybody's but ours if left out
"""


def _runbook(book: Runbook, path: str) -> str:
    lines = ["[runbook]", f"files = [{quote(path)}]", ""]
    if book.severities:
        lines += ["# Severities come from the runbook itself, and so do their response times:"]
        lines += [
            f"#   {_comment(one.id)} {_comment(one.name)}: {_comment(one.response or 'no time named')}"
            for one in book.severities
        ]
        lines += [
            "# [policy]",
            '# immediate = "5m"                  # what Immediate means',
            '# next_business_day = "1h"          # after opening on the next business day',
            "",
        ]
    return "\n".join(lines)


def _contacts(book: Runbook) -> Iterator[str]:
    """Everybody the runbook names; nobody is told anything before a person has set `confirmed`."""
    taken: set[str] = set()
    people = [(one, f"line {one.line} of the runbook") for one in book.contacts]
    for one, place in people:
        yield _contact(_free(slug(one.role), taken), one, place)
    for channel in book.channels:
        if channel.kind == "email" and channel.address:
            key = _free("team", taken)
            yield _table(key, "Team", "email", channel.address, f"line {channel.line} of the runbook")


def _free(key: str, taken: set[str]) -> str:
    number = 2
    wanted = key
    while wanted in taken:
        wanted, number = f"{key}-{number}", number + 1
    taken.add(wanted)
    return wanted


def _contact(key: str, one: Contact, place: str) -> str:
    mail = _MAIL.search(one.address or "")
    if mail:
        return _table(key, one.role, "email", mail[0], place)
    if (one.address or "").startswith(("http://", "https://")):
        return _table(key, one.role, "webhook", one.address or "", place)
    said = one.address or one.placeholder or "nothing"
    return _table(key, one.role, "email", "", f"{place} says {_comment(said)}: fill it in")


def _table(key: str, role: str, channel: str, address: str, why: str) -> str:
    return f"""[contacts.{key}]
role = {quote(_comment(role))}
channel = "{channel}"
address = {quote(address)}   # {why}
confirmed = false                   # true once you have checked the address: nobody is told before
"""


def _recovery() -> str:
    return """# [recovery]
# folder = ".fireline/backups"      # on another disk than the database, with room for some of them
# encrypt = ["age1…"]               # whom backups are encrypted to; then also, kept apart:
# identity_file = "…"               # what they are read with again
# keep = 7                          # whole backups that are kept whatever their age
"""


def _email() -> str:
    return """# [channels.email]
# host = "smtp.example.com"
# security = "starttls"             # or tls, or plain
# username = "fireline"
# password_file = ".fireline/secrets/smtp"
# sender = "fireline@example.com"
"""


def _sources(targets: list[str], files: dict[str, str]) -> Iterator[str]:
    """The doors that most teams need first; each with a token of its own."""
    target = f"target = {quote(targets[0])}" if len(targets) == 1 else '# target = "…"'
    for name in ("alertmanager", "generic"):
        yield f"""[sources.{name}]
format = "{name}"
token_file = {quote(files[f"{name}.token"])}
{target}                     # of its alerts when no label names one
"""


def _around() -> str:
    """What is asked beside the database when an incident opens; every line of it is valid once the marks are gone."""
    return """# Asked when an incident opens, and again while it is open; only read, each with a limit of 5 s.
# [surroundings.application.shop]
# url = "https://shop.example.com/health"
# expect = "ok"                     # a text that must stand in it
# [surroundings.vendor.supabase]
# url = "https://status.supabase.com"   # any status page with the Statuspage v2 API
# [surroundings.sentry]
# token_file = ".fireline/secrets/sentry"   # scope event:read; for alerts that name a Sentry issue
"""


def _calendar() -> str:
    return """[calendar]
# timezone = "UTC"                  # of business hours: Europe/Berlin
# holidays = "DE"
"""
