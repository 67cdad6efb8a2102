from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.communicate import notices
from fireline.errors import Denied, Refused, Usage
from fireline.incident import opening, timeline, transitions, view
from fireline.incident.people import Actor
from fireline.incident.scheme import Scheme
from fireline.settings import Settings
from fireline.store.connect import Connection, Store, all_rows

from .alerts import fire
from .conftest import Open
from .life import going_run, jobs, kinds, last

CONTACT = {"email": {"channel": "email", "address": "oncall@example.org", "confirmed": True}}
SETTINGS = Settings.model_validate({"contacts": CONTACT})


def owners(conn: Connection) -> dict[str, int]:
    return {row["title"]: row["incident_id"] for row in all_rows(conn, "SELECT title, incident_id FROM alert")}


def numbers(conn: Connection, *titles: str) -> list[str]:
    rows = all_rows(conn, "SELECT id FROM alert WHERE title = ANY(%(titles)s) ORDER BY id", titles=list(titles))
    return [str(row["id"]) for row in rows]


def test_the_alerts_move_and_the_merged_one_ends_with_a_pointer(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    into, merged = fire(conn, "A"), fire(conn, "B", "C")
    done = transitions.merge(
        conn, anna, incident=f"INC-{merged}", into=f"INC-{into}", reason="one cause", scheme=scheme
    )
    assert done["text"] == f"INC-{merged} is merged into INC-{into}."
    assert owners(conn) == {"A": into, "B": into, "C": into}
    shown = view.incident_view(conn, merged)
    assert (shown["status"], shown["merged_into"]) == ("dismissed", f"INC-{into}")
    assert [one_clock["stopped_at"] is not None for one_clock in shown["clocks"]] == [True]
    assert shown["timeline"][-1]["text"] == f"anna merged this into INC-{into}: one cause"
    there = [event for event in timeline.read(conn, into) if event["kind"] == "took_in"]
    assert [event["payload"]["alerts"] for event in there] == [2]
    assert timeline.broken(conn, into) is None
    again = transitions.merge(conn, anna, incident=str(merged), into=str(into), scheme=scheme)
    assert again["changed"] is False


def test_nobody_is_told_again_of_either(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    into, merged = fire(conn, "A"), fire(conn, "B")
    for incident in (into, merged):
        assert len(notices.queue_owed(conn, incident, SETTINGS)) == 1
    transitions.ack(conn, anna, incident=str(into))
    transitions.merge(conn, anna, incident=str(merged), into=str(into), scheme=scheme)
    with clock.moved(timedelta(hours=6)):
        assert [notices.queue_owed(conn, incident, SETTINGS) for incident in (into, merged)] == [[], []]


def test_the_worse_severity_counts_and_that_somebody_is_at_it(
    conn: Connection, anna: Actor, scheme: Scheme, open_one: Open
) -> None:
    into, merged = open_one(conn, severity="P2"), open_one(conn, severity="P0")
    transitions.ack(conn, anna, incident=str(merged))
    transitions.merge(conn, anna, incident=str(merged), into=str(into), scheme=scheme)
    shown = view.incident_view(conn, into)
    assert (shown["severity"]["id"], shown["acknowledged_by"]) == ("P0", "anna")


def test_a_smaller_severity_changes_nothing(conn: Connection, anna: Actor, scheme: Scheme, open_one: Open) -> None:
    into, merged = open_one(conn, severity="P0"), open_one(conn, severity="P3")
    transitions.merge(conn, anna, incident=str(merged), into=str(into), scheme=scheme)
    assert view.incident_view(conn, into)["severity"]["id"] == "P0"
    assert last(conn, into)["kind"] == "took_in"


def test_later_alerts_of_the_merged_group_join_where_it_went(
    conn: Connection, anna: Actor, scheme: Scheme, open_one: Open
) -> None:
    first, second, third = (open_one(conn, group_key=key) for key in ("a", "b", "c"))
    transitions.merge(conn, anna, incident=str(third), into=str(second), scheme=scheme)
    transitions.merge(conn, anna, incident=str(second), into=str(first), scheme=scheme)
    for key in ("a", "b", "c"):
        found = opening.open_with_key(conn, key)
        assert found is not None
        assert found["id"] == first
    transitions.dismiss(conn, anna, incident=str(first), reason="nothing")
    assert opening.open_with_key(conn, "c") is None


def test_one_with_a_run_under_way_is_refused_and_where_it_goes_may_have_one(
    conn: Connection, anna: Actor, scheme: Scheme
) -> None:
    into, merged = fire(conn, "A"), fire(conn, "B")
    going_run(conn, merged)
    with pytest.raises(Refused, match="is still going"):
        transitions.merge(conn, anna, incident=str(merged), into=str(into), scheme=scheme)
    assert transitions.merge(conn, anna, incident=str(into), into=str(merged), scheme=scheme)["changed"]


def test_what_can_not_be_merged_is_refused(conn: Connection, anna: Actor, guest: Actor, scheme: Scheme) -> None:
    into, merged = fire(conn, "A"), fire(conn, "B")
    with pytest.raises(Usage, match="into itself"):
        transitions.merge(conn, anna, incident=str(into), into=f"INC-{into}", scheme=scheme)
    with pytest.raises(Denied):
        transitions.merge(conn, guest, incident=str(merged), into=str(into), scheme=scheme)
    transitions.dismiss(conn, anna, incident=str(into), reason="nothing")
    with pytest.raises(Refused, match=f"INC-{into} is dismissed"):
        transitions.merge(conn, anna, incident=str(merged), into=str(into), scheme=scheme)


def test_a_merged_incident_that_is_opened_again_stands_for_itself(
    conn: Connection, anna: Actor, scheme: Scheme
) -> None:
    into, merged = fire(conn, "A"), fire(conn, "B")
    transitions.merge(conn, anna, incident=str(merged), into=str(into), scheme=scheme)
    transitions.reopen(conn, anna, incident=str(merged), reason="it was another", scheme=scheme)
    assert view.incident_view(conn, merged)["merged_into"] is None


def test_two_people_who_merge_each_into_the_other_do_not_wait_for_each_other(store: Store, scheme: Scheme) -> None:
    with store.transaction() as conn:
        first, second = fire(conn, "A"), fire(conn, "B")
    barrier, results = threading.Barrier(2), []

    def person(name: str, incident: int, into: int) -> None:
        barrier.wait()
        try:
            with store.transaction() as conn:
                transitions.merge(conn, Actor(name), incident=str(incident), into=str(into), scheme=scheme)
            results.append("done")
        except Refused:
            results.append("refused")

    people = [threading.Thread(target=person, args=args) for args in (("anna", first, second), ("ben", second, first))]
    for thread in people:
        thread.start()
    for thread in people:
        thread.join(20)
    assert sorted(results) == ["done", "refused"]
    with store.transaction() as conn:
        assert len(set(owners(conn).values())) == 1


def test_alerts_are_split_off_into_an_incident_of_their_own(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    old = fire(conn, "A", "B", "C")
    done = transitions.split(
        conn, anna, incident=str(old), alerts=[",".join(numbers(conn, "B", "C"))], title="Disk", scheme=scheme
    )
    new = done["number"]
    assert owners(conn) == {"A": old, "B": new, "C": new}
    shown = view.incident_view(conn, new)
    assert (shown["title"], shown["severity"]["id"], shown["severity_reason"]) == ("Disk", "P1", f"as INC-{old} is")
    assert shown["timeline"][-1]["text"] == f"anna split this off INC-{old}, with 2 alerts: B, C"
    assert last(conn, old)["kind"] == "split_off"
    assert ("tell", str(new)) in jobs(conn)
    assert shown["acknowledged_at"] is None


def test_what_is_split_off_an_acknowledged_incident_is_acknowledged(
    conn: Connection, anna: Actor, ben: Actor, scheme: Scheme
) -> None:
    old = fire(conn, "A", "B")
    transitions.ack(conn, ben, incident=str(old))
    done = transitions.split(conn, anna, incident=str(old), alerts=numbers(conn, "A"), scheme=scheme)
    assert view.incident_view(conn, done["number"])["acknowledged_by"] == "anna"
    assert view.incident_view(conn, done["number"])["title"] == "A"


def test_a_group_that_is_split_off_whole_goes_on_there(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    old = fire(conn, "A", "B", "C")
    conn.execute("UPDATE alert SET group_key = 'disk' WHERE title <> 'A'")
    done = transitions.split(conn, anna, incident=str(old), alerts=numbers(conn, "B", "C"), scheme=scheme)
    found = opening.open_with_key(conn, "disk")
    assert found is not None
    assert found["id"] == done["number"]


def test_what_can_not_be_split_is_refused(conn: Connection, anna: Actor, scheme: Scheme) -> None:
    old, other = fire(conn, "A", "B"), fire(conn, "C")
    asked: dict[str, Any] = {"incident": str(old), "scheme": scheme}
    with pytest.raises(Refused, match="would keep no alert"):
        transitions.split(conn, anna, alerts=numbers(conn, "A", "B"), **asked)
    with pytest.raises(Refused, match=f"does not belong to INC-{old}"):
        transitions.split(conn, anna, alerts=numbers(conn, "C"), **asked)
    for nonsense in ([], ["x"], ["1.5"], [""], ["9" * 30]):
        with pytest.raises(Usage):
            transitions.split(conn, anna, alerts=nonsense, **asked)
    assert kinds(conn, other)[-1] == "alert"


def test_open_incidents_of_the_same_target_or_with_labels_in_common_are_suggested(
    conn: Connection, open_one: Open
) -> None:
    mine, same, elsewhere = open_one(conn), open_one(conn), open_one(conn, target="billing")
    apart = open_one(conn, target="billing")
    for incident, labels in ((mine, '{"service": "api", "pod": "1"}'), (elsewhere, '{"service": "api", "pod": "2"}')):
        fire(conn, f"of {incident}", incident=incident)
        conn.execute("UPDATE alert SET labels = %s WHERE incident_id = %s", [labels, incident])
    found = view.incident_view(conn, mine)["suggested_merges"]
    assert {one_found["number"]: one_found["because"] for one_found in found} == {
        same: "target main too",
        elsewhere: "service api",
    }
    assert [one_found["number"] for one_found in view.incident_view(conn, apart)["suggested_merges"]] == [elsewhere]


def test_incidents_far_apart_or_over_are_not_suggested(conn: Connection, open_one: Open, anna: Actor) -> None:
    mine, over = open_one(conn), open_one(conn)
    transitions.dismiss(conn, anna, incident=str(over), reason="nothing")
    with clock.moved(timedelta(hours=3)):
        open_one(conn)
    assert view.incident_view(conn, mine)["suggested_merges"] == []
    assert view.incident_view(conn, over)["suggested_merges"] == []
