"""Which rule of pg_hba.conf meets a connection: the first that fits decides. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

from fireline.assess.checks.hba import Rule


def first_match(
    rules: tuple[Rule, ...],
    host: str,
    user: str,
    database: str,
    roles: Collection[str] = (),
    *,
    encrypted: bool | None = None,
) -> Rule | None:
    """The rule that decides; None when none fits. host: an address, or [local]. roles: of which the user is a member."""
    return next(
        (
            rule
            for rule in rules
            if not rule.error
            and _type(rule, host, encrypted)
            and _database(rule, user, database, roles)
            and _user(rule, user, roles)
            and _address(rule, host)
        ),
        None,
    )


def _type(rule: Rule, host: str, encrypted: bool | None) -> bool:
    if host in ("[local]", ""):
        return rule.type == "local"
    if rule.type == "hostssl":
        return encrypted is not False
    if rule.type in ("hostnossl", "host"):
        return rule.type == "host" or not encrypted
    return False


def _database(rule: Rule, user: str, database: str, roles: Collection[str]) -> bool:
    return any(
        one in ("all", database) or _like(one, database) or (one == "sameuser" and user == database)
        or (one in ("samerole", "samegroup") and (database in roles or user == database))
        for one in rule.databases
    )  # fmt: skip


def _user(rule: Rule, user: str, roles: Collection[str]) -> bool:
    return any(
        one in ("all", user) or _like(one, user) or (one.startswith("+") and one[1:] in (user, *roles))
        for one in rule.users
    )


def _like(pattern: str, name: str) -> bool:
    """A name that begins with a slash is a regular expression, from version 16 on."""
    if not pattern.startswith("/"):
        return False
    try:
        return re.search(pattern[1:], name) is not None
    except re.error:
        return False


def _address(rule: Rule, host: str) -> bool:
    if rule.type == "local" or rule.address in ("all", None):
        return True
    if rule.address in ("samehost", "samenet"):
        return host.startswith("127.") or host == "::1"
    try:
        wanted, known = ipaddress.ip_address(host), ipaddress.ip_interface(str(rule.address))
        mask = int(ipaddress.ip_address(rule.netmask)) if rule.netmask else int(known.netmask)
    except ValueError:
        return False  # a host name, which only the server can resolve
    return wanted.version == known.version and int(wanted) & mask == int(known.ip) & mask
