"""`fireline up`: everything on one machine, the store first and stopped last."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fireline.cli.serve import STATE
from fireline.cli.terminal import answer, options, say, warn
from fireline.errors import FirelineError, Refused

if TYPE_CHECKING:
    from fireline.cli.supervise import Child
    from fireline.cluster import Cluster
    from fireline.settings import Settings


def up(
    bind: Annotated[str | None, typer.Option(help="Address and port; else server.bind.")] = None,
    workers: Annotated[int, typer.Option(min=0, help="How many workers.")] = 1,
    no_worker: Annotated[bool, typer.Option("--no-worker", help="No worker: they run elsewhere.")] = False,
) -> None:
    """Start everything: the store, the server, a worker.

    Runs until Ctrl-C. What dies is started again. A second Ctrl-C does not wait for what is under way.
    """
    from fireline import settings as settings_file
    from fireline.app.context import check_store_is_not_a_target, embedded
    from fireline.cli.supervise import Child, Household, Interrupts

    settings = settings_file.read(options.config)
    folder = settings.path(settings.store.folder)
    interrupts = Interrupts()
    with _alone(folder):
        cluster = embedded(settings) if settings.store.url is None else None
        household = None
        try:
            url = _start_store(settings, cluster)
            loud = check_store_is_not_a_target(settings, url)
            if loud:
                warn(f"WARNING: {loud}")
            _migrate()
            children = [Child("server", [*_passed_on(), "server", *(["--bind", bind] if bind else [])])]
            wanted = 0 if no_worker else workers
            children += [Child(f"worker {n}", [*_passed_on(), "worker"]) for n in range(1, wanted + 1)]
            household = Household(children, lambda: _keep_store(cluster), interrupts)
            household.live(lambda: _tell_when_ready(settings, folder / STATE, children, cluster))
        finally:
            if household is not None:
                household.stop()
            if cluster is not None:
                cluster.stop("fast")


def _passed_on() -> list[str]:
    return [
        *(["--config", str(options.config.resolve())] if options.config else []),
        *(["--debug"] if options.debug else []),
    ]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Refuse a second `up` on the same folder: each would stop what the other needs."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "up.lock").open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            lock.seek(0)
            raise Refused(f"`fireline up` runs here already, process {lock.read().strip()}") from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _start_store(settings: Settings, cluster: Cluster | None) -> str:
    """The store's URL; the embedded PostgreSQL is started or adopted first."""
    if cluster is None:
        assert settings.store.url is not None
        return settings.store.url.reveal()
    cluster.start()
    return cluster.create_database("fireline")


def _migrate() -> None:
    """In a process of its own: what migrating needs in memory is not kept for weeks."""
    done = subprocess.run(
        [sys.executable, "-m", "fireline", *_passed_on(), "migrate"],
        stdout=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for us
        check=False,
    )
    if done.returncode:
        raise FirelineError("the store could not be brought up to date", hint="The line above tells why.")


def _keep_store(cluster: Cluster | None) -> None:
    """Start the embedded PostgreSQL again when it has died."""
    if cluster is None or cluster.running is not None:
        return
    warn("the embedded store died; it is started again")
    try:
        cluster.start()
    except FirelineError as fault:
        warn(f"it did not start: {fault.message}")


def _tell_when_ready(settings: Settings, state: Path, children: list[Child], cluster: Cluster | None) -> bool:
    """Whether the server answers; if so, say where, once."""
    server = children[0].process
    try:
        found = json.loads(state.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    if server is None or found["pid"] != server.pid:
        return False
    children[0].arguments = [*_passed_on(), "server", "--bind", found["bind"]]  # a free port once taken is kept
    code = _setup_code(state) if found["first_account"] else None
    told = {"url": found["url"], "setup_code": code, "pid": os.getpid(), "workers": len(children) - 1}
    store = f"embedded PostgreSQL in {cluster.folder.path}" if cluster else "as configured"
    lines = [
        f"Fireline  {settings.server.public_url or found['url']}",
        f"Store     {store}",
        f"Workers   {len(children) - 1}",
    ]
    lines += [f"Account   {found['url']}/first with the code {code}"] if code else []
    answer(told, lambda _: say(*lines, "Stop with Ctrl-C."))
    sys.stdout.flush()
    return True


def _setup_code(state: Path) -> str | None:
    """The code the server has made for the first account."""
    try:
        return (state.parent / "setup-code").read_text(encoding="utf-8").strip()
    except OSError:
        return None
