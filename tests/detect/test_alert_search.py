"""Alerts are filtered by what they say of themselves, and ten thousand of them are no reason to wait."""

from __future__ import annotations

import json
import time

import pytest

from fireline.detect.alerts import list_alerts
from fireline.errors import Usage
from fireline.incident.people import FIRELINE
from fireline.store.connect import Connection, queries

FILL = """
INSERT INTO alert (key, key_reason, source, target, title, status, severity, first_at, last_at, labels, annotations, group_key)
SELECT 'key:' || n, 'its labels', 'source' || n %% 20, 'target' || n %% 7, 'Pod Shop-' || n || ' of cluster eu-' || n %% 3,
       CASE WHEN n %% 10 = 0 THEN 'firing' ELSE 'resolved' END, (ARRAY['Critical', 'warning', 'info'])[1 + n %% 3],
       %(now)s, %(now)s,
       jsonb_build_object('alertname', 'Pod' || n %% 50, 'host', 'db' || n %% 500, 'pod', 'api-' || md5(n::text),
                          'odd', E'a "quoted" back\\\\slash_%%', 'umlaut', 'Grüße'),
       jsonb_build_object('description', repeat('what could be looked at ', 10)), 'g' || n
FROM generate_series(1, %(count)s) AS n
"""


def fill(conn: Connection, count: int) -> None:
    conn.execute(FILL, {"count": count, "now": "2026-03-01T12:00:00Z"})
    conn.execute("ANALYZE alert")


def test_each_filter_narrows_and_all_of_them_must_fit(conn: Connection) -> None:
    fill(conn, 2_000)

    def keys(**asked: object) -> set[str]:
        found = list_alerts(conn, FIRELINE, limit=500, **asked)  # type: ignore[arg-type]
        return {one["key"].removeprefix("key:") for one in found}

    assert len(keys(source="source3")) == 100
    assert keys(source="source3", label=["host=db3"]) == {"3", "503", "1003", "1503"}
    assert keys(target="target1", label=["host=db1", "alertname=Pod1"]) == keys(target="target1", label=["host=db1"])
    assert keys(severity="CRITICAL", source="source3") == keys(severity="critical", source="source3") != set()
    assert keys(label=["host=db"]) == set()
    assert len(keys(label=['odd=a "quoted" back\\slash_%'])) == 500
    assert len(keys(label=["umlaut=Grüße"])) == 500
    assert keys(label=["umlaut=grüße"]) == set()
    assert keys(search="shop-1999 of") == {"1999"}
    assert keys(search="SHOP-1999 OF", label=["host=db499"]) == {"1999"}
    assert keys(search="GRÜSSE") == set()
    with pytest.raises(Usage):
        keys(label=["host"])


@pytest.mark.parametrize(
    "asked",
    [
        {"search": "nothing here"},
        {"search": "api-ffff"},
        {"label": ["host=none"]},
        {"source": "none"},
        {"severity": "none", "status": "firing"},
        {"target": "none"},
        {},
    ],
    ids=json.dumps,
)
def test_ten_thousand_alerts_are_looked_through_in_a_moment(conn: Connection, asked: dict[str, object]) -> None:
    fill(conn, 10_000)
    times = []
    for _ in range(5):
        began = time.perf_counter()
        list_alerts(conn, FIRELINE, limit=51, **asked)  # type: ignore[arg-type]
        times.append(time.perf_counter() - began)
    assert min(times) < 0.1


def test_the_searched_text_is_made_by_the_store_and_not_twice(conn: Connection) -> None:
    fill(conn, 1)
    row = conn.execute("SELECT searched FROM alert").fetchone()
    assert row is not None
    assert row["searched"].startswith("key:1") is False
    assert "pod shop-1 of cluster eu-1 key:1 source1 target1" in row["searched"]
    assert "searched" not in list_alerts(conn, FIRELINE)[0]
    assert "alerts" in queries("fireline.detect")
