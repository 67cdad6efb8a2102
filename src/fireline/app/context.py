"""Put the parts together for one process, and refuse what can not be: a store that dies with its patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fireline import shelf
from fireline.cluster import Cluster
from fireline.errors import Refused, StoreUnavailable, TargetUnavailable
from fireline.incident.scheme import Scheme
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.run.remedy import Remedy
from fireline.run.world import World
from fireline.settings import Settings
from fireline.store.connect import Connection, Store

SHELVES = {"contain": "fireline.contain.remedies", "resolve": "fireline.resolve.remedies"}


@dataclass
class Context:
    """What a server, a worker or a command works with."""

    settings: Settings
    store: Store
    world: World

    def scheme(self) -> Scheme:
        """The severities, the calendar and the targets, as the incident's room needs them."""
        from fireline.run.scheme import scheme_of  # reads the runbook, which few commands need

        return scheme_of(self.world)

    def close(self) -> None:
        """Give the connections back."""
        self.store.close()


def make(settings: Settings, *, application: str = "fireline", pool_size: int = 8) -> Context:
    """Put everything together from the settings; nothing is connected yet.

    Raises StoreUnavailable when no store is configured and the embedded one does not run.
    """
    store = Store(store_url(settings), application=application, pool_size=pool_size)
    ours = targets(settings)
    return Context(
        settings, store, World(settings, store, ours, remedies, lambda conn, name: verified_backup(conn, name, ours))
    )


def store_url(settings: Settings) -> str:
    """The store's DSN: the configured one, else that of the embedded PostgreSQL, which must be running."""
    if settings.store.url is not None:
        return settings.store.url.reveal()
    cluster = embedded(settings)
    if cluster.running is None:
        raise StoreUnavailable("no store is running", hint="Start it with `fireline up`, or set store.url.")
    return cluster.url("fireline")


def embedded(settings: Settings) -> Cluster:
    """The embedded PostgreSQL of these settings, running or not."""
    return Cluster(settings.path(settings.store.folder) / "postgres", binaries=settings.store.binaries)


def targets(settings: Settings) -> dict[str, Target]:
    """The patients, by name."""
    return {
        name: Target(
            name,
            one.dsn,
            one.read_dsn,
            one.labels,
            settings.policy.lock_timeout,
            one.supabase,
            one.application_dsn,
            tuple(one.application_roles),
            one.maintenance,
            one.pgbouncer,
            one.restart,
        )
        for name, one in settings.targets.items()
    }


def remedies() -> dict[str, Remedy]:
    """Every remedy on its shelf, by phase and name: `resolve terminate-session`."""
    return {
        f"{phase} {name}": remedy
        for phase, package in SHELVES.items()
        for name, remedy in shelf.read(package, "remedy").items()
    }


def verified_backup(conn: Connection, target: str, known: Mapping[str, Target]) -> datetime | None:
    """The moment that the newest verified backup of a target's database is of; what keeps the catalogue is read when the gate asks."""
    from fireline.postgres.connect import database_of
    from fireline.recovery.backups import newest_verified

    return newest_verified(conn, target, database_of(known[target]) if target in known else None)


def check_store_is_not_a_target(settings: Settings, url: str) -> str | None:
    """Refuse a store on a server that is a target; a sentence to show loudly when the settings allow it.

    Raises Refused. A target that does not answer can not be compared, and is passed over: it may be down tonight.
    """
    from fireline.postgres.connect import identity_of_dsn, same_server

    ours = identity_of_dsn(Secret(url))
    for target in targets(settings).values():
        try:
            theirs = identity_of_dsn(target.dsn, name=target.name)
        except TargetUnavailable:
            continue
        if not same_server(ours, theirs):
            continue
        if not settings.store.on_target:
            raise Refused(
                f"the store is on the server of target {target.name}: it would be lost with it",
                hint="Put the store on another server, or set store.on_target = true and know the risk.",
            )
        return f"the store is on the server of target {target.name}: when that server is down, so is Fireline"
    return None
