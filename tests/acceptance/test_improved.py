"""The demo's improved runbook, on real processes: what lint calls clean by daylight runs at night."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import psycopg
import pytest

from fireline.demo.home import IMPROVED, RUNBOOK, TARGET
from tests.acceptance.place import Place, View, place

DONE = ("succeeded", "failed", "cancelled", "unknown", "skipped")


@pytest.fixture(scope="module")
def improved() -> Iterator[Place]:
    """A place whose runbook is the improved one, with a role that may do what it says."""
    with place() as there:
        there.home.improve()
        there.home.run("postgres", "install", "--target", TARGET, "--public", "--yes")
        with psycopg.connect(there.school.cluster.url("school"), autocommit=True) as conn:
            conn.execute("ALTER ROLE fireline SUPERUSER")
        text = there.home.settings.read_text(encoding="utf-8")
        text = text.replace(f'files = ["{RUNBOOK}"]', f'files = ["{IMPROVED}"]', 1)
        assert IMPROVED in text
        there.home.settings.write_text(text, encoding="utf-8")
        there.start_again()
        yield there


def carried_out(there: Place, procedure: str, *, no: tuple[str, ...] = ()) -> View:
    """The run of a procedure at its end: everything agreed to and ticked, and the steps of `no` are left out."""
    run = there.call("run.start", procedure=procedure, target=TARGET)["run"]
    while True:
        seen = there.run(run, lambda view: view["state"] in DONE or _wanted(view))
        if seen["state"] in DONE:
            return seen
        step = _wanted(seen)
        assert step is not None
        at = {"run": run, "step": step["position"]}
        assert step["state"] == "waiting", json.dumps(step, indent=1)
        if step["title"] in no:
            there.call("run.skip", **at, reason="not needed in this trial")
        elif step["waits_for"] == "approval":
            told = step["approval"]["content_hash"]
            there.call("run.approve", **at, hash=told, level=step["level"] or "reversible")
        elif "decide" in step["actions"]:
            there.call("run.decide", **at, choice="yes", reason="for the trial")
        else:
            there.call("run.tick", **at, note="seen")
        there.run(run, partial(_moved, before=step))


def _wanted(view: View) -> View | None:
    """The step that wants a person, or that failed; one that waits for an approval, as soon as it is asked for."""
    step = next((one for one in view["steps"] if one["state"] in ("waiting", "failed", "unknown")), None)
    return None if step and step["waits_for"] == "approval" and not step["approval"] else step


def _moved(view: View, *, before: View) -> bool:
    now = view["steps"][before["position"] - 1]
    return view["state"] in DONE or (now["state"], now["waits_for"]) != (before["state"], before["waits_for"])


def states(view: View) -> dict[str, str]:
    return {one["title"]: one["state"] for one in view["steps"]}


def test_it_lints_clean_against_the_demos_database(improved: Place) -> None:
    report = improved.home.run("lint", IMPROVED, "--target", TARGET)
    assert [one for one in report["findings"] if one["severity"] != "info"] == []
    assert report["unknown"] == []
    assert report["coverage"]["checked"] == report["coverage"]["runnable"] > 15


def test_its_documents_lint_clean_too(improved: Place) -> None:
    report = improved.home.run("lint", str(improved.home.folder / "improved"), "--target", TARGET)
    assert len(report["files"]) == 4
    assert [one for one in report["findings"] if one["severity"] != "info"] == []


def test_the_performance_procedure_runs_to_its_end(improved: Place) -> None:
    seen = carried_out(improved, "Database Performance Issues")
    assert set(states(seen).values()) == {"succeeded"}, json.dumps(seen["steps"], indent=1)[:8000]


def test_the_connection_procedure_runs_to_its_end(improved: Place) -> None:
    seen = carried_out(improved, "Database Connection Issues", no=("Restart if needed",))
    assert {*states(seen).values()} <= {"succeeded", "skipped"}, json.dumps(seen["steps"], indent=1)[:8000]
