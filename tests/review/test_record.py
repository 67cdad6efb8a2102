from __future__ import annotations

import json

from fireline.incident import timeline, transitions
from fireline.incident.people import FIRELINE, Actor
from fireline.incident.scheme import Scheme
from fireline.review.record import facts
from fireline.store.chain import plain
from fireline.store.connect import Connection
from tests.review.rows import a_run

ANNA = Actor("anna")


def test_the_facts_are_the_view_the_whole_story_and_where_the_steps_stand(conn: Connection) -> None:
    scheme = Scheme()
    incident: int = transitions.declare(conn, ANNA, title="Saving hangs", scheme=scheme)["number"]
    run = a_run(conn, incident)
    for number in range(400):
        timeline.tell(conn, incident, "note", FIRELINE, text=str(number))
    found = facts(conn, incident, scheme)
    assert (found["id"], found["severity"]["name"]) == (f"INC-{incident}", "High")
    assert [event["seq"] for event in found["events"]] == list(range(1, 403)), "not only what a page shows"
    file = "/srv/runbooks/incident-response.md"
    assert sorted(found["places"], key=lambda place: place["position"]) == [
        {"run": run, "position": 1, "file": file, "line": 98},
        {"run": run, "position": 2, "file": file, "line": 104},
    ]
    assert json.dumps(plain(found))


def test_a_replaced_step_stands_where_the_step_stood_and_a_remedy_called_by_hand_stands_nowhere(
    conn: Connection,
) -> None:
    incident: int = transitions.declare(conn, ANNA, title="Saving hangs", scheme=Scheme())["number"]
    a_run(conn, incident)
    conn.execute("UPDATE step SET replaced = true WHERE position = 1")
    conn.execute('UPDATE step SET content = \'{"line": 0, "action": {"line": 0}}\' WHERE position = 2')
    lines = {place["position"]: place["line"] for place in facts(conn, incident)["places"]}
    assert lines == {1: 97, 2: None}
