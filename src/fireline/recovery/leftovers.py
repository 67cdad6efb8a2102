"""What processes that were killed have left on this machine: cleared away by any worker, so that nobody has to think of it."""

from __future__ import annotations

from datetime import timedelta

from fireline import clock
from fireline.recovery import backups, restores, scratch
from fireline.settings import Settings
from fireline.store.connect import Store

_YOUNG = timedelta(minutes=1)  # between a restore's row and its lock is a moment


def clear(store: Store, settings: Settings) -> None:
    """Half backups and what was decrypted, scratch servers, and the rows of restores that nobody loads any more.

    The database that such a restore has left stays for a person to see; the next restore or drop-restored drops it.
    """
    backups.settle(store, settings)
    scratch.sweep(settings)
    with store.transaction() as conn:
        restores.fail_dead(conn, before=clock.now() - _YOUNG)
