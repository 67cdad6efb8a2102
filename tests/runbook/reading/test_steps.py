"""Drafts become steps: keys, kinds, what undoes them, and what is left to a person."""

from __future__ import annotations

from fireline.runbook.document import Runbook, Step
from fireline.runbook.parse import parse_text


def book(text: str) -> Runbook:
    return parse_text(f"# X\n{text}")


def steps(text: str) -> tuple[Step, ...]:
    return book(text).procedures[0].steps


def test_keys_are_the_name_or_heading_and_title_and_never_the_same_twice() -> None:
    found = steps("1. **Look**\n2. **Look**\n3. **Look**\n   ```sql {name=look}\n   SELECT 1\n   ```\n")
    assert [one.key for one in found] == ["x/look", "x/look-2", "look"]
    twice = book("1. a\n   ```sql {name=n}\n   SELECT 1\n   ```\n2. b\n   ```sql {name=n}\n   SELECT 1\n   ```\n")
    assert [one.key for one in twice.procedures[0].steps] == ["n", "n-2"]
    assert twice.notes == ("two steps are named n; the second is n-2",)


def test_attributes_are_taken_when_they_look_as_they_should() -> None:
    made = book("```sql {level=read timeout=10s retry=2 approve=2:dba expires=15m target=db if=a.b>0}\nSELECT 1\n```\n")
    (step,) = made.procedures[0].steps
    assert (step.level, step.timeout, step.retry, step.approve, step.expires, step.target, step.condition) == (
        "read", "10s", 2, "2:dba", "15m", "db", "a.b>0"
    )  # fmt: skip
    odd = book("```sql {level=safe timeout=soon retry=many approve=you}\nSELECT 1\n```\n")
    assert (odd.procedures[0].steps[0].level, odd.procedures[0].steps[0].retry) == (None, 0)
    assert odd.notes[0] == "line 2: level=safe is not understood"
    assert len(odd.notes) == 4


def test_undo_verify_and_before_go_to_the_step_they_name() -> None:
    made = book(
        "1. **Save**\n   ```sql {before=cap}\n   SELECT 1\n   ```\n   ```sql {name=cap}\n   SELECT 2\n   ```\n"
        "2. **Later**\n   ```sql {undo=cap}\n   SELECT 3\n   ```\n   ```sql {verify=nothing}\n   SELECT 4\n   ```\n"
    )
    cap, later = made.procedures[0].steps
    assert cap.before is not None
    assert cap.undo is not None
    assert (cap.before.command, cap.undo.command) == ("SELECT 1", "SELECT 3")
    assert later.verify is not None
    assert later.kind == "manual"
    assert made.notes == ("line 13: verify=nothing names no step",)


def test_what_can_not_be_filled_in_or_is_for_psql_is_done_by_hand() -> None:
    made = book(
        "```sql\nSELECT '%<part>%'\n```\n\nThen:\n```sql\n\\c other\nSELECT 1\n```\n\nLast:\n```sh\n# nothing\n```\n"
    )
    assert [one.kind for one in made.procedures[0].steps] == ["manual", "manual", "manual"]
    assert all(one.action is None and "```" in one.text for one in made.procedures[0].steps)
    assert made.notes == (
        "line 3: to be run by hand: nothing can be filled in for <part> in the middle of a text",
        "line 8: to be run by hand: \\c other is a command of psql",
        "line 14: to be run by hand: it holds only comments",
    )


def test_kinds() -> None:
    found = steps(
        "1. a\n2. b\n   - c\n3. d if needed\n4. e\n   ```sh\n   ls\n   ```\n5. f\n   ```sh\n   fireline contain fence\n   ```\n"
        "6. g\n   ```sql\n   SELECT 1\n   ```\n7. h\n   ```yaml\n   a: b\n   ```\n"
    )
    assert [one.kind for one in found] == ["manual", "checklist", "decision", "bash", "remedy", "sql", "manual"]
    assert found[6].text.endswith("```yaml\na: b\n```")


def test_an_undo_that_is_said_aloud() -> None:
    (said,) = steps("1. **a**\n   ```sql {undo=none}\n   SELECT 1\n   ```\n")
    assert said.undo_text == "none"
    assert steps("1. **Tell the Team** now\n")[0].words == ("tell", "the", "team")


def test_stop_when_is_the_procedures() -> None:
    made = book("**Stop when:** lag is high\n\n1. a\n   **Stop when:** it burns\n").procedures[0]
    assert made.stop_when == ("lag is high", "it burns")


def test_words_on_undo_behind_several_fences_are_about_all_of_them() -> None:
    (one,) = parse_text(
        "# A\n\n1. **Cancel**\n   ```sql\n   DELETE FROM a WHERE b\n   ```\n   ```sql\n   SELECT 1\n   ```\n   **Undo:** none, it is a copy.\n"
        "2. **Two**\n   ```sql\n   SELECT 2\n   ```\n   **Undo:** first\n\n   Then look:\n   ```sql\n   SELECT 3\n   ```\n"
    ).procedures
    assert [step.undo_text for step in one.steps] == ["none, it is a copy.", "none, it is a copy.", "first", None]
