"""The lists of what is trusted, held against real servers."""

from __future__ import annotations

import re

import psycopg

from fireline.postgres.connect import Target
from fireline.postgres.trusted import DANGEROUS, EXTENSIONS, HARMLESS, HARMLESS_OF_EXTENSIONS

WRITES_OR_SIGNALS = (
    "terminate", "cancel", "reload", "reset", "rotate", "promote", "switch", "create", "drop", "advance", "advisory",
    "notify", "emit", "export", "import", "sleep", "setval", "nextval", "set_config", "to_xml", "restore", "clear_",
    "flush", "pause$", "resume", "log_", "lo_", "slot", "read_file", "read_binary", "backup", "summarize_", "binary_upgrade",
)  # fmt: skip


def test_what_is_called_harmless_is_volatile_and_what_is_called_dangerous_is_not(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal()) as conn:
        rows = conn.execute("SELECT proname, provolatile FROM pg_proc WHERE oid < 16384 AND proname = ANY (%s)",
                            [[*HARMLESS, *DANGEROUS]]).fetchall()  # fmt: skip
    assert {name for name, volatile in rows if name in HARMLESS and volatile != "v"} == set()
    assert {name for name, volatile in rows if name in DANGEROUS and volatile == "v"} == set()
    assert {name for name, _ in rows} >= DANGEROUS - {"pg_input_is_valid", "pg_input_error_info"}


def test_nothing_that_writes_signals_or_waits_is_called_harmless() -> None:
    looked_at = {  # each was read in PostgreSQL's own documentation: it lists, counts or tells
        "pg_current_wal_flush_lsn", "pg_get_wal_replay_pause_state", "pg_ls_logdir", "pg_ls_logicalmapdir",
        "pg_ls_logicalsnapdir", "pg_ls_replslotdir", "pg_stat_clear_snapshot",
    }  # fmt: skip
    pattern = re.compile("|".join(WRITES_OR_SIGNALS))
    assert {name for name in HARMLESS if pattern.search(name)} <= looked_at
    assert not HARMLESS & DANGEROUS


def test_every_volatile_function_that_is_not_known_is_not_trusted(target: Target) -> None:
    with psycopg.connect(target.dsn.reveal()) as conn:
        rows = conn.execute(
            "SELECT DISTINCT proname FROM pg_proc WHERE oid < 16384 AND provolatile = 'v' AND proname ~ 'terminate|reset|slot|advisory|lo_'"
        ).fetchall()
    assert len(rows) > 30
    assert {name for (name,) in rows} & HARMLESS == {"pg_ls_replslotdir"} & {name for (name,) in rows}


def test_extensions_that_run_text_they_are_given_are_not_trusted() -> None:
    assert not EXTENSIONS & {
        "dblink",
        "tablefunc",
        "xml2",
        "postgres_fdw",
        "file_fdw",
        "pg_cron",
        "http",
        "pg_net",
        "plpython3u",
    }
    assert {extension for extension, _ in HARMLESS_OF_EXTENSIONS} <= EXTENSIONS
