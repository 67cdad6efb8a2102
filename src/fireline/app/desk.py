"""Where a person sits: the same call whether the store is on this machine or behind FIRELINE_URL."""

from __future__ import annotations

import inspect
import os
import pwd
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from fireline import settings as settings_file
from fireline.app.context import Context, make
from fireline.app.operations import OPERATIONS
from fireline.errors import Denied, FirelineError, NotFound, StoreUnavailable, Unauthenticated, Usage
from fireline.incident.people import Actor, actor_for_os_user
from fireline.redact import Secret
from fireline.store.chain import plain
from fireline.store.connect import Connection


class Desk(Protocol):
    """What the CLI calls."""

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Carry out an operation; JSON data, times as ISO texts. Raises FirelineError."""


def carry_out(context: Context, actor: Actor, name: str, arguments: dict[str, Any], *, light: bool = False) -> Any:
    """Carry out an operation in a transaction of its own; one that only works on a target holds none meanwhile."""
    operation = OPERATIONS.get(name)
    if operation is not None and operation.outside:
        return perform(context, None, actor, name, arguments, light=light)
    with context.store.transaction() as conn:
        return perform(context, conn, actor, name, arguments, light=light)


def perform(
    context: Context,
    conn: Connection | None,
    actor: Actor,
    name: str,
    arguments: dict[str, Any],
    *,
    light: bool = False,
) -> Any:
    """Carry out an operation inside the caller's transaction, the actor's role checked.

    light: a single short command, which should not read the runbook only to name a severity.
    """
    operation = OPERATIONS.get(name)
    if operation is None:
        raise NotFound(f"no operation {name!r}")
    if not actor.may(operation.role):
        raise Denied(
            f"{name} needs the role {operation.role}; {actor.name} is {actor.role}",
            hint="An admin can change roles on the People page or with `fireline user`.",
        )
    handed: dict[str, Any] = {
        "conn": conn,
        "actor": actor,
        "context": context,
        "settings": context.settings,
        "world": context.world,
        "scheme": None,
    }
    wanted = inspect.signature(operation.function).parameters
    can_do_without = light and operation.reads
    if "scheme" in wanted and not can_do_without:
        handed["scheme"] = context.scheme()
    unknown = set(arguments) - set(operation.parameters)
    missing = [key for key, one in operation.parameters.items() if one.default is one.empty and key not in arguments]
    if unknown or missing:
        wrong = f"does not know {', '.join(sorted(unknown))}" if unknown else f"needs {', '.join(missing)}"
        raise Usage(f"{name} {wrong}", hint=f"It takes: {', '.join(operation.parameters) or 'nothing'}.")
    return operation.function(**{key: value for key, value in handed.items() if key in wanted}, **arguments)


class LocalDesk:
    """On the store's own machine: as the person bound to the account of the operating system."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self._actor: Actor | None = None

    @property
    def actor(self) -> Actor:
        """The person this account of the operating system is bound to."""
        if self._actor is None:
            account = pwd.getpwuid(os.getuid()).pw_name
            with self.context.store.transaction() as conn:
                self._actor = actor_for_os_user(conn, account)
        return self._actor

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Carry out an operation in a transaction of its own."""
        return plain(carry_out(self.context, self.actor, name, arguments, light=True))


_KINDS: dict[int, type[FirelineError]] = {
    401: Unauthenticated,
    403: Denied,
    404: NotFound,
    422: Usage,
    503: StoreUnavailable,
}


class RemoteDesk:
    """Behind a URL and a token: the same operations over HTTP."""

    def __init__(self, url: str, token: Secret) -> None:
        self.url = url.rstrip("/")
        self._token = token

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Carry out an operation on the server."""
        import httpx

        from fireline.errors import Refused

        group, _, verb = name.partition(".")
        try:
            answer = httpx.post(
                f"{self.url}/api/v1/{group}/{verb}",
                json=arguments,
                headers={"Authorization": f"Bearer {self._token.reveal()}"},
                timeout=60,
            )
            body = answer.json()
        except (httpx.HTTPError, ValueError) as lost:
            raise StoreUnavailable(
                f"{self.url} does not answer as Fireline does: {lost}",
                hint="Check FIRELINE_URL, and that the server runs.",
            ) from None
        if answer.is_success:
            return body
        kind = _KINDS.get(answer.status_code, Refused if answer.status_code == 409 else FirelineError)  # noqa: PLR2004
        raise kind(str(body.get("error", answer.text)), hint=body.get("hint"))


@contextmanager
def open_desk(config: Path | None = None) -> Iterator[LocalDesk | RemoteDesk]:
    """The desk this shell has: remote with FIRELINE_URL and FIRELINE_TOKEN (or FIRELINE_TOKEN_FILE), else local."""
    url = os.environ.get("FIRELINE_URL")
    if url:
        yield RemoteDesk(url, _token())
        return
    context = make(settings_file.read(config), application="fireline-cli", pool_size=1)
    try:
        yield LocalDesk(context)
    finally:
        context.close()


def _token() -> Secret:
    file = os.environ.get("FIRELINE_TOKEN_FILE")
    value = Path(file).read_text(encoding="utf-8").strip() if file else os.environ.get("FIRELINE_TOKEN", "")
    if not value:
        raise Unauthenticated("FIRELINE_URL is set but FIRELINE_TOKEN is not", hint="Make one on the People page.")
    return Secret(value)
