"""Signs of life for machines: /healthz for a load balancer, /metrics for Prometheus; figures only, no names of people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from fireline import clock
from fireline.detect.commit import BUCKETS
from fireline.detect.door import Door
from fireline.errors import StoreUnavailable
from fireline.store.connect import Store, all_rows, queries
from fireline.web.live import Hub

Q = queries("fireline.web")
ALIVE = timedelta(seconds=30)  # a worker not seen for so long is counted as gone

_HELP = {
    "fireline_incidents_open": ("Incidents that are not over", "severity"),
    "fireline_alerts_firing": ("Alerts that fire", None),
    "fireline_alerts_stale": ("Alerts that nobody repeats any more", None),
    "fireline_alerts_flapping": ("Alerts that change so often that they are held", None),
    "fireline_signals_waiting": ("Signals stored and not yet grouped into alerts", None),
    "fireline_outbox": ("Messages that are not sent", "state"),
    "fireline_runs_open": ("Runs that are not finished", "state"),
    "fireline_approvals_waiting": ("Approvals that wait for a person", None),
    "fireline_clocks_breached": ("Clocks that ran out and still run", None),
    "fireline_halted": ("1 while the kill switch is on", None),
}


def healthz(request: Request) -> Response:
    """200 while the store answers; who works is told too, but a server without workers still takes alerts.

    While the store is away the pages are of no use, so this is 503; that alerts are taken all the same is in `journal`.
    """
    app = request.app.state
    journal = _journal(app.door)
    try:
        with app.context.store.transaction() as conn:
            workers = all_rows(conn, Q["workers"])
    except StoreUnavailable as down:
        return JSONResponse({"ok": False, "store": down.message, "journal": journal}, 503)
    now = clock.now()
    newest = workers[0]["seen_at"].isoformat() if workers else None
    alive = sum(now - one["seen_at"] <= ALIVE for one in workers)
    told = {"ok": True, "store": "answers", "workers": alive, "workers_seen_at": newest, "journal": journal}
    return JSONResponse(told)


async def doors(request: Request) -> Response:
    """200 while alerts are taken, into the store or into the journal: for a load balancer in front of the doors."""
    door: Door = request.app.state.door
    journal = _journal(door)
    taken = not door.committer.away or (journal is not None and journal["bytes"] < journal["most"])
    return JSONResponse({"ok": taken, "journal": journal}, 200 if taken else 503)


def _journal(door: Door) -> dict[str, Any] | None:
    """What is kept while the store is away; null when that is switched off."""
    kept = door.committer.journal
    if kept is None:
        return None
    oldest = kept.oldest.isoformat() if kept.oldest else None
    return {"signals": kept.signals, "bytes": kept.bytes, "most": kept.most, "oldest": oldest}


def metrics(request: Request) -> Response:
    """Everything at this moment: of the store, which any server of several tells alike, and of this server's own doors."""
    app = request.app.state
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Doors(app.door, app.hub))
    registry.register(_Figures(app.context.store, app.door.committer.away))
    return Response(generate_latest(registry), media_type="text/plain; version=0.0.4; charset=utf-8")


class _Doors:
    """What this process knows by itself, also while the store is away; counted since its start."""

    def __init__(self, door: Door, hub: Hub) -> None:
        self._door = door
        self._hub = hub

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        answers = CounterMetricFamily("fireline_door_answers", "Answers of the doors", labels=["source", "status"])
        for (source, status), number in sorted(self._door.counted.items()):
            answers.add_metric([source, str(status)], number)
        yield answers
        committer, told = self._door.committer, self._door.committer.latency
        below = [sum(told.counts[: at + 1]) for at in range(len(told.counts))]
        names = [*(f"{bucket:g}" for bucket in BUCKETS), "+Inf"]
        words = "From the reading of a signal until it is durable"
        yield HistogramMetricFamily(
            "fireline_commit_seconds", words, buckets=list(zip(names, below, strict=True)), sum_value=told.seconds
        )
        yield _gauge("fireline_signals_uncommitted", "Signals read and not yet durable", committer.waiting)
        if committer.journal is not None:
            kept = committer.journal
            yield _gauge("fireline_journal_signals", "Signals kept while the store is away", kept.signals)
            yield _gauge("fireline_journal_bytes", "Bytes of them", kept.bytes)
            yield _gauge("fireline_journal_limit_bytes", "Bytes that may be kept", kept.most)
            age = (clock.now() - kept.oldest).total_seconds() if kept.oldest else 0.0
            yield _gauge("fireline_journal_oldest_seconds", "Age of the oldest of them", age)
        yield _gauge("fireline_pages_live", "Pages that are kept current by this server", self._hub.watchers)


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, value=value)


class _Figures:
    """Asks the store once for a scrape; while it is away only that is told."""

    def __init__(self, store: Store, away: bool) -> None:
        self._store = store
        self._away = away

    def collect(self) -> Iterator[Metric]:
        """The figures."""
        found = None if self._away else self._asked()
        yield _gauge("fireline_store_up", "1 while the store answers", int(found is not None))
        if found is None:
            return
        figures, workers, sources, watched = found
        for name, (words, label) in _HELP.items():
            family = GaugeMetricFamily(name, words, labels=[label] if label else [])
            for row in figures:
                if row["name"] == name:
                    family.add_metric([row["label"]] if label else [], row["value"])
            yield family
        now = clock.now()
        alive = sum(now - one["seen_at"] <= ALIVE for one in workers)
        yield _gauge("fireline_workers", "Workers seen in the last half minute", alive)
        yield from _of_sources(sources)
        yield from _of_watched(watched)

    def _asked(self) -> tuple[list[Any], list[Any], list[Any], list[Any]] | None:
        try:
            with self._store.transaction() as conn:
                figures, workers = all_rows(conn, Q["figures"]), all_rows(conn, Q["workers"])
                return figures, workers, all_rows(conn, Q["sources"]), all_rows(conn, Q["watched"])
        except StoreUnavailable:
            return None


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


def _of_watched(watched: list[Any]) -> Iterator[Metric]:
    """Probes and jobs: whether they are well; of probes also how long the newest look took, and how late it began."""
    probes = GaugeMetricFamily("fireline_probe_up", "0 while a probe is ailing", labels=["probe"])
    took = GaugeMetricFamily("fireline_probe_seconds", "How long the newest look took", labels=["probe"])
    late = GaugeMetricFamily("fireline_probe_late_seconds", "How late the newest look began", labels=["probe"])
    beats = GaugeMetricFamily("fireline_beat_up", "0 while a job has failed or is late", labels=["beat"])
    for row in watched:
        (probes if row["kind"] == "probe" else beats).add_metric([row["name"]], int(row["well"]))
        if row["ms"] is not None:
            took.add_metric([row["name"]], row["ms"] / 1000)
            late.add_metric([row["name"]], row["late_ms"] / 1000)
    yield from (probes, took, late, beats)
