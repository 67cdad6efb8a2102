"""One cluster's life, with real servers of each set of binaries at hand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fireline.cluster import Cluster
from fireline.cluster.launch import until
from fireline.errors import ClusterError
from tests.servers import DEBIAN15, embedded, private_folder

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root must go round PostgreSQL's refusal of root")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short private folder; what a test leaves running in it is stopped."""
    with private_folder() as made:
        yield made
        for left in made.iterdir():
            Cluster(left).remove()


@pytest.fixture(scope="module")
def running() -> Iterator[Cluster]:
    """One server for the tests that only look at it."""
    with private_folder() as made:
        cluster = Cluster(made / "pg", embedded(), fsync=False, tcp=True)
        try:
            yield cluster.start()
        finally:
            cluster.remove()


def ask(url: str, question: str) -> object:
    with psycopg.connect(url) as conn:
        row = conn.execute(question.encode()).fetchone()
    assert row is not None
    return row[0]


def programs(kind: str, folder: Path) -> Path:
    """A folder of binaries as each packager lays it out."""
    if kind == "debian":
        return DEBIAN15
    if kind == "folder above bin":
        (folder / "pginstall").symlink_to(embedded().parent)
        return folder / "pginstall"
    return embedded()


@pytest.mark.parametrize(
    ("kind", "major"),
    [("wheel", 18), ("folder above bin", 18), pytest.param("debian", 15, marks=pytest.mark.debian15)],
)
def test_a_cluster_is_made_started_and_stopped(folder: Path, tmp_path: Path, kind: str, major: int) -> None:
    cluster = Cluster(folder / "pg", programs(kind, tmp_path), fsync=False)
    with cluster:
        assert ask(cluster.url(), "SELECT current_setting('server_version_num')::int / 10000") == major
        assert ask(cluster.url(), "SELECT current_setting('server_encoding')") == "UTF8"
    assert cluster.running is None
    with pytest.raises(ClusterError, match="is not running"):
        cluster.url()


