import pytest

from fireline.postgres.connect import Target, connect
from tests.cli.conftest import Fireline, until
from tests.cli.me import ME
from tests.cli.screen import screen
from tests.cli.test_diagnose import held_up


def test_one_person_goes_through_an_incident_from_the_alert_to_the_end(
    house: Fireline, worker: int, patient: Target
) -> None:
    house("declare", "the queue is stuck, jobs pile up", "--severity", "P1")
    with screen(house, "respond") as here:
        here.expect("INC-1")
        here.expect("Acknowledge INC-1: you have it? [y/w/?/q]")
        here.type("?")
        here.expect("Stops the response clock")
        here.expect("[y/w/?/q]")
        here.type("y")
        here.expect("Leave a mark")
        asked = here.expect("Approve exactly this? [y/n/s/w/?/q]", 40)
        assert "CREATE TABLE marks (i int);" in asked
        assert "reversible" in asked
        here.type("y")
        here.expect("Step 3 of run 1  Call the vendor")
        here.expect("Done? [y/s/w/?/q]")
        here.type("y")
        here.expect("What came of it?")
        here.type("they are at it")
        here.expect("Is INC-1 over: are users well again?", 40)
        here.type("y")
        here.expect("What ended it?")
        here.type("the vendor")
        here.expect("INC-1 is resolved")
        here.expect("fireline incident postmortem INC-1")
        assert here.leave() == 0
        widest = max(len(line) for line in here.text.splitlines())
    assert widest <= 80, "it works on a terminal of 80 columns"
    with connect(patient) as conn:
        assert conn.execute("SELECT to_regclass('marks') IS NOT NULL AS there").fetchone() == {"there": True}
    shown = house.data("incident", "show", "INC-1")
    assert (shown["status"], shown["commander"], shown["resolution"]) == ("resolved", ME, "the vendor")
    notes = [event["text"] for event in shown["timeline"] if event["kind"] == "ticked"]
    assert "they are at it" in notes[0]


def test_the_remedy_of_the_cause_takes_the_place_of_a_step_that_would_not_help(
    house: Fireline, worker: int, patient: Target
) -> None:
    dsn = patient.dsn.reveal()
    with held_up(dsn) as holder:
        house("declare", "the queue is stuck, updates hang", "--severity", "P1")
        until(lambda: house.data("incident", "show", "1")["verdict"], what="the verdict")
        shown = house("incident", "show", "1").out
        assert f"pid {holder}" in shown
        assert f"        fireline resolve terminate-session {holder} --target main" in shown.splitlines()
        house("ack", "1")
        with screen(house, "respond", "1") as here:
            here.expect("Approve exactly this? [y/n/r/s/w/?/q]", 40)
            here.type("r")
            plan = here.expect("Approve exactly this? [y/n/s/w/?/q]", 40)
            assert "Its uncommitted changes are lost" in plan
            here.type("y")
            here.expect("The cause idle_in_tx_row_lock on main is gone", 40)
            here.type("q")
            assert here.leave() == 0


def test_a_question_put_off_is_not_asked_again_until_the_person_wants_it(fireline: Fireline) -> None:
    fireline("declare", "odd")
    with screen(fireline, "respond") as here:
        here.expect("[y/w/?/q]")
        here.type("nonsense")
        here.expect("'nonsense' is not one of y/w/?/q")
        here.expect("[y/w/?/q]")
        here.type("w")
        here.expect("Put off.")
        here.type("n it looks worse")
        here.expect(f"{ME} noted: it looks worse")
        here.type("?")
        here.expect("a line for the timeline")
        here.type("")
        here.expect("Acknowledge INC-1: you have it?")
        here.type("q")
        here.expect("You have left; `fireline respond INC-1` comes back to this place.")
        assert here.leave() == 0
    assert fireline.data("incident", "show")["acknowledged_at"] is None


def test_what_others_do_is_told_while_watching(fireline: Fireline) -> None:
    fireline("declare", "odd")
    with screen(fireline, "respond", "INC-1") as here:
        here.expect("[y/w/?/q]")
        here.type("w")
        here.expect("Put off.")
        fireline("note", "from the other window")
        here.expect(f"{ME} noted: from the other window")
        fireline("incident", "dismiss", "INC-1", "--reason", "none")
        here.expect("dismissed")
        assert here.leave() == 0


def test_without_a_terminal_it_is_plain_takes_answers_from_a_pipe_and_leaves_at_their_end(fireline: Fireline) -> None:
    fireline("declare", "odd")
    done = fireline("respond", given="y\n")
    assert done.code == 0
    assert "\x1b" not in done.out
    assert "You have left" in done.out
    assert fireline.data("incident", "show")["acknowledged_by"] == ME


def test_a_refusal_is_told_with_its_hint_and_the_conversation_goes_on(house: Fireline, worker: int) -> None:
    house("declare", "the queue is stuck, jobs pile up", "--severity", "P1")
    until(lambda: house.data("incident", "show", "1")["runs"], what="a run")
    house("ack")
    house("halt", "wait a moment")
    with screen(house, "respond", "1") as here:
        here.expect("Approve exactly this?", 40)
        here.type("y")
        here.expect(f"not done: halted by {ME}: wait a moment")
        here.expect("`fireline halt --lift`")
        here.expect("Put off.")
        here.type("q")
        assert here.leave() == 0


def test_respond_is_a_conversation_and_no_json(fireline: Fireline) -> None:
    done = fireline("respond", "--json")
    assert (done.code, done.data["error"]) == (2, "respond is a conversation")


@pytest.mark.parametrize("name", ["INC-7", "nothing"])
def test_an_incident_that_is_not_there_is_told(fireline: Fireline, name: str) -> None:
    assert fireline("respond", name).code == 2
