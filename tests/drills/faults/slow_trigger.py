"""A trigger does for each row what takes long."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place
from tests.drills.slow_shop import as_application, asked, large


def inject(at: Place) -> Wound:
    large(at)
    name = f"on_{at.rng.choice(('save', 'audit', 'total'))}"
    body = at.rng.choice(
        (
            f"NEW.name := (SELECT count(*) FROM {at.table} WHERE note LIKE '%' || NEW.name || '%'); RETURN NEW;",
            f"PERFORM 1 FROM {at.table} WHERE owner_id = 4999 AND state = NEW.name; RETURN NEW;",
            f"FOR i IN 1..3 LOOP PERFORM count(*) FROM {at.table}; END LOOP; RETURN NEW;",
        )
    )
    as_application(
        at,
        f"CREATE TABLE {at.other} (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text)",
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} END $$",
        f"CREATE TRIGGER {name}_rows BEFORE INSERT ON {at.other} FOR EACH ROW EXECUTE FUNCTION {name}()",
        "CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$",
        f"CREATE TRIGGER a_touch BEFORE INSERT OR UPDATE ON {at.other} FOR EACH ROW EXECUTE FUNCTION touch()",
    )
    if at.rng.random() < 0.4:
        at.reload(track_functions="none")
        at.sql("SELECT pg_stat_reset()")
    asked(at, f"INSERT INTO {at.other} (name) VALUES (%s)", "something", times=30)
    return Wound(
        (
            "saving an order takes seconds, reading is fine",
            "inserts are slow since the last release",
            "[ALERT] write latency p95 above 1 s",
        )
    )


fault = Fault("slow_trigger", inject)
