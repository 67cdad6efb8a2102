"""The work that goes on by itself: what a wake-up topic means, and the sweep that finds what a lost wake-up left.

The only place where two phases meet, and the only one that steps over any fault: it is recorded, and the next is done.
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import socket
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from typing import Any, LiteralString

import procrastinate
import psycopg
import structlog
from procrastinate.app import WorkerOptions
from procrastinate.exceptions import ConnectorException

from fireline import clock
from fireline.assess import around, history
from fireline.assess import incident as assessment
from fireline.communicate import deliver, heartbeat, notices
from fireline.detect import beats, calming, days, intake, overdue, probing, quiet, rules, seen
from fireline.errors import StoreUnavailable
from fireline.incident import ack_link, clocks, sessions
from fireline.recovery import leftovers
from fireline.recovery.fence import falling
from fireline.recovery.swapping import settling
from fireline.review import postmortem
from fireline.run import approve
from fireline.run.advance import advance, due
from fireline.run.respond import respond, unanswered
from fireline.run.scheme import scheme_of
from fireline.run.world import World
from fireline.store.connect import arguments
from fireline.store.listen import SIGNALS, listen
from fireline.store.wake import PREFIX, wake

SWEEP_SECONDS = 1.5
STEP_SLOTS = 8  # runs that one worker moves on at the same time
LOOK_SLOTS = 3  # looks at targets, which may be slow to answer or dead
AROUND_SLOTS = 2  # looks at what is beside them, which no look at a target waits for
WATCH_SLOTS = 4  # looks from outside at what may hang, which nothing else waits for
OTHER_SLOTS = 4  # intake, messages, clocks: never behind a step that takes long
STALLED_SECONDS = 10
GIVES_WAY = frozenset({"intake", "tell", "assess", "respond", "surroundings", "health"})
WAY_SECONDS = 0.06
SWITCH_SECONDS = (
    0.0005  # a message that is sent waits for its turn after each answer of the store; 5 ms each is too long
)


log = structlog.get_logger()
Duty = Callable[[World, str], object]


def worker_name() -> str:
    """How this process is called in leases and attempts."""
    return f"{socket.gethostname()}:{os.getpid()}"


def topics() -> dict[str, Duty]:
    """What each topic of `store.wake` means."""
    return {
        "intake": lambda world, _: take_signals(world),
        "tell": lambda world, key: tell(world, int(key)),
        "deliver": lambda world, key: deliver.deliver(world.store, world.settings, int(key)),
        "assess": lambda world, key: assess(world, int(key)),
        "seen": lambda world, name: seen.look(world.store, world.targets.get(name)),
        "respond": lambda world, key: respond(world, int(key)),
        "advance": lambda world, key: advance(world, int(key), worker_name()),
        "probe": lambda world, key: assessment.probe(world, int(key)),
        "health": look_after,
        "watch": lambda world, name: probing.watch(world.store, world.settings, name),
        "surroundings": lambda world, key: around.look_around_incident(world, int(key)),
        "clocks": lambda world, _: check_clocks(world),
        "fence": lambda world, key: falling.fall(world.store, world.targets, int(key)),
        "settle": lambda world, target: settling.recover(world.store, world.target(target)),
        "heartbeat": lambda world, _: heartbeat.beat(world.store, world.settings),
    }


def take_signals(world: World) -> int:
    """Make alerts and incidents of the signals that wait, and tell of those it opened; how many were taken."""
    _way.begins()

    return intake.take(
        world.store, world.settings, scheme_of(world), lambda: notices.telling(world.store, world.settings)
    )


def look_after(world: World, target: str) -> None:
    """Look at a target, and have what was seen count for the probes that watch it."""
    history.look_after(world, target)
    for name, probe in world.settings.probes.items():
        if probe.target == target:
            probing.judge_target(world.store, world.settings, name)


def assess(world: World, incident: int) -> None:
    """Name the cause, and have somebody see meanwhile what was changed in the target just before."""
    _stepping_over("seen", lambda: seen.ask_for_incident(world.store, world.targets, incident), key=str(incident))
    assessment.assess(world, incident)


def tell(world: World, incident: int) -> int:
    """Tell people now what they are owed of an incident; what is not sent now is in the outbox."""
    return notices.tell_now(world.store, incident, world.settings)


def check_clocks(world: World) -> None:
    """Mark clocks at risk and breached, and approvals that nobody used in time."""
    with world.store.transaction() as conn:
        clocks.check_clocks(conn, clock.now())
    with world.store.transaction() as conn:  # apart: whoever approves locks these rows in the other order
        for run in approve.expire(conn):
            wake(conn, "advance", run)


def sweep_runs(world: World) -> None:
    """Wake a worker for each run that has something to do and nobody at it."""
    with world.store.transaction() as conn:
        for run in due(conn):
            wake(conn, "advance", run)
        for incident in unanswered(conn):
            wake(conn, "respond", incident)


def draft_postmortems(world: World) -> None:
    """Draft the post-mortem of each resolved incident that needs one."""
    with world.store.transaction() as conn:
        postmortem.draft_missing(conn, scheme_of(world))


def let_fences_fall(world: World) -> None:
    """Wake a worker for each fence whose time has come, and for what a swap that died has left closed."""
    falling.sweep(world.store, world.targets)


def clear_leftovers(world: World) -> None:
    """Clear away what recoveries that died have left on this machine."""
    leftovers.clear(world.store, world.settings)


def tidy(world: World) -> None:
    """Forget sessions and links that nobody can use any more."""
    with world.store.transaction() as conn:
        sessions.sweep(conn, clock.now())
        ack_link.sweep(conn, clock.now())


SWEEPS: list[Callable[[World], object]] = [
    take_signals,
    check_clocks,
    sweep_runs,
    lambda world: notices.sweep(world.store, world.settings),
    lambda world: deliver.deliver(world.store, world.settings),
    assessment.sweep,
    around.sweep,
    history.sweep,
    lambda world: seen.sweep(world.store, world.settings, world.targets),
    lambda world: settling.sweep(world.store, world.targets),
    draft_postmortems,
    let_fences_fall,
    clear_leftovers,
    tidy,
    lambda world: days.sweep(world.store, world.settings),
    lambda world: beats.sweep(world.store, world.settings),
    lambda world: calming.sweep(world.store, world.settings, scheme_of(world)),
    lambda world: probing.sweep(world.store, world.settings),
    lambda world: quiet.sweep(world.store, world.settings),
    lambda world: overdue.sweep(world.store),
    lambda world: heartbeat.beat(world.store, world.settings),
]


def queue_app(world: World) -> procrastinate.App:
    """The queue as a worker sees it: one task for each topic, carried out in a thread, whatever happens in it recorded."""
    kept = arguments("fireline-queue")
    kept["options"] += " -c synchronous_commit=off"  # what a crash of the store forgets of the queue, a sweep finds
    connector = _GivingWay(conninfo=world.store.url, kwargs=kept, min_size=1)
    app = procrastinate.App(connector=connector)
    for topic, duty in topics().items():
        app.task(name=PREFIX + topic)(_task(world, topic, duty))
    return app


def _task(world: World, topic: str, duty: Duty) -> Callable[..., None]:
    def carry_out(key: str) -> None:
        if topic in GIVES_WAY:
            _way.give()
        _stepping_over(topic, lambda: duty(world, key), key=key)

    carry_out.__name__ = topic
    return carry_out


class _Way:
    """A page goes first: what an incident wakes beside it begins a moment later, and not on the same two cores."""

    def __init__(self) -> None:
        self._until = 0.0

    def begins(self) -> None:
        """Signals are taken now, and people told of what they open."""
        self._until = time.monotonic() + WAY_SECONDS

    def give(self) -> None:
        """Wait for that."""
        time.sleep(self.left())

    def left(self) -> float:
        """For how many seconds it goes on; never for longer than it usually takes."""
        return max(0.0, min(WAY_SECONDS, self._until - time.monotonic()))


_way = _Way()


class _GivingWay(procrastinate.PsycopgConnector):
    """The queue's own connections: its workers, which all hear of a new incident, look for their jobs behind the page too."""

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        await asyncio.sleep(_way.left())
        found: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
        return found


