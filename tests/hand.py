"""What a remedy has at hand in tests that need no store."""

from __future__ import annotations

from fireline.postgres.cancel import Cancel
from fireline.postgres.watch import Watch
from fireline.run.remedy import Hand
from fireline.settings import Settings
from fireline.store.connect import Store


def hand(store: Store | None = None, settings: Settings | None = None, cancel: Cancel | None = None) -> Hand:
    """A hand; without a store whatever asks one fails."""
    nowhere = Store("host=127.0.0.1 port=1 dbname=nowhere connect_timeout=1")
    return Hand(settings or Settings(), store or nowhere, Watch(cancel or Cancel()), "ada")
