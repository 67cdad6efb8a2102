"""A place to measure in: a store with durable commits, a target, Fireline's own processes, and a sink for messages."""

from __future__ import annotations

import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import psycopg

from fireline.cluster import Cluster
from fireline.store.migrate import migrate

TOKEN = "a-token-of-the-bench"


class Sink(ThreadingHTTPServer):
    """Receives messages over HTTP and remembers when each came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Receive)
        self.arrived: dict[str, float] = {}
        self.news = threading.Condition()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where to send to."""
        return f"http://127.0.0.1:{self.server_address[1]}/"

    def wait_for(self, mark: str, seconds: float = 30) -> float:
        """When the first message with this mark came; TimeoutError when none does."""
        with self.news:
            if not self.news.wait_for(lambda: any(mark in body for body in self.arrived), seconds):
                raise TimeoutError(mark)
            return min(at for body, at in self.arrived.items() if mark in body)


class _Receive(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode("utf-8", "replace")
        now = time.perf_counter()
        assert isinstance(self.server, Sink)
        with self.server.news:
            self.server.arrived.setdefault(body, now)
            self.server.news.notify_all()
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Say nothing."""


class Place:
    """Where a benchmark runs."""

    def __init__(self, folder: Path, store: Cluster, sink: Sink) -> None:
        self.folder, self.store, self.sink = folder, store, sink
        self.url = store.create_database("fireline")
        migrate(self.url)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.fireline: list[subprocess.Popen[bytes]] = []  # of them, server and worker
        (folder / "fireline.toml").write_text(
            f"""
[server]
bind = "127.0.0.1:0"
[store]
url = "{self.url}"
folder = "{folder}/state"
[sources.generic]
format = "generic"
token = "{TOKEN}"
[contacts.on-call]
channel = "webhook"
address = "{sink.url}"
confirmed = true
"""
        )

    def spawn(self, *words: str) -> subprocess.Popen[bytes]:
        """Start `fireline …`."""
        with (self.folder / f"{words[0]}.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "fireline", *words],
                cwd=self.folder,
                env={**os.environ, "FIRELINE_CONFIG": str(self.folder / "fireline.toml")},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.processes.append(process)
        self.fireline.append(process)
        return process

    def server(self) -> str:
        """Start a server; where it answers."""
        self.spawn("server")
        state = self.folder / "state" / "server.json"
        for _ in range(600):
            if state.exists():
                return str(json.loads(state.read_text())["url"])
            time.sleep(0.05)
        raise RuntimeError((self.folder / "server.log").read_text())

    def worker(self) -> None:
        """Start a worker and wait until it lives."""
        process = self.spawn("worker")
        with psycopg.connect(self.url, autocommit=True) as conn:
            for _ in range(600):
                if conn.execute("SELECT 1 FROM fireline.worker WHERE pid = %s", [process.pid]).fetchone():
                    return
                time.sleep(0.05)
        raise RuntimeError((self.folder / "worker.log").read_text())

    def end(self) -> None:
        """Stop every process."""
        for process in self.processes:
            process.send_signal(signal.SIGTERM)
        for process in self.processes:
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def place() -> Iterator[Place]:
    """A place that is cleared in the end. Commits are durable: fsync is on, as it is for users."""
    with tempfile.TemporaryDirectory(prefix="flb-") as name:
        folder = Path(name)
        store = Cluster(folder / "pg", settings={"max_connections": "60"})
        sink = Sink()
        try:
            store.start()
            made = Place(folder, store, sink)
            try:
                yield made
            finally:
                made.end()
        finally:
            sink.shutdown()
            sink.server_close()
            store.remove()


def percentile(values: list[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def median(values: list[float]) -> float:
    """The middle one."""
    return statistics.median(values)
