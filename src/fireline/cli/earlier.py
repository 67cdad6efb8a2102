"""What earlier looks at a target saw, for a command that looks by itself: brought from the store where that is at hand."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from fireline.cli.terminal import options

if TYPE_CHECKING:
    from fireline.assess.past import Past

PATIENCE_SECONDS = 2  # for a store that does not answer: the look matters more


def earlier(target: str, dsn: str | None, since: timedelta) -> Past | None:
    """The earlier looks at a target of the settings; with a reason where there are none, None for a bare DSN.

    Never fails: whoever diagnoses at night may have lost the store too.
    """
    if dsn is not None:
        return None
    import psycopg
    from psycopg.rows import dict_row

    from fireline import clock
    from fireline import settings as settings_file
    from fireline.app.context import store_url
    from fireline.assess.memory import AWAY, began, recall
    from fireline.assess.past import Past
    from fireline.errors import StoreUnavailable
    from fireline.store.connect import arguments

    start = clock.now() - since
    try:
        url = store_url(settings_file.read(options.config))
        given = {**arguments("fireline-cli"), "connect_timeout": PATIENCE_SECONDS, "row_factory": dict_row}
        with psycopg.connect(url, **given) as conn:
            return recall(conn, target, began(conn, target) or start)
    except (StoreUnavailable, psycopg.Error) as away:
        return Past(start, missing=AWAY.format(str(away).strip().partition("\n")[0]))