def test_nobody_gets_in_without_the_password(running: Cluster) -> None:
    stolen = running.url(tcp=True).replace(running.folder.password().reveal(), "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(stolen)
    by_socket = running.url().replace(running.folder.password().reveal(), "guess")
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(by_socket)


def test_password_log_and_socket_are_private(running: Cluster) -> None:
    found = running.running
    assert found is not None
    assert Path(found.socket).stat().st_mode & 0o777 == 0o700
    for file in ("password", "log"):
        assert (running.folder.path / file).stat().st_mode & 0o077 == 0


def test_the_server_is_in_a_session_of_its_own_so_that_ctrl_c_does_not_reach_it(running: Cluster) -> None:
    found = running.running
    assert found is not None
    assert os.getsid(found.pid) == found.pid != os.getsid(0)


def test_the_port_is_one_the_kernel_gave_and_only_this_machine_reaches_it(running: Cluster) -> None:
    found = running.running
    assert found is not None
    assert ask(running.url(tcp=True), "SELECT inet_server_port()") == found.port
    assert ask(running.url(), "SHOW listen_addresses") == "127.0.0.1"


def test_without_tcp_there_is_no_port(folder: Path) -> None:
    with Cluster(folder / "pg", embedded(), fsync=False) as cluster:
        assert ask(cluster.url(), "SHOW listen_addresses") == ""
        with pytest.raises(ClusterError, match="listens on its socket alone"):
            cluster.url(tcp=True)


def test_a_server_found_running_is_adopted_by_another_process(running: Cluster) -> None:
    found = running.running
    assert found is not None
    code = (
        "import sys; from pathlib import Path; from fireline.cluster import Cluster;"
        "c = Cluster(Path(sys.argv[1])); assert c.adopt(); print(c.start().running.pid)"
    )
    told = subprocess.run([sys.executable, "-c", code, running.folder.path], capture_output=True, text=True, check=True)
    assert int(told.stdout) == found.pid
    assert running.running == found


def test_nothing_is_adopted_where_nothing_runs(folder: Path) -> None:
    assert Cluster(folder / "pg").adopt() is False
    assert not (folder / "pg").exists()


def test_a_copy_that_answers_at_the_socket_is_not_taken_for_the_original(folder: Path) -> None:
    Cluster(folder / "a", embedded(), fsync=False).start().stop()
    subprocess.run(["cp", "-a", folder / "a", folder / "b"], check=True)
    with Cluster(folder / "a") as original, Cluster(folder / "b") as copy:
        assert original.system_identifier == copy.system_identifier
        file = original.folder.data / "postmaster.pid"
        whole = file.read_text()
        file.write_text(whole.replace(str(folder / "a" / "socket"), str(folder / "b" / "socket")))
        with pytest.raises(ClusterError, match="another server answers"):
            original.adopt()
        file.write_text(whole)
        assert original.adopt()


def test_after_kill_9_it_starts_again_with_its_data(folder: Path) -> None:
    cluster = Cluster(folder / "pg", embedded(), fsync=False).start()
    with psycopg.connect(cluster.url()) as conn:
        conn.execute("CREATE TABLE kept AS SELECT 42 AS answer")
    killed = cluster.running
    assert killed is not None
    os.kill(killed.pid, signal.SIGKILL)
    assert (cluster.folder.data / "postmaster.pid").exists()
    cluster.start()
    assert cluster.running != killed
    assert ask(cluster.url(), "SELECT answer FROM kept") == 42


def test_a_server_that_is_found_running_and_dies_before_it_is_ready_is_started_anew(folder: Path) -> None:
    cluster = Cluster(folder / "pg", embedded(), fsync=False).start()
    found = cluster.running
    assert found is not None
    cluster.stop("immediate")
    dying = [sys.executable, "-c", "import time; time.sleep(0.5)", "-D", str(cluster.folder.data), "x"]
    with subprocess.Popen(dying) as half:
        lines = [str(half.pid), str(cluster.folder.data), "0", "5432", found.socket, "", "", "starting"]
        (cluster.folder.data / "postmaster.pid").write_text("\n".join(lines) + "\n")
        assert until(lambda: cluster.running is not None, time.monotonic() + 5)  # its name is there a moment after it
        threading.Thread(target=half.wait).start()  # so that it does not stay as a process that is no more
        cluster.start(patience=20)
    assert ask(cluster.url(), "SELECT 1") == 1


def test_a_stranger_with_the_dead_servers_number_is_neither_adopted_nor_stopped(folder: Path) -> None:
    cluster = Cluster(folder / "pg", embedded(), fsync=False).start()
    found = cluster.running
    assert found is not None
    os.kill(found.pid, signal.SIGKILL)
    file = cluster.folder.data / "postmaster.pid"
    with subprocess.Popen(["sleep", "300"]) as stranger:
        try:
            file.write_text(file.read_text().replace(str(found.pid), str(stranger.pid), 1))
            assert cluster.running is None
            cluster.stop()
            cluster.start()
            assert ask(cluster.url(), "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()


def test_of_many_processes_that_start_it_at_once_one_does_and_the_others_adopt(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from fireline.cluster import Cluster;"
        "print(Cluster(Path(sys.argv[1]), Path(sys.argv[2]), fsync=False).start().running.pid)"
    )
    argv = [sys.executable, "-c", code, str(folder / "pg"), str(embedded())]
    started = [subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) for _ in range(4)]
    told = {process.communicate(timeout=60)[0] for process in started}
    assert [process.returncode for process in started] == [0, 0, 0, 0]
    found = Cluster(folder / "pg").running
    assert found is not None
    assert told == {f"{found.pid}\n"}


def test_an_initdb_that_was_killed_half_way_is_made_anew(folder: Path) -> None:
    half = folder / "pg" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")
    with Cluster(folder / "pg", embedded(), fsync=False) as cluster:
        assert ask(cluster.url(), "SELECT 1") == 1
    assert not half.exists()


def test_settings_are_in_force_and_alter_system_goes_over_them(folder: Path) -> None:
    cluster = Cluster(folder / "pg", embedded(), settings={"work_mem": "7MB", "cluster_name": "it's"}, fsync=False)
    with cluster:
        assert ask(cluster.url(), "SHOW work_mem") == "7MB"
        assert ask(cluster.url(), "SHOW cluster_name") == "it's"
        assert ask(cluster.url(), "SHOW fsync") == "off"
        with psycopg.connect(cluster.url(), autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET work_mem = '9MB'")
            conn.execute("SELECT pg_reload_conf()")
        deadline = time.monotonic() + 10
        while ask(cluster.url(), "SHOW work_mem") != "9MB":
            assert time.monotonic() < deadline


def test_a_setting_that_the_server_refuses_is_told_in_its_own_words(folder: Path) -> None:
    with pytest.raises(ClusterError, match='did not start: invalid value for parameter "work_mem": "much"'):
        Cluster(folder / "pg", embedded(), settings={"work_mem": "much"}, fsync=False).start()


def test_a_folder_with_a_long_path_gets_a_short_socket_that_goes_when_it_goes(folder: Path) -> None:
    deep = folder / ("d" * 120)
    with Cluster(deep, embedded(), fsync=False) as cluster:
        found = cluster.running
        assert found is not None
        assert len(found.socket) < 60
        assert Path(found.socket).stat().st_mode & 0o777 == 0o700
        assert ask(cluster.url(), "SELECT 1") == 1
    cluster.remove()
    assert not Path(found.socket).exists()


def test_a_socket_folder_that_somebody_opened_to_others_is_not_used_again(folder: Path) -> None:
    with Cluster(folder / ("d" * 120), embedded(), fsync=False) as cluster:
        first = cluster.running
        assert first is not None
    Path(first.socket).chmod(0o777)
    with cluster:
        second = cluster.running
        assert second is not None
        assert second.socket != first.socket
    Path(first.socket).rmdir()


@pytest.mark.parametrize("mode", ["smart", "fast", "immediate"])
def test_each_way_of_stopping_stops_and_the_next_start_has_the_data(folder: Path, mode: str) -> None:
    cluster = Cluster(folder / "pg", embedded(), fsync=False).start()
    cluster.create_database("kept")
    cluster.stop(mode)  # type: ignore[arg-type]
    assert cluster.running is None
    assert ask(cluster.start().url("kept"), "SELECT current_database()") == "kept"


def test_a_server_that_waits_for_its_clients_is_stopped_harder_when_patience_ends(folder: Path) -> None:
    cluster = Cluster(folder / "pg", embedded(), fsync=False).start()
    with psycopg.connect(cluster.url()):
        cluster.stop("smart", patience=0.3)
        assert cluster.running is None


def test_creating_a_database_twice_is_creating_it_once(running: Cluster) -> None:
    assert running.create_database('odd "name"') == running.create_database('odd "name"')
    assert ask(running.url('odd "name"'), "SELECT current_database()") == 'odd "name"'


def test_data_of_another_version_asks_for_its_own_binaries(folder: Path, running: Cluster) -> None:
    (folder / "pg" / "data").mkdir(parents=True)
    (folder / "pg" / "data" / "PG_VERSION").write_text("16\n")
    with pytest.raises(ClusterError, match=r"the data is of PostgreSQL 16, the programs in .* are of 18"):
        Cluster(folder / "pg", embedded()).start()


def test_data_whose_password_is_lost_says_so(folder: Path) -> None:
    with Cluster(folder / "pg", embedded(), fsync=False) as cluster:
        (folder / "pg" / "password").unlink()
        with pytest.raises(ClusterError, match=r"the password of the PostgreSQL in .* is gone"):
            cluster.url()


def test_a_removed_cluster_leaves_nothing(folder: Path) -> None:
    cluster = Cluster(folder / "pg", embedded(), fsync=False).start()
    found = cluster.running
    assert found is not None
    cluster.remove()
    assert not Path(f"/proc/{found.pid}").exists()
    assert list(folder.iterdir()) == []


@needs_root
def test_as_root_the_server_is_not_root_and_its_files_stay_roots(running: Cluster) -> None:
    found = running.running
    assert found is not None
    inside, outside, _ = Path(f"/proc/{found.pid}/uid_map").read_text().split()
    assert inside != "0"
    assert outside == "0"
    assert "CapEff:\t0000000000000000" in Path(f"/proc/{found.pid}/status").read_text()
    assert running.folder.data.stat().st_uid == 0


@needs_root
def test_as_root_without_namespaces_it_runs_as_an_existing_account_from_where_that_can_get(folder: Path) -> None:
    hidden = folder / "bin"
    hidden.mkdir(mode=0o700)
    package = embedded().parents[1]
    subprocess.run(["cp", "-a", package, package.with_name(f"{package.name}.libs"), hidden], check=True)
    cluster = Cluster(folder / "pg", hidden / package.name / "pginstall", fsync=False, namespace=False).start()
    found = cluster.running
    assert found is not None
    assert Path(f"/proc/{found.pid}").stat().st_uid != 0
    assert ask(cluster.url(), "SELECT 1") == 1
    assert folder.stat().st_mode & 0o777 == 0o700
    assert hidden.stat().st_mode & 0o777 == 0o700
    away = cluster.folder.elsewhere()
    assert {"data", "socket"} <= {path.name for path in away.iterdir()}
    os.kill(found.pid, signal.SIGKILL)
    assert ask(cluster.start().url(), "SELECT 1") == 1
    cluster.remove()
    assert not away.exists()


@needs_root
def test_another_account_keeps_its_data_in_the_folder_when_it_can_get_there(folder: Path) -> None:
    folder.chmod(0o755)
    with Cluster(folder / "pg", fsync=False, namespace=False) as cluster:
        assert cluster.folder.data == folder / "pg" / "data"
        assert cluster.folder.data.stat().st_uid != 0
        assert ask(cluster.url(), "SELECT 1") == 1


@needs_root
def test_another_accounts_cluster_is_neither_started_nor_stopped(running: Cluster) -> None:
    code = (
        "import sys; from pathlib import Path; from fireline.cluster import Cluster\n"
        "from fireline.errors import ClusterError\n"
        "import os; cluster = Cluster(Path(sys.argv[1])); os.setuid(65534)\n"
        "for act in (cluster.start, cluster.stop, cluster.url):\n"
        "    try: act()\n"
        "    except ClusterError as refused: print(refused.message)\n"
    )
    told = subprocess.run([sys.executable, "-c", code, running.folder.path], capture_output=True, text=True, check=True)
    assert len(told.stdout.splitlines()) == 3, told
    assert running.running is not None
