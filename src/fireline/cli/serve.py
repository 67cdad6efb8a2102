"""`fireline server`, `fireline worker`, `fireline migrate`: one process each, for those who start them apart."""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fireline.cli.terminal import answer, options, say, warn
from fireline.errors import StoreUnavailable

if TYPE_CHECKING:
    from fireline.app.context import Context
    from fireline.settings import Settings

PARENT = "FIRELINE_UP_PID"  # set by `fireline up`: its children die with it
GRACE_SECONDS = 2  # for requests under way; streams of live pages are cut then
WORKER_POOL = 28  # connections: one for each thread that may carry out a duty
SWITCH_SECONDS = 0.001  # the thread that commits wants its turn after each answer of the store
STATE = "server.json"  # in the store's folder: where the server answers now


def server(
    bind: Annotated[
        str | None, typer.Option(help="Address and port; else server.bind. Port 0 takes a free one.")
    ] = None,
) -> None:
    """Serve the doors, the API and the pages."""
    import uvicorn

    from fireline.cli.listen import listen
    from fireline.cli.logs import configure
    from fireline.web.protocol import Protocol
    from fireline.web.server import make_app

    _die_with_parent()
    configure(debug=options.debug)
    settings = _settings()
    listening, url, settings = listen(settings, bind)
    context = _context(settings, "fireline-server", journal=settings.server.journal > 0)
    state = settings.path(settings.store.folder) / STATE

    app = make_app(context)
    sys.setswitchinterval(SWITCH_SECONDS)

    class Announcing(uvicorn.Server):
        """A server that tells where it answers as soon as it does."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            _announce(state, url, context)

        async def shutdown(self, sockets: Any = None) -> None:
            app.state.hub.close()  # the streams of open pages end now, not when their grace is over
            await super().shutdown(sockets)

    config = uvicorn.Config(
        app,
        loop="uvloop",
        http=Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        ssl_certfile=settings.path(settings.server.tls_cert) if settings.server.tls_cert else None,
        ssl_keyfile=settings.path(settings.server.tls_key) if settings.server.tls_key else None,
    )
    _ignore_stop_signals()
    try:
        Announcing(config).run(sockets=[listening])
    finally:
        _forget(state)
        context.close()


def worker(
    label: Annotated[list[str] | None, typer.Option(help="A label this worker has; may be repeated.")] = None,
) -> None:
    """Carry out what is due: assessment, runs, messages, clocks."""
    from fireline.cli.logs import configure
    from fireline.duties import work

    _die_with_parent()
    configure(debug=options.debug)
    context = _context(_settings(), "fireline-worker", pool_size=WORKER_POOL)
    try:
        work(context.world, label or [])
    finally:
        context.close()


def migrate() -> None:
    """Bring the store to the shape this version needs.

    `fireline up` does it by itself; use this before starting servers and workers apart.
    """
    from fireline.app.context import store_url
    from fireline.store.migrate import migrate as bring

    applied = bring(store_url(_settings()))
    words = f"applied: {', '.join(applied)}" if applied else "nothing to do: the store is up to date"
    answer({"applied": applied}, lambda _: say(words))


def _settings() -> Settings:
    from fireline import settings

    return settings.read(options.config)


def _context(settings: Settings, application: str, pool_size: int = 8, *, journal: bool = False) -> Context:
    """The context, after a look at the store: migrated, and not on the server of a target.

    journal: the doors can take alerts without the store, so a server starts without it too.
    """
    from fireline.app.context import check_store_is_not_a_target, make

    context = make(settings, application=application, pool_size=pool_size)
    try:
        with context.store.transaction() as conn:
            found = conn.execute("SELECT to_regclass('fireline.person') IS NOT NULL AS migrated").fetchone()
    except StoreUnavailable as away:
        if not journal:
            raise
        warn(f"WARNING: {away.message}; alerts are taken into the journal until it does")
        return context
    if not (found and found["migrated"]):
        raise StoreUnavailable("the store is empty", hint="Run `fireline migrate`, or start all with `fireline up`.")
    loud = None if os.environ.get(PARENT) else check_store_is_not_a_target(settings, context.store.url)
    if loud:
        warn(f"WARNING: {loud}")
    return context


def _announce(state: Path, url: str, context: Context) -> None:
    """Say where the server answers, to people and to other commands."""
    code = _first_code(context)
    state.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = state.with_suffix(f".{os.getpid()}")
    noted = {"url": url, "bind": context.settings.server.bind, "pid": os.getpid(), "first_account": bool(code)}
    fresh.write_text(json.dumps(noted), encoding="utf-8")
    fresh.replace(state)
    told = {"url": url, "pid": os.getpid(), "setup_code": code}
    answer(
        told,
        lambda _: say(
            f"Fireline answers at {url}", *([f"First account: {url}/first with the code {code}"] if code else [])
        ),
    )
    sys.stdout.flush()


def _first_code(context: Context) -> str | None:
    """The code that lets a person make the first account from elsewhere; None when there is an account."""
    from fireline.web.auth import setup_code

    try:
        with context.store.transaction() as conn:
            found = conn.execute("SELECT EXISTS (SELECT FROM person) AS anybody").fetchone()
    except StoreUnavailable:  # and until it is there nobody can make one
        return None
    return None if found and found["anybody"] else setup_code(context.settings)


def _forget(state: Path) -> None:
    """Take our own mark away; another server's stays."""
    try:
        if json.loads(state.read_text(encoding="utf-8")).get("pid") == os.getpid():
            state.unlink()
    except (OSError, ValueError):
        pass


def _ignore_stop_signals() -> None:
    """Let uvicorn, which stops by itself on these and then raises them again, end in peace with code 0."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)


def _die_with_parent() -> None:
    """When `fireline up` started us: ask the kernel for SIGTERM when it is gone, even by kill -9."""
    parent = os.environ.get(PARENT)
    if not parent or sys.platform != "linux":
        return
    import ctypes

    set_death_signal = 1  # PR_SET_PDEATHSIG of prctl(2)
    ctypes.CDLL(None).prctl(set_death_signal, signal.SIGTERM)
    if os.getppid() != int(parent):  # it was gone before we asked
        sys.exit(0)