def _stepping_over(name: str, work: Callable[[], object], **about: str) -> None:
    """Do it; a fault is logged and left to the next sweep. The one place where every error is caught."""
    try:
        work()
    except StoreUnavailable as away:
        log.warning("the store is away", duty=name, error=away.message)
    except Exception:
        log.exception("duty failed", duty=name, **about)


def sweep(world: World) -> None:
    """Look once at everything that may be due. Quick when nothing is; safe from any number of workers at once."""
    for one in SWEEPS:
        _stepping_over(getattr(one, "__name__", "sweep"), lambda one=one: one(world))  # type: ignore[misc]


def tell_alive(world: World, labels: Sequence[str], *, first: bool = False) -> None:
    """Say that this worker lives; the health page and `doctor` read it."""
    with world.store.transaction() as conn:
        now = clock.now()
        conn.execute(
            "INSERT INTO worker (name, host, pid, labels, started_at, seen_at) VALUES (%s, %s, %s, to_jsonb(%s::text[]), %s, %s)"
            " ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at",
            [worker_name(), socket.gethostname(), os.getpid(), list(labels), now, now],
        )
        if first:
            conn.execute("DELETE FROM worker WHERE seen_at < %s", [now - timedelta(hours=1)])


def work(world: World, labels: Sequence[str] = ()) -> None:
    """Be a worker until SIGTERM or SIGINT: what is under way is finished, a step that runs is left to its lease."""
    rules.check(world.settings)
    sys.setswitchinterval(SWITCH_SECONDS)
    asyncio.run(_work(world, labels))


