"""From an alert at the door to the message at the channel, idle; beside the floor: row, NOTIFY, message.

python -m bench.page [--alerts 60]
"""

from __future__ import annotations

import argparse
import json
import threading
import time

import httpx
import psycopg

from bench.place import TOKEN, Place, percentile, place


def floor(at: Place, alerts: int) -> list[float]:
    """A row committed with a NOTIFY, a listener that sends the message: what no design on one PostgreSQL can undercut."""
    url = at.store.create_database("floor")
    ready = threading.Event()

    def listen() -> None:
        with psycopg.connect(url, autocommit=True) as conn, httpx.Client() as client:
            conn.execute("LISTEN alert")
            ready.set()
            for count, notice in enumerate(conn.notifies(), 1):
                client.post(at.sink.url, content=notice.payload)
                if count == alerts:
                    return

    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("CREATE TABLE alert (body text)")
        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        ready.wait(10)
        found = []
        for number in range(alerts):
            mark = f"floor-{number}-end"
            began = time.perf_counter()
            with conn.transaction():
                conn.execute("INSERT INTO alert VALUES (%s)", [mark])
                conn.execute("SELECT pg_notify('alert', %s)", [mark])
            found.append((at.sink.wait_for(mark) - began) * 1000)
            time.sleep(0.05)
        listener.join(5)
    return found


def fireline(at: Place, alerts: int) -> list[float]:
    """Each alert opens an incident of its own, whose contact is told."""
    base = at.server()
    at.worker()
    found = []
    with httpx.Client() as client:
        for number in range(alerts + 5):
            mark = f"page-{number}-end"
            began = time.perf_counter()
            client.post(
                f"{base}/in/generic?token={TOKEN}", json={"title": mark, "dedup": mark, "severity": "P1"}
            ).raise_for_status()
            took = (at.sink.wait_for(mark) - began) * 1000
            if number >= 5:  # the first ones warm up
                found.append(took)
            time.sleep(0.2)
    return found


def measure(alerts: int) -> dict[str, float]:
    """Both in one place, one after the other."""
    with place() as at:
        bare, ours = floor(at, alerts), fireline(at, alerts)
    return {
        "floor_p50_ms": round(percentile(bare, 0.5), 1),
        "floor_p99_ms": round(percentile(bare, 0.99), 1),
        "fireline_p50_ms": round(percentile(ours, 0.5), 1),
        "fireline_p99_ms": round(percentile(ours, 0.99), 1),
        "ratio_p50": round(percentile(ours, 0.5) / percentile(bare, 0.5), 1),
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=60)
    print(json.dumps(measure(parser.parse_args().alerts), indent=2))
