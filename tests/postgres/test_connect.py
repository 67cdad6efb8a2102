"""Connections to a target: what may be done on them, what is said when there is none, which server it is."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from fireline.cluster import Cluster
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target, connect, identity_of_dsn, same_history, same_server
from fireline.redact import Secret
from tests.servers import PATIENTS

LIMITS = "SELECT name, setting FROM pg_settings WHERE name IN ('statement_timeout', 'lock_timeout', 'work_mem', 'transaction_read_only')"


def _dsn(target: Target, **changes: str) -> Target:
    return Target("main", Secret(make_conninfo(target.dsn.reveal(), **changes)))


def _limits(target: Target, **options: bool | timedelta) -> dict[str, str]:
    with connect(target, statement_timeout=timedelta(seconds=7), **options) as conn:  # type: ignore[arg-type]
        return {row["name"]: row["setting"] for row in conn.execute(LIMITS).fetchall()}


def test_a_connection_is_limited_and_read_only_unless_a_change_was_approved(patient: Target) -> None:
    found = _limits(patient)
    assert (found["statement_timeout"], found["lock_timeout"], found["transaction_read_only"]) == ("7000", "1000", "on")
    assert _limits(patient, write=True)["transaction_read_only"] == "off"
    with connect(patient) as conn, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        conn.execute("CREATE TABLE a (b int)")


def test_settings_of_the_dsn_stay_and_ours_come_after_them(patient: Target) -> None:
    found = _limits(_dsn(patient, options="-c work_mem=1234kB -c statement_timeout=1"))
    assert (found["work_mem"], found["statement_timeout"]) == ("1234", "7000")


def test_reading_uses_the_reading_role_and_acting_does_not(patient: Target) -> None:
    def user(target: Target, **options: bool) -> str:
        with connect(target, **options) as conn:  # type: ignore[arg-type]
            row = conn.execute(
                "SELECT current_user::text AS who, current_setting('transaction_read_only') AS ro"
            ).fetchone()
        assert row is not None
        return f"{row['who']} {row['ro']}"

    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as owner:
        owner.execute("CREATE ROLE reader LOGIN PASSWORD 'reader-pw'")
    target = Target(
        "main", patient.dsn, Secret(make_conninfo(patient.dsn.reveal(), user="reader", password="reader-pw"))
    )
    try:
        assert (user(target), user(target, acting=True), user(target, write=True)) == (
            "reader on",
            "postgres on",
            "postgres off",
        )
    finally:
        with psycopg.connect(patient.dsn.reveal(), autocommit=True) as owner:
            owner.execute("DROP ROLE reader")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"password": "not-the-password"}, 'password authentication failed for user "postgres"'),
        ({"dbname": "nowhere"}, 'database "nowhere" does not exist'),
        ({"host": "127.0.0.1", "port": "1"}, "nothing listens at 127.0.0.1 port 1"),
        ({"host": "/nowhere"}, "nothing listens at /nowhere"),
        ({"host": "nowhere.invalid"}, "the host name nowhere.invalid is not known"),
    ],
)
def test_what_is_wrong_is_said_in_one_line_with_what_to_do(patient: Target, change: dict[str, str], words: str) -> None:
    with pytest.raises(TargetUnavailable) as refused, connect(_dsn(patient, **change)):
        pass
    assert refused.value.message.startswith(f"target main does not answer: {words}")
    assert "\n" not in refused.value.message
    assert refused.value.hint
    assert str(conninfo_to_dict(patient.dsn.reveal())["password"]) not in str(refused.value)


def test_a_broken_dsn_is_not_shown(patient: Target) -> None:
    broken = Target("main", Secret("user:hush-hush@host"))
    with pytest.raises(TargetUnavailable, match="the DSN of target main can not be read") as refused, connect(broken):
        pass
    assert "hush-hush" not in str(refused.value)


def test_a_server_that_never_answers_is_given_up(patient: Target) -> None:
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        port = str(deaf.getsockname()[1])
        silent = _dsn(patient, host="127.0.0.1", port=port, connect_timeout="2")
        with pytest.raises(TargetUnavailable, match="no answer from 127"), connect(silent):
            pass


def test_a_connection_that_is_lost_on_the_way_says_so(patient: Target) -> None:
    def lose() -> None:
        with psycopg.connect(patient.dsn.reveal(), autocommit=True) as owner, connect(patient) as conn:
            owner.execute("SELECT pg_terminate_backend(%s)", [conn.info.backend_pid])
            conn.execute("SELECT pg_sleep(5)")

    with pytest.raises(TargetUnavailable, match="the connection to target main was lost"):
        lose()


@contextmanager
def _pooler(target: Target, change: Callable[[bytes], bytes | None]) -> Iterator[Target]:
    """A pooler as PgBouncer is: it sees each start-up message first. `change` gives what is passed on, or None to refuse."""
    parts = conninfo_to_dict(target.dsn.reveal())
    behind = f"{parts['host']}/.s.PGSQL.{parts['port']}"
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        door.listen()

        def serve() -> None:
            with suppress(OSError):
                while True:
                    client, _ = door.accept()
                    threading.Thread(target=_relay, args=(client, behind, change), daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield _dsn(target, host="127.0.0.1", port=str(door.getsockname()[1]), sslmode="disable", gssencmode="disable")
        door.shutdown(socket.SHUT_RDWR)


def _relay(client: socket.socket, behind: object, change: Callable[[bytes], bytes | None]) -> None:
    with client, socket.socket(socket.AF_UNIX) as server, suppress(OSError):
        size = struct.unpack("!i", client.recv(4, socket.MSG_WAITALL))[0]
        message = change(client.recv(size - 4, socket.MSG_WAITALL))
        if message is None:
            said = b"SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: options\0\0"
            client.sendall(b"E" + struct.pack("!i", len(said) + 4) + said)
            return
        server.connect(str(behind))
        server.sendall(struct.pack("!i", len(message) + 4) + message)
        back = threading.Thread(target=_pump, args=(server, client), daemon=True)
        back.start()
        _pump(client, server)
        back.join(5)


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)


def _without_options(message: bytes) -> bytes:
    words = message[4:].split(b"\0")
    pairs = [(words[place], words[place + 1]) for place in range(0, len(words) - 2, 2)]
    kept = b"".join(key + b"\0" + value + b"\0" for key, value in pairs if key != b"options")
    return message[:4] + kept + b"\0"


@pytest.mark.parametrize("refuses", [True, False], ids=["refuses the options", "forgets the options"])
def test_through_a_pooler_the_limits_hold_in_each_transaction_and_never_outlast_it(
    patient: Target, refuses: bool
) -> None:
    def change(message: bytes) -> bytes | None:
        return None if refuses and b"options" in message else _without_options(message)

    with _pooler(patient, change) as pooled, connect(pooled, statement_timeout=timedelta(seconds=7)) as conn:
        for _ in range(2):
            found = {row["name"]: row["setting"] for row in conn.execute(LIMITS).fetchall()}
            assert (found["statement_timeout"], found["lock_timeout"]) == ("7000", "1000")
            assert found["transaction_read_only"] == "on"
            conn.rollback()
        conn.autocommit = True
        assert conn.execute("SHOW statement_timeout").fetchone() == {"statement_timeout": "0"}
        assert conn.execute("SHOW default_transaction_read_only").fetchone() == {"default_transaction_read_only": "off"}


def test_a_server_is_known_again_and_told_from_others(patient: Target, patient15: Target) -> None:
    one, again, other = (identity_of_dsn(target.dsn) for target in (patient, patient, patient15))
    assert same_server(one, again)
    assert same_history(one, again)
    assert not same_server(one, other)
    assert not same_history(one, other)
    assert one.data_directory
    assert one.timeline == 1


@pytest.mark.parametrize("fixture", PATIENTS)
def test_a_role_without_any_right_can_tell_the_server_too(fixture: str, request: pytest.FixtureRequest) -> None:
    target: Target = request.getfixturevalue(fixture)
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as owner:
        owner.execute("CREATE ROLE nobody_much LOGIN PASSWORD 'nobody-pw'")
        try:
            limited = identity_of_dsn(_dsn(target, user="nobody_much", password="nobody-pw").dsn)
            full = identity_of_dsn(target.dsn)
            assert limited.data_directory is None
            assert limited.system_identifier
            assert same_server(limited, full)
            owner.execute("REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC")
            blind = identity_of_dsn(_dsn(target, user="nobody_much", password="nobody-pw").dsn)
            assert (blind.system_identifier, same_server(blind, full), same_history(blind, full)) == ("", True, False)
        finally:
            owner.execute("DROP ROLE nobody_much")


def test_a_restart_is_another_server_with_the_same_history_and_a_standby_has_none(tmp_path: Path) -> None:
    from tests import servers

    with servers.cluster(servers.embedded(), {}) as running:
        before = identity_of_dsn(Secret(running.url()))
        running.stop("immediate")
        running.start()
        after = identity_of_dsn(Secret(running.url()))
        assert not same_server(before, after)
        assert same_history(before, after)
        running.stop()
        (running.folder.data / "standby.signal").touch()
        standby = Cluster(running.folder.path, servers.embedded(), fsync=False).start()
        found = identity_of_dsn(Secret(standby.url()))
        assert found.system_identifier == before.system_identifier
        assert found.timeline is None
        assert not same_history(before, found)


def test_a_session_of_ours_outlives_limits_on_idle_sessions_and_compiles_only_when_asked(patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as owner:
        for name, value in (("idle_session_timeout", "40"), ("transaction_timeout", "60"), ("jit", "on")):
            owner.execute(f"ALTER DATABASE {owner.info.dbname} SET {name} = '{value}'".encode())
    with connect(patient, jit=False, autocommit=True) as conn:
        conn.execute("SELECT pg_sleep(0.1)")
        assert not threading.Event().wait(0.1)  # idle for longer than the limit
        assert conn.execute("SHOW jit").fetchone() == {"jit": "off"}
    with connect(patient) as conn:
        assert conn.execute("SHOW jit").fetchone() == {"jit": "on"}
