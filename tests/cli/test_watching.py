import json
import signal
import subprocess
import threading
from typing import Any

from fireline.cli.watching import changes
from fireline.postgres.connect import Target
from tests.cli.conftest import COMMAND, Fireline
from tests.cli.screen import screen
from tests.cli.test_diagnose import held_up


def look(score: int | None, *causes: tuple[str, str], unknown: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        "causes": [
            {"cause": name, "objects": ["t"], "title": f"{name} it is.", "severity": how} for name, how in causes
        ],
        "unknown": [{"check": name, "because": "denied"} for name in unknown],
        "score": {"score": score},
    }


def test_only_what_changed_is_told() -> None:
    before = look(50, ("stays", "high"), ("goes", "low"), ("worsens", "medium"))
    after = look(20, ("stays", "high"), ("worsens", "critical"), ("comes", "high"), unknown=("locks",))
    assert changes(before, before) == []
    assert changes(before, after) == [
        "new:  comes it is. (comes, high)",
        "gone: goes it is. (goes)",
        "worsens is critical now, it was medium",
        "not seen any more: locks, denied",
        "score 50 -> 20",
    ]


def test_a_person_sees_a_cause_come_and_go_until_ctrl_c(house: Fireline, patient: Target) -> None:
    with screen(house, "diagnose", "--watch") as seen:
        seen.expect("Watching; Ctrl-C ends it.")
        with held_up(patient.dsn.reveal()):
            seen.expect("new:")
        seen.expect("gone:")
        seen.expect("-> 100")
        seen.process.send_signal(signal.SIGINT)
        assert seen.leave() == 0


def test_each_look_is_one_line_of_json(house: Fireline, patient: Target) -> None:
    command = [*COMMAND, "diagnose", "--watch", "--json"]
    with (
        held_up(patient.dsn.reveal()),
        subprocess.Popen(command, cwd=house.folder, env=house.clean, stdout=subprocess.PIPE, text=True) as watching,
    ):
        timer = threading.Timer(40, watching.kill)
        timer.start()
        assert watching.stdout is not None
        lines = [json.loads(watching.stdout.readline()) for _ in range(2)]
        watching.send_signal(signal.SIGINT)
        watching.stdout.read()
        assert watching.wait(20) == 1
        timer.cancel()
    assert [one["causes"][0]["cause"] for one in lines] == ["idle_in_tx_row_lock"] * 2
    assert lines[0]["score"]["score"] < 100
