import json
from pathlib import Path

from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline, at_work, until
from tests.cli.test_diagnose import held_up


def test_a_healthy_database_has_its_points_by_dimension(bare: Fireline, patient: Target) -> None:
    (bare.folder / "dsn").write_text(patient.dsn.reveal())
    shown, told = bare("health", "--dsn", "@dsn"), bare("health", "--dsn", "@dsn", "--json")
    assert (shown.code, told.code) == (0, 0), shown.out + shown.err
    assert "100 of 100  healthy" in shown.out
    data = told.data
    assert (data["score"], data["status"], data["first"], data["causes"]) == (100, "healthy", None, [])
    assert list(data["dimensions"]) == ["availability", "performance", "integrity", "security", "headroom"]


def test_lost_points_are_told_with_their_cause_and_what_to_mend_first(house: Fireline, patient: Target) -> None:
    with held_up(patient.dsn.reveal()):
        shown, told = house("health"), house("health", "--target", "main", "--json")
    assert (shown.code, told.code) == (1, 1), shown.out + shown.err
    assert "idle_in_tx_row_lock" in shown.out
    assert "Mend first: " in shown.out
    side = told.data["dimensions"]["availability"]
    assert side["score"] == told.data["score"] < 90
    assert sum(one["points"] for one in side["deductions"]) == 100 - side["score"]
    assert told.data["first"]["cause"] == "idle_in_tx_row_lock"


def test_a_database_that_does_not_answer_is_code_2(bare: Fireline) -> None:
    done = bare("health", "--dsn", "host=127.0.0.1 port=1 connect_timeout=1")
    assert done.code in (1, 2)
    assert "100 of 100" not in done.out


def test_a_server_of_ours_is_asked_where_one_is_named(house: Fireline, patient: Target) -> None:
    token = house("token", "create", "laptop").out.strip()
    with at_work(house, "server"):
        state = house.folder / ".fireline" / "server.json"
        until(state.exists, what="the server")
        url = json.loads(state.read_text())["url"]
        away = Fireline(bare_of(house), {"FIRELINE_URL": url, "FIRELINE_TOKEN": token})
        assert away.data("health")["score"] == 100
        assert away.data("check", "connections")["checks"][0]["facts"]
        with held_up(patient.dsn.reveal()):
            done = away("diagnose", "--target", "main", "--symptom", "updates hang", "--json")
        assert (done.code, done.data["causes"][0]["cause"]) == (1, "idle_in_tx_row_lock")
        assert away("health", "--target", "gone").err.startswith("error: no target 'gone'")
        assert away("diagnose", "--since", "soon").err.startswith("error: since: ")
        assert away("diagnose", "--log-file", "server.log").err.startswith("error: --log-file is read on this machine")


def bare_of(house: Fireline) -> Path:
    """A folder without settings."""
    folder = house.folder / "elsewhere"
    folder.mkdir()
    return folder
