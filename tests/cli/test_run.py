import json

from fireline.postgres.connect import Target, connect
from tests.cli.conftest import Fireline, at_work, until
from tests.cli.screen import screen


def waiting(house: Fireline, run: int = 1) -> bool:
    """Whether the run waits for a person."""
    return bool(house.data("run", "show", str(run))["state"] == "waiting")


def has_table(patient: Target, name: str) -> bool:
    """Whether the target has this table."""
    with connect(patient) as conn:
        row = conn.execute("SELECT to_regclass(%s) IS NOT NULL AS there", [name]).fetchone()
    return bool(row and row["there"])


def test_a_run_is_started_shown_approved_ticked_and_done(house: Fireline, worker: int, patient: Target) -> None:
    assert house("run", "start", "Stuck Queue").out.splitlines()[0] == "run 1 started"
    until(lambda: waiting(house), what="the approval")
    shown = house("run", "show", "1").out
    assert "✓ 1 Count the jobs" in shown
    assert "▸ 2 Leave a mark" in shown
    assert "    CREATE TABLE marks (i int);" in shown
    assert "  level    reversible" in shown
    assert not has_table(patient, "marks")
    asked = house("approve")
    assert (asked.code, asked.err.splitlines()[0]) == (2, "error: nobody is here to answer")
    assert house("approve", "--yes").out == "approved: step 2 of run 1, Leave a mark\n"
    until(lambda: waiting(house), what="the manual step")
    assert has_table(patient, "marks")
    assert house("run", "tick", "1", "3", "--note", "called").code == 0
    until(lambda: house.data("run", "show", "1")["state"] == "succeeded", what="the end")
    listed = house("run", "list").out
    assert "Stuck Queue" in listed
    assert "succeeded" in listed
    assert "1 2  Leave a mark: CREATE TABLE" in house("run", "changes").out


def test_an_approval_is_bound_to_what_was_read(house: Fireline, worker: int, patient: Target) -> None:
    house("run", "start", "Stuck Queue")
    until(lambda: waiting(house), what="the approval")
    done = house("run", "approve", "1", "2", "--hash", "0" * 64)
    assert done.code == 1
    assert "the content has changed" in done.err
    assert not has_table(patient, "marks")


def test_a_person_at_a_terminal_sees_what_is_asked_and_says_no(house: Fireline, worker: int, patient: Target) -> None:
    house("run", "start", "Stuck Queue")
    until(lambda: waiting(house), what="the approval")
    with screen(house, "approve") as here:
        shown = here.expect("Approve exactly this? [y/n]")
        assert "CREATE TABLE marks (i int);" in shown
        here.type("n")
        here.expect("error: not approved: nothing was done")
        assert here.leave() == 1
    assert not has_table(patient, "marks")
    assert house("run", "reject", "1", "2", "--reason", "not tonight").code == 0
    assert house("run", "skip", "1", "2", "--reason", "not tonight").code == 0


def test_followed_it_tells_each_step_once_and_asks(house: Fireline, worker: int, patient: Target) -> None:
    house("run", "start", "Stuck Queue")
    with screen(house, "run", "show", "1", "--follow") as here:
        here.expect("1 Count the jobs: succeeded: jobs = 42")
        here.expect("Approve exactly this? [y/n/?/q]", 40)
        here.type("y")
        here.expect("2 Leave a mark: succeeded")
        here.expect("3 Call the vendor: waits for your answer")
        assert here.text.count("1 Count the jobs: succeeded") == 1
    assert has_table(patient, "marks")


def test_a_step_is_replaced_and_the_run_cancelled(house: Fireline, worker: int, patient: Target) -> None:
    house("run", "start", "Stuck Queue")
    until(lambda: waiting(house), what="the approval")
    assert house("run", "replace", "1", "2", "SELECT 7 AS seven", "--reason", "safer").code == 0
    until(lambda: house.data("run", "show", "1")["steps"][1]["state"] == "succeeded", what="the other command")
    assert house("run", "cancel", "1", "--reason", "enough").code == 0
    until(lambda: house.data("run", "show", "1")["state"] == "cancelled", what="the end")
    assert not has_table(patient, "marks")


def test_a_procedure_that_is_not_there_names_those_that_are(house: Fireline) -> None:
    done = house("run", "start", "nothing")
    assert done.code == 2
    assert done.err == "error: no procedure 'nothing'\nhint: There are: Stuck Queue; Data Loss.\n"


def test_the_same_commands_work_from_afar_with_a_token(house: Fireline) -> None:
    token = house("token", "create", "laptop").out.strip()
    with at_work(house, "server"):
        state = house.folder / ".fireline" / "server.json"
        until(state.exists, what="the server")
        url = json.loads(state.read_text())["url"]
        away = Fireline(house.folder, {"FIRELINE_URL": url, "FIRELINE_TOKEN": token})
        assert away.data("user", "whoami")["door"] == "api"
        assert away("declare", "seen from afar").out.startswith("INC-1 opened as P1")
        assert away("ack").out.startswith("INC-1 acknowledged")
        assert "seen from afar" in away("incident", "show").out
        refused = away("run", "start", "nothing")
        assert (refused.code, refused.err.splitlines()[0]) == (2, "error: no procedure 'nothing'")
        stranger = Fireline(house.folder, {"FIRELINE_URL": url, "FIRELINE_TOKEN": "fl_wrong"})
        assert stranger("incident", "list").code == 2
    assert away("incident", "list").err.startswith("error: ")
