"""How a client program gets into a database: as our own connections do, with no secret in its arguments, its environment or on a disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import Conninfo

from fireline.errors import Refused, TargetUnavailable
from fireline.postgres.connect import APPLICATION, PATIENCE_SECONDS
from fireline.redact import Secret

_SECTION = "fireline"  # of the service file that holds secrets other than the password
_HIDDEN = (b"*", b"D")  # how libpq marks what is not to be shown
_NO_SECRET = {"replication", "sslkeylogfile"}
_OURS = {"service", "options", "application_name", "client_encoding", "fallback_application_name"}
_SERVICE = ("PGSERVICEFILE", "PGSYSCONFDIR")
_KEPT = ("PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "KRB5CCNAME", "KRB5_CONFIG", "SSL_CERT_FILE", "SSL_CERT_DIR")
_TLS_MODES = ("require", "verify-ca", "verify-full")


@dataclass(frozen=True)
class Access:
    """What a client program is started with."""

    conninfo: str  # for --dbname; no secret in it
    env: dict[str, str]  # the whole environment


@contextmanager
def environment(dsn: Secret, database: str | None = None, *, options: str = "") -> Iterator[Access]:
    """What gets a client program where `connect` gets with the same DSN, valid as long as the block lasts.

    database: another one of the same server. options: settings for its sessions, as `-c work_mem=64MB`, behind the DSN's own.
    Raises TargetUnavailable when the DSN can not be read, Refused when a secret can not be handed over.
    """
    parts = _parts(dsn)
    env = {name: os.environ[name] for name in _KEPT if name in os.environ} | {"LC_ALL": "C", "PGAPPNAME": APPLICATION}
    if parts.get("service"):  # it stands behind the DSN and before the environment, so that stays as it is
        env |= {name: os.environ[name] for name in (*_SERVICE, *_ambient_names()) if name in os.environ}
    else:
        parts = _ambient() | parts
    parts |= {"application_name": APPLICATION} | ({"dbname": database} if database is not None else {})
    parts.setdefault("connect_timeout", PATIENCE_SECONDS)
    parts["options"] = " ".join(part for part in (str(parts.get("options") or ""), options) if part) or None
    password, hidden = parts.pop("password", None), {key: parts.pop(key) for key in _hidden() if key in parts}
    with ExitStack() as stack:
        if password:
            parts["passfile"] = stack.enter_context(_unseen(_password_line(str(password))))
        if hidden:
            if "service" in parts:
                raise Refused(f"a DSN with a service can not hold {', '.join(hidden)}", hint="Put it into the service.")
            lines = [f"[{_SECTION}]", *(f"{key}={value}" for key, value in hidden.items())]
            env["PGSERVICEFILE"] = stack.enter_context(_unseen("\n".join(lines)))
            parts["service"] = _SECTION
        yield Access(make_conninfo(**{key: value for key, value in parts.items() if value is not None}), env)


def wants_tls(dsn: Secret) -> bool:
    """Whether this DSN insists on TLS. What merely prefers it does not say: ask a connection of ours, `pgconn.ssl_in_use`."""
    parts = _ambient() | _parts(dsn)
    return parts.get("sslmode") in _TLS_MODES or parts.get("sslrootcert") == "system"


def _parts(dsn: Secret) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(dsn.reveal()))
    except psycopg.Error:  # its words hold a part of the DSN
        raise TargetUnavailable(
            "the DSN can not be read", hint="Write it as postgresql://user:password@host:port/database.", kind="dsn"
        ) from None


def _ambient() -> dict[str, Any]:
    """What libpq takes from our own environment for what a DSN leaves open: our connections went there, too."""
    set_by_someone = (one for one in Conninfo.get_defaults() if one.val is not None and one.val != one.compiled)
    found = {one.keyword.decode(): one.val.decode() for one in set_by_someone if one.val is not None}
    return {key: value for key, value in found.items() if key not in _OURS}


def _ambient_names() -> list[str]:
    known = (one for one in Conninfo.get_defaults() if one.envvar and one.keyword.decode() not in _OURS)
    return [one.envvar.decode() for one in known if one.envvar]


def _hidden() -> list[str]:
    """The names of the parts that libpq itself would not show."""
    names = (one.keyword.decode() for one in Conninfo.get_defaults() if one.dispchar in _HIDDEN)
    return [name for name in names if name not in _NO_SECRET]


def _password_line(password: str) -> str:
    if "\n" in password or "\r" in password:
        raise Refused("a password with a line break can not be handed to PostgreSQL's client programs")
    return "*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n"


@contextmanager
def _unseen(content: str) -> Iterator[str]:
    """The path of a file that only we can read: in memory, so that nothing of it outlives this process, however that ends."""
    if hasattr(os, "memfd_create"):
        descriptor = os.memfd_create("fireline")
        path = f"/proc/{os.getpid()}/fd/{descriptor}"
        try:
            os.fchmod(descriptor, 0o600)
            os.write(descriptor, content.encode())
            if Path(path).exists():
                yield path
                return
        finally:
            os.close(descriptor)
    with tempfile.NamedTemporaryFile("w", prefix="fireline-") as file:  # created so that only we can read it
        file.write(content)
        file.flush()
        yield file.name
