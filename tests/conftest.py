"""What tests stand on: a store and patients, real PostgreSQL each, one set per xdist worker, made at the first use."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest
from argon2 import PasswordHasher
from hypothesis import HealthCheck, settings

from fireline import redact
from fireline.incident import passwords
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.store.connect import Connection, Store
from fireline.store.migrate import migrate
from tests import servers
from tests.servers import Patient

AS_OUTSIDE = passwords._hasher

# How long an example takes to be made or tried tells of the machine, not of the code.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

# What takes long begins first, so that at the end no worker is left with it while the others have nothing to do.
FIRST = (
    "bench", "demo/test_story.py", "chaos", "acceptance", "web/test_browser.py", "recovery", "drills", "cli/test_up.py",
    "assess/test_memory.py", "cli/test_respond.py", "cli/test_run.py", "cli/test_doctor.py", "cli/test_remedies.py",
    "assess/test_functions.py", "resolve", "contain", "cluster", "cli", "assess/test_versions.py",
    "assess/test_diagnose.py", "assess/test_incident.py", "assess/test_bad_input.py",
)  # fmt: skip


def pytest_configure() -> None:
    """Keep what Python compiles, whatever the environment says: tests start the program hundreds of times."""
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    # Each HTTP client reads all the authorities it trusts, a hundred by default: more work than the request itself.
    os.environ["SSL_CERT_FILE"] = str(Path(__file__).parent / "data" / "authority.pem")
    gc.disable()  # while thousands of tests are collected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the files by how long they take; with --no-loadscope-reorder they are given out in this order."""
    here = Path(__file__).parent

    @cache
    def place(path: Path) -> int:
        file = path.relative_to(here)
        names = {str(file), *map(str, file.parents)}
        return next((at for at, name in enumerate(FIRST) if name in names), len(FIRST))

    items.sort(key=lambda item: place(item.path))


def pytest_collection_finish() -> None:
    """Have the collector not look through all that again and again, which lives to the end."""
    gc.enable()
    gc.collect()
    gc.freeze()


def pytest_sessionstart(session: pytest.Session) -> None:
    """Clear away what a killed run has left; not in each worker."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # so starts a shell what it puts into the background
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if not hasattr(session.config, "workerinput"):
        servers.sweep()


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Leave out what needs PostgreSQL 15 of Debian where that is missing."""
    if item.get_closest_marker("debian15") and not (servers.DEBIAN15 / "initdb").exists():
        pytest.skip(f"PostgreSQL 15 of Debian is not installed ({servers.DEBIAN15})")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """List what did not run, by reason: a test that was left out proves nothing."""
    left_out: dict[str, list[str]] = {}
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        left_out.setdefault(reason.removeprefix("Skipped: "), []).append(report.nodeid)
    if left_out:
        terminalreporter.section("not run")
    for reason, names in sorted(left_out.items()):
        terminalreporter.line(f"{len(names)} because {reason}")
        for name in sorted(names):
            terminalreporter.line(f"    {name}")


@pytest.fixture(autouse=True)
def secrets_of_this_test(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget afterwards what a test registered: one test's password must not mask another's words."""
    monkeypatch.setattr(redact, "_forms", redact._forms)


@pytest.fixture(scope="session", autouse=True)
def quick_passwords() -> None:
    """Hash people's passwords with the least work; tests of that work ask for `slow_passwords`."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._nobody.cache_clear()


@pytest.fixture
def slow_passwords(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Hash people's passwords with the work that it takes outside tests."""
    monkeypatch.setattr(passwords, "_hasher", AS_OUTSIDE)
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture(scope="session")
def server() -> Iterator[Patient]:
    """A running PostgreSQL 18 for stores."""
    with servers.cluster(servers.embedded(), servers.STORE) as running:
        yield running


@pytest.fixture(scope="session")
def template(server: Patient) -> str:
    """The name of a migrated database that nobody is connected to."""
    migrate(server.create_database("template_store"))
    return "template_store"


@pytest.fixture
def store_url(server: Patient, template: str) -> Iterator[str]:
    """The URL of a fresh, migrated, empty store."""
    with servers.database(server, template=template) as url:
        yield url


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    """A fresh store."""
    opened = Store(store_url, application="fireline-test", pool_size=8)
    yield opened
    opened.close()


@pytest.fixture
def conn(store: Store) -> Iterator[Connection]:
    """A connection to a fresh store inside a transaction that is rolled back."""
    with store.transaction() as opened:
        yield opened
        raise psycopg.Rollback


@pytest.fixture(scope="session")
def patient_servers() -> Iterator[Callable[[int], Patient]]:
    """Further running servers, for targets: one of each major version, started when it is first asked for."""
    running: dict[int, Patient] = {}
    with ExitStack() as stack:

        def of(major: int) -> Patient:
            folder = servers.versions().get(major)
            if folder is None:
                pytest.skip(f"PostgreSQL {major} is not installed ({servers.HOW_TO_GET[major]})")
            if major not in running:
                running[major] = stack.enter_context(servers.cluster(folder, servers.PATIENT))
            return running[major]

        yield of


@pytest.fixture(scope="session")
def patient_server(patient_servers: Callable[[int], Patient]) -> Patient:
    """The one of PostgreSQL 18."""
    return patient_servers(18)


@pytest.fixture
def patient(patient_server: Patient) -> Iterator[Target]:
    """A fresh empty database in our care, on PostgreSQL 18."""
    with servers.database(patient_server) as url:
        yield Target("main", Secret(url))


def _patient(major: int) -> Any:
    @pytest.fixture(name=f"patient{major}")
    def fresh(patient_servers: Callable[[int], Patient]) -> Iterator[Target]:
        """The same on another version; the test is skipped where that is not installed."""
        with servers.database(patient_servers(major)) as url:
            yield Target("main", Secret(url))

    return fresh


patient13, patient14, patient15, patient16, patient17 = map(_patient, (13, 14, 15, 16, 17))


@pytest.fixture(params=servers.PATIENTS)
def target(request: pytest.FixtureRequest) -> Target:
    """A fresh empty database on each version that is tested."""
    found: Target = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def clock_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file whose number of seconds moves the clock of this process and of those it starts."""
    path = tmp_path / "clock"
    path.write_text("0")
    monkeypatch.setenv("FIRELINE_CLOCK_FILE", str(path))
    return path
