"""Signs of life for machines: /healthz for a load balancer, /metrics for Prometheus; figures only, no names of people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fireline import clock
from fireline.errors import StoreUnavailable
from fireline.store.connect import Store, all_rows, queries
from fireline.web.live import Hub

Q = queries("fireline.web")
ALIVE = timedelta(seconds=30)  # a worker not seen for so long is counted as gone

_HELP = {
    "fireline_incidents_open": ("Incidents that are not over", "severity"),
    "fireline_alerts_firing": ("Alerts that fire", None),
    "fireline_signals_waiting": ("Signals stored and not yet grouped into alerts", None),
    "fireline_outbox": ("Messages that are not sent", "state"),
    "fireline_runs_open": ("Runs that are not finished", "state"),
    "fireline_approvals_waiting": ("Approvals that wait for a person", None),
    "fireline_clocks_breached": ("Clocks that ran out and still run", None),
    "fireline_halted": ("1 while the kill switch is on", None),
}


def healthz(request: Request) -> Response:
    """200 while the store answers; who works is told too, but a server without workers still takes alerts."""
    store: Store = request.app.state.context.store
    try:
        with store.transaction() as conn:
            workers = all_rows(conn, Q["workers"])
    except StoreUnavailable as down:
        return JSONResponse({"ok": False, "store": down.message}, 503)
    now = clock.now()
    newest = workers[0]["seen_at"].isoformat() if workers else None
    alive = sum(now - one["seen_at"] <= ALIVE for one in workers)
    return JSONResponse({"ok": True, "store": "answers", "workers": alive, "workers_seen_at": newest})


def metrics(request: Request) -> Response:
    """Everything at this moment, read from the store: any server of several tells the same."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Figures(request.app.state.context.store, request.app.state.hub))
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")


class _Figures:
    """Asks the store once for a scrape."""

    def __init__(self, store: Store, hub: Hub) -> None:
        self._store = store
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        with self._store.transaction() as conn:
            figures = all_rows(conn, Q["figures"])
            workers = all_rows(conn, Q["workers"])
            sources = all_rows(conn, Q["sources"])
        for name, (words, label) in _HELP.items():
            family = GaugeMetricFamily(name, words, labels=[label] if label else [])
            for row in figures:
                if row["name"] == name:
                    family.add_metric([row["label"]] if label else [], row["value"])
            yield family
        now = clock.now()
        alive = sum(now - one["seen_at"] <= ALIVE for one in workers)
        yield GaugeMetricFamily("fireline_workers", "Workers seen in the last half minute", value=alive)
        yield GaugeMetricFamily(
            "fireline_pages_live", "Pages that are kept current by this server", value=self._hub.watchers
        )
        yield from _of_sources(sources)


def _of_sources(sources: list[Any]) -> Iterator[Metric]:
    signals = CounterMetricFamily("fireline_signals", "Deliveries of a source", labels=["source", "result"])
    seen = GaugeMetricFamily("fireline_source_seen_seconds", "When a source last sent something", labels=["source"])
    for row in sources:
        signals.add_metric([row["name"], "accepted"], row["accepted"])
        signals.add_metric([row["name"], "refused"], row["refused"])
        if row["last_at"]:
            seen.add_metric([row["name"]], row["last_at"].timestamp())
    yield signals
    yield seen
