"""The run ledger is append-only, sealed, and free of secrets."""

from __future__ import annotations

import psycopg
import pytest

from fireline import redact
from fireline.run import ledger
from tests.run.scene import ADA, Scene, step


def test_entries_can_be_neither_changed_nor_removed(scene: Scene) -> None:
    scene.start(step("manual"))
    for statement in ("UPDATE ledger SET actor = 'somebody'", "DELETE FROM ledger"):
        with pytest.raises(psycopg.errors.RaiseException, match="append-only"), scene.store.transaction() as conn:
            conn.execute(statement.encode())


def test_an_entry_that_was_altered_all_the_same_is_named(scene: Scene) -> None:
    scene.start(step("manual"))
    with scene.store.transaction() as conn:
        ledger.record(conn, scene.run, "noted", ADA, text="more")
        conn.execute("ALTER TABLE ledger DISABLE TRIGGER append_only")
        conn.execute("UPDATE ledger SET payload = '{\"text\": \"less\"}' WHERE kind = 'noted'")
        seq = len(ledger.read(conn, scene.run))
        assert ledger.broken(conn, scene.run) == seq


def test_secrets_do_not_reach_it(scene: Scene) -> None:
    redact.register("a-sentinel-value")
    scene.start(step("manual", title="use a-sentinel-value"))
    with scene.store.transaction() as conn:
        ledger.record(
            conn, scene.run, "noted", ADA, text="it is a-sentinel-value", nested={"deep": ["a-sentinel-value"]}
        )
        kept = conn.execute("SELECT string_agg(payload::text, '') AS everything FROM ledger").fetchone()
    assert kept is not None
    assert "a-sentinel-value" not in kept["everything"]


def test_values_that_json_changes_keep_their_seal(scene: Scene) -> None:
    scene.start(step("manual"))
    with scene.store.transaction() as conn:
        ledger.record(conn, scene.run, "noted", ADA, whole=2.0, big=1e22, tiny=0.1, nothing=None, text="é\u2028")
        assert ledger.broken(conn, scene.run) is None
