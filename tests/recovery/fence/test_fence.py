"""Raising and lifting fences under the traffic of a real application, on real servers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from fireline import clock
from fireline.errors import Refused, StoreUnavailable
from fireline.postgres.cancel import Cancel
from fireline.postgres.connect import Target, connect, database_of
from fireline.postgres.watch import Watch
from fireline.recovery.fence import fence as fences
from fireline.recovery.fence import planning, rows
from fireline.recovery.fence.ground import stand
from fireline.recovery.fence.rows import Fence, Level
from fireline.redact import Secret
from fireline.store.connect import Store
from tests import servers
from tests.recovery.fence.shop import Shop, gets_in, shop, state_of, until


@pytest.fixture
def busy(target: Target) -> Iterator[Shop]:
    with shop(target) as running:
        yield running


def raised(store: Store, target: Target, level: Level, **more: Any) -> Fence:
    told: dict[str, Any] = {"expires_at": clock.now() + timedelta(minutes=30), "reason": "a test", "by": "ada"} | more
    return fences.raise_(store, target, level, **told)


def standing(store: Store, target: Target) -> Fence | None:
    with store.transaction() as conn:
        return fences.standing(conn, target.name)


def say(target: Target, *statements: str, database: str = "postgres") -> None:
    with psycopg.connect(make_conninfo(target.dsn.reveal(), dbname=database), autocommit=True) as conn:
        for one in statements:
            conn.execute(one.encode())


def test_drained_is_proved_and_nothing_is_committed_after_that(store: Store, busy: Shop) -> None:
    before = state_of(busy.target)
    fence = raised(store, busy.target, "drained")
    after_proof = busy.rows()
    assert fence.proof is not None
    assert fence.proof["proved"] is True, fence.proof
    assert fence.proof["residue"] == []
    assert "too many connections" in fence.proof["canary"]["says"]
    assert fence.state == "up"
    assert not gets_in(busy.dsn)
    assert gets_in(busy.target.dsn.reveal()), "a superuser keeps the keys"
    until(lambda: all(client.is_alive() for client in busy.clients))
    assert busy.rows() == after_proof
    assert fences.lift(store, busy.target, fence, "ada").state == "lifted"
    assert state_of(busy.target) == before
    until(lambda: busy.rows() > after_proof)
    assert standing(store, busy.target) is None


def test_closed_keeps_everybody_out_and_fireline_acts_from_beside(store: Store, busy: Shop) -> None:
    before = state_of(busy.target)
    with psycopg.connect(busy.target.dsn.reveal(), application_name="fireline", autocommit=True) as own:
        fence = raised(store, busy.target, "closed")
        with pytest.raises(psycopg.OperationalError):
            own.execute("SELECT 1")
    assert fence.proof is not None
    assert fence.proof["proved"] is True
    assert fence.proof["can_write"] == []
    assert not gets_in(busy.target.dsn.reveal())
    assert fences.lift(store, busy.target, fence, "ada").state == "lifted"
    assert state_of(busy.target) == before


def test_no_new_lets_nobody_in_and_leaves_those_that_are_there(store: Store, busy: Shop) -> None:
    fence = raised(store, busy.target, "no-new")
    seen = busy.rows()
    assert not gets_in(busy.dsn)
    until(lambda: busy.rows() > seen)
    assert fence.proof is not None
    assert fence.proof["proved"] is None
    assert any("shop 0" in one for one in fence.proof["can_write"])
    fences.lift(store, busy.target, fence, "ada")
    assert gets_in(busy.dsn)


def test_read_only_sends_them_away_once_and_they_come_back_without_writing(store: Store, busy: Shop) -> None:
    before = state_of(busy.target)
    fence = raised(store, busy.target, "read-only")
    until(lambda: all(client.read_only > 3 for client in busy.clients))
    seen = busy.rows()
    until(lambda: all(client.read_only > 20 for client in busy.clients))
    assert busy.rows() == seen
    assert fence.proof is not None
    assert "may only read" in fence.proof["says"]
    assert any("sets default_transaction_read_only off" in one for one in fence.proof["can_write"])
    fences.lift(store, busy.target, fence, "ada")
    assert state_of(busy.target) == before


@pytest.mark.parametrize("limit", [5, 0, -1, 1])
def test_an_odd_limit_comes_back_as_it_was(store: Store, patient: Target, limit: int) -> None:
    say(patient, f'ALTER DATABASE "{database_of(patient)}" CONNECTION LIMIT {limit}')
    before = state_of(patient)
    fence = raised(store, patient, "closed")
    assert state_of(patient) != before
    fences.lift(store, patient, fence, "ada")
    assert state_of(patient) == before


def test_settings_of_their_own_are_overruled_and_come_back_to_the_letter(store: Store, target: Target) -> None:
    with shop(target, clients=1) as busy:
        name, role = busy.database, busy.role
        say(
            target,
            f"ALTER DATABASE \"{name}\" SET work_mem = '5MB'",
            f"ALTER DATABASE \"{name}\" SET default_transaction_read_only = 'FALSE'",
            f"ALTER DATABASE \"{name}\" SET statement_timeout = '9s'",
            f'ALTER ROLE "{role}" SET default_transaction_read_only = off',
            f'ALTER ROLE "{role}" IN DATABASE "{name}" SET work_mem = \'6MB\'',
        )
        before = state_of(target)
        fence = raised(store, busy.target, "read-only")
        until(lambda: busy.clients[0].read_only > 3)
        fences.lift(store, busy.target, fence, "ada")
        assert state_of(target) == before
        say(target, f'ALTER ROLE "{role}" RESET ALL', f'ALTER ROLE "{role}" IN DATABASE "{name}" RESET ALL')


def test_from_level_to_level_the_first_capture_is_what_comes_back(store: Store, busy: Shop) -> None:
    say(busy.target, f'ALTER DATABASE "{busy.database}" CONNECTION LIMIT 7')
    before = state_of(busy.target)
    first = raised(store, busy.target, "read-only")
    for level in ("closed", "no-new", "read-only", "drained"):
        fence = raised(store, busy.target, level)
        assert fence.id == first.id
        assert fence.level == level
        ways = {step.way for step in fence.steps if step.stands}
        assert ("read-only" in ways) is (level == "read-only")
        assert ("allow-connections" in ways) is (level == "closed")
    assert fence.proof is not None
    assert fence.proof["proved"] is True
    fences.lift(store, busy.target, fence, "ada")
    assert state_of(busy.target) == before


def test_raising_it_again_renews_it(store: Store, patient: Target) -> None:
    first = raised(store, patient, "no-new")
    later = clock.now() + timedelta(hours=2)
    again = raised(store, patient, "no-new", expires_at=later)
    assert again.id == first.id
    assert again.expires_at == later
    assert [step.captured for step in again.steps] == [step.captured for step in first.steps]
    fences.lift(store, patient, again, "ada")


def test_lifting_twice_is_harmless(store: Store, patient: Target) -> None:
    before = state_of(patient)
    fence = raised(store, patient, "closed")
    fences.lift(store, patient, fence, "ada")
    assert fences.lift(store, patient, fence, "bob").lifted_by == "ada"
    assert state_of(patient) == before


def test_what_somebody_else_changed_is_not_trampled(store: Store, patient: Target) -> None:
    fence = raised(store, patient, "drained")
    say(patient, f'ALTER DATABASE "{database_of(patient)}" CONNECTION LIMIT 3')
    stuck = fences.lift(store, patient, fence, "ada")
    assert stuck.state == "stuck"
    assert stuck.error is not None
    assert "is 3 now" in stuck.error
    assert "CONNECTION LIMIT -1" in stuck.error
    assert state_of(patient)["database"]["datconnlimit"] == 3
    assert fences.lift(store, patient, stuck, "ada", accept=True).state == "lifted"
    assert state_of(patient)["database"]["datconnlimit"] == 3


def test_one_that_somebody_put_back_by_hand_is_lifted(store: Store, patient: Target) -> None:
    fence = raised(store, patient, "drained")
    say(patient, f'ALTER DATABASE "{database_of(patient)}" CONNECTION LIMIT -1')
    assert fences.lift(store, patient, fence, "ada").state == "lifted"


def test_without_a_canary_it_is_plainly_not_proved(store: Store, busy: Shop) -> None:
    blind = replace(busy.target, application_dsn=None)
    fence = raised(store, blind, "drained")
    assert fence.proof is not None
    assert fence.proof["proved"] is False
    assert not fence.proof["refuted"]
    assert "set targets.main.application_dsn" in fence.proof["says"]
    fences.lift(store, blind, fence, "ada")


def test_a_canary_with_a_wrong_password_proves_nothing(store: Store, busy: Shop) -> None:
    wrong = replace(busy.target, application_dsn=Secret(make_conninfo(busy.dsn, user="nobody_known")))
    fence = raised(store, wrong, "drained")
    assert fence.proof is not None
    assert fence.proof["proved"] is False
    assert "proves nothing" in fence.proof["says"]
    fences.lift(store, wrong, fence, "ada")


def test_a_prepared_transaction_is_told_and_not_touched(store: Store, target: Target) -> None:
    with shop(target, clients=1) as busy:
        gid = f"held-{busy.database}"
        with psycopg.connect(busy.dsn, autocommit=True) as conn:
            conn.execute("BEGIN")
            conn.execute("INSERT INTO orders DEFAULT VALUES")
            conn.execute(f"PREPARE TRANSACTION '{gid}'".encode())
        fence = raised(store, busy.target, "drained")
        assert fence.proof is not None
        assert fence.proof["proved"] is False
        assert fence.proof["prepared"][0]["gid"] == gid
        assert gid in fence.proof["says"]
        say(target, f"ROLLBACK PREPARED '{gid}'", database=busy.database)
        fences.lift(store, busy.target, fence, "ada")


def test_a_session_that_is_left_is_named_by_role_application_and_address(store: Store, busy: Shop) -> None:
    admin = psycopg.connect(busy.target.dsn.reveal(), application_name="a console")
    only = replace(busy.target, application_roles=(busy.role,))
    fence = raised(store, only, "drained")
    assert fence.proof is not None
    assert fence.proof["proved"] is True, "the console is not the application's"
    [left] = fence.proof["residue"]
    assert (left["application"], left["whose"], left["address"]) == ("a console", "other", "local")
    assert any("a console" in one for one in fence.proof["can_write"])
    admin.execute("SELECT 1")
    admin.close()
    fences.lift(store, only, fence, "ada")


def test_other_steps_than_the_approved_ones_are_refused(store: Store, patient: Target) -> None:
    with stand(patient) as ground:
        keys = planning.plan(ground, "drained").keys
    with pytest.raises(Refused, match="other steps"):
        raised(store, patient, "closed", plan_steps=keys)
    fence = raised(store, patient, "drained", plan_steps=keys)
    fences.lift(store, patient, fence, "ada")


def test_one_that_is_stopped_halfway_leaves_everything_as_it_was(
    store: Store, patient: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = state_of(patient)
    watch, real = Watch(Cancel()), rows.mark

    def mark(store: Store, fence: Fence, *, error: str | None = None) -> Fence:
        if any(step.state == "acted" for step in fence.steps):
            watch.cancel.cancel()
        return real(store, fence, error=error)

    monkeypatch.setattr(rows, "mark", mark)
    with pytest.raises(Refused, match="it was stopped"):
        raised(store, patient, "closed", watch=watch)
    assert state_of(patient) == before
    assert standing(store, patient) is None


def test_a_change_of_level_that_comes_to_nothing_leaves_the_level_before(
    store: Store, patient: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    fence = raised(store, patient, "no-new")
    held = state_of(patient)
    monkeypatch.setattr(fences, "_prove_the_way_back", _refuse)
    with pytest.raises(Refused, match="locked out"):
        raised(store, patient, "closed", expires_at=clock.now() + timedelta(hours=5))
    now = standing(store, patient)
    assert now is not None
    assert (now.level, now.state, now.expires_at) == ("no-new", "up", fence.expires_at)
    assert state_of(patient) == held
    monkeypatch.undo()
    fences.lift(store, patient, now, "ada")


def _refuse(*_: object) -> None:
    raise Refused("locked out")


def test_names_that_need_quotes_are_no_hindrance(store: Store, target: Target) -> None:
    name = "Käse \"&\" 'Brot' %s"
    with psycopg.connect(target.dsn.reveal(), autocommit=True) as conn:
        conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    odd = replace(target, dsn=Secret(make_conninfo(target.dsn.reveal(), dbname=name)))
    try:
        with shop(odd, clients=1, role='Über "app"') as busy:
            before = state_of(odd)
            for level in ("read-only", "closed"):
                fence = raised(store, busy.target, level)
            assert fence.proof is not None
            assert fence.proof["proved"] is True
            fences.lift(store, busy.target, fence, "ada")
            assert state_of(odd) == before
    finally:
        say(target, sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)).as_string(None))


def test_the_row_is_enough_on_another_machine(store: Store, store_url: str, patient: Target) -> None:
    before = state_of(patient)
    raised(store, patient, "closed")
    elsewhere = Store(store_url, application="fireline-test", pool_size=1)
    with elsewhere.transaction() as conn:
        found = fences.standing(conn, patient.name)
    assert found is not None
    assert fences.lift(elsewhere, patient, found, "bob").state == "lifted"
    elsewhere.close()
    assert state_of(patient) == before


def test_a_fence_is_told_on_the_timelines_of_open_incidents(store: Store, patient: Target) -> None:
    with store.transaction() as conn:
        row = conn.execute(
            "INSERT INTO incident (title, severity, severity_rank, status, target, declared_by, detected_at, opened_at)"
            " VALUES ('it burns', 'P0', 0, 'detected', 'main', 'ada', now(), now()) RETURNING id"
        ).fetchone()
    assert row is not None
    fence = raised(store, patient, "no-new")
    fences.lift(store, patient, fence, "ada")
    with store.transaction() as conn:
        told = conn.execute("SELECT kind, payload ->> 'event' AS event FROM timeline ORDER BY seq").fetchall()
    assert [(one["kind"], one["event"]) for one in told] == [("fence", "raised"), ("fence", "lifted")]


def test_fireline_itself_goes_on_under_a_drained_fence(store: Store, patient: Target) -> None:
    with connect(patient) as own:
        fence = raised(store, patient, "drained")
        own.execute("SELECT 1")
    fences.lift(store, patient, fence, "ada")


def test_of_two_who_raise_at_once_both_are_served_one_after_the_other(store: Store, patient: Target) -> None:
    before = state_of(patient)
    found: list[Fence] = []
    levels: tuple[Level, Level] = ("closed", "no-new")
    threads = [
        threading.Thread(target=lambda level=level: found.append(raised(store, patient, level))) for level in levels
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len({one.id for one in found}) == 1
    last = standing(store, patient)
    assert last is not None
    assert last.level == max(found, key=lambda one: one.tried_at or one.raised_at).level
    fences.lift(store, patient, last, "ada")
    assert state_of(patient) == before


def test_a_server_that_was_restarted_meanwhile_is_put_back(store: Store) -> None:
    with servers.cluster(servers.embedded(), servers.PATIENT) as server:
        target = Target("main", Secret(server.url(server.create_database("shop").rpartition("/")[2].partition("?")[0])))
        before = state_of(target)
        fence = raised(store, target, "closed")
        server.stop()
        server.start()
        assert not gets_in(target.dsn.reveal())
        assert fences.lift(store, target, fence, "ada").state == "lifted"
        assert state_of(target) == before


def test_a_store_that_is_lost_on_the_way_leaves_the_server_as_it_was(
    store: Store, patient: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real, down = state_of(patient), Store.transaction, [False]

    def mark(store: Store, fence: Fence, *, error: str | None = None) -> Fence:
        down[0] = any(step.way == "allow-connections" and step.state == "acted" for step in fence.steps)
        return marked(store, fence, error=error)

    def transaction(store: Store) -> Any:
        if down[0]:
            raise StoreUnavailable
        return real(store)

    marked = rows.mark
    monkeypatch.setattr(rows, "mark", mark)
    monkeypatch.setattr(Store, "transaction", transaction)
    with pytest.raises(StoreUnavailable):
        raised(store, patient, "closed")
    assert state_of(patient) == before
    monkeypatch.undo()
    left = standing(store, patient)
    assert left is not None
    assert left.state == "raising", "the sweep settles its row"
    assert fences.lift(store, patient, left, "ada").state == "lifted"