async def _work(world: World, labels: Sequence[str]) -> None:
    loop = asyncio.get_running_loop()
    loop.set_default_executor(
        ThreadPoolExecutor(
            STEP_SLOTS + LOOK_SLOTS + AROUND_SLOTS + WATCH_SLOTS + OTHER_SLOTS + 4, thread_name_prefix="duty"
        )
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    await asyncio.to_thread(_stepping_over, "alive", lambda: tell_alive(world, labels, first=True))
    sweeper = asyncio.create_task(_keep_sweeping(world, labels, stop))
    queue = asyncio.create_task(_keep_working(world, stop))
    taking = asyncio.create_task(_keep_taking(world))
    await stop.wait()
    for task in (queue, sweeper, taking):
        task.cancel()
    await asyncio.wait((queue, sweeper, taking), timeout=5)
    deliver.stop()


async def _keep_sweeping(world: World, labels: Sequence[str], stop: asyncio.Event) -> None:
    """Sweep at intervals that differ, so that N workers do not look at the same instant."""
    while not stop.is_set():
        await asyncio.to_thread(sweep, world)
        await asyncio.to_thread(_stepping_over, "alive", lambda: tell_alive(world, labels))
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), SWEEP_SECONDS * random.uniform(0.8, 1.2))  # noqa: S311 - no secret


async def _keep_taking(world: World) -> None:
    """Take signals as soon as a door says that there are some: sooner than through the queue, which finds what this loses."""
    news = asyncio.Event()
    listening = asyncio.create_task(listen(world.store.url, SIGNALS, news.set))
    try:
        while True:
            await news.wait()
            news.clear()
            await asyncio.to_thread(_stepping_over, "intake", lambda: take_signals(world))
    finally:
        listening.cancel()


async def _keep_working(world: World, stop: asyncio.Event) -> None:
    """Take jobs from the queue; begin again when the store has been away."""
    while not stop.is_set():
        try:
            async with queue_app(world).open_async() as app:
                await _requeue_stalled(app)
                runs: WorkerOptions = {**_OPTIONS, "queues": ["runs"], "concurrency": STEP_SLOTS}
                others: WorkerOptions = {**_OPTIONS, "queues": ["fireline"], "concurrency": OTHER_SLOTS}
                looks: WorkerOptions = {**_OPTIONS, "queues": ["looks"], "concurrency": LOOK_SLOTS}
                beside: WorkerOptions = {**_OPTIONS, "queues": ["around"], "concurrency": AROUND_SLOTS}
                watches: WorkerOptions = {**_OPTIONS, "queues": ["watch"], "concurrency": WATCH_SLOTS}
                await asyncio.gather(
                    app.run_worker_async(**runs),
                    app.run_worker_async(**watches),
                    app.run_worker_async(**looks),
                    app.run_worker_async(**beside),
                    app.run_worker_async(**others),
                    _keep_requeueing(app),
                )
        except (psycopg.Error, ConnectorException, OSError) as away:
            log.warning(
                "the queue is away", error=str(away).strip().splitlines()[0] if str(away).strip() else repr(away)
            )
            await asyncio.sleep(0.5)


_OPTIONS: WorkerOptions = {
    "wait": True,
    "listen_notify": True,
    "install_signal_handlers": False,
    "delete_jobs": "always",
    "fetch_job_polling_interval": 2.0,
    "shutdown_graceful_timeout": 3.0,
}


async def _requeue_stalled(app: procrastinate.App) -> None:
    """Give back the jobs of workers that died; the rows they were about are found by the sweep anyway."""
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_SECONDS):
        await app.job_manager.finish_job(job, status=procrastinate.jobs.Status.FAILED, delete_job=True)


async def _keep_requeueing(app: procrastinate.App) -> None:
    while True:
        await asyncio.sleep(STALLED_SECONDS)
        await _requeue_stalled(app)
