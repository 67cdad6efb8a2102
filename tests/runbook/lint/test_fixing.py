"""A corrected copy: elsewhere, nothing overwritten, everything else as the author wrote it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.errors import RunbookError, Usage
from fireline.runbook.lint.fixing import apply, fix, mend
from fireline.runbook.lint.rule import Edit
from fireline.runbook.lint.world import World

SLOW = """# Slow

**Symptoms:**
- Slow queries

1. **Look:**
   ```sql
   SELECT query, mean_time FROM pg_stat_statements
   WHERE mean_time > 100;
   ```
   **Expect:** `rows = 0`
"""
RENAMED = ["renamed-column"]


def written(folder: Path, text: str = SLOW, name: str = "slow.md") -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text.encode())
    return file


@given(lines=st.lists(st.text("ab", max_size=3), min_size=1, max_size=8), data=st.data())
def test_edits_change_their_lines_and_no_others(lines: list[str], data: st.DataObject) -> None:
    chosen = data.draw(st.sets(st.integers(1, len(lines))))
    edits = [Edit(line, line, f"<{line}>") for line in sorted(chosen)]
    after = apply("\n".join(lines), data.draw(st.permutations(edits))).split("\n")
    assert after == [f"<{n}>" if n in chosen else line for n, line in enumerate(lines, start=1)]


def test_an_edit_puts_lines_in_takes_them_away_and_makes_one_of_many() -> None:
    assert apply("a\nb\nc", [Edit(2, 1, "new")]) == "a\nnew\nb\nc"
    assert apply("a\nb\nc", [Edit(2, 2, "")]) == "a\nc"
    assert apply("a\nb\nc", [Edit(1, 2, "x\ny\nz")]) == "x\ny\nz\nc"
    assert apply("a", [Edit(2, 1, "b")]) == "a\nb"


def test_what_can_be_mended_is_mended_in_the_copy_and_the_authors_file_stays(tmp_path: Path) -> None:
    file = written(tmp_path / "books")
    done = fix([file], World(), tmp_path / "out", only=RENAMED)
    copy = tmp_path / "out" / "slow.md"
    assert done.written == (copy,)
    assert file.read_text() == SLOW
    assert copy.read_text() == SLOW.replace("mean_time", "mean_exec_time")
    assert done.mended > 0
    assert done.left.findings == ()
    assert f"--- a/{file}\n+++ b/{file}\n" in done.diff
    assert "-   WHERE mean_time > 100;\n" in done.diff
    assert "+   WHERE mean_exec_time > 100;\n" in done.diff


@pytest.mark.parametrize(("mark", "end"), [("", "\r\n"), ("\ufeff", "\n"), ("\ufeff", "\r\n")])
def test_line_ends_and_the_mark_at_the_beginning_stay_as_they_were(tmp_path: Path, mark: str, end: str) -> None:
    file = written(tmp_path, mark + SLOW.replace("\n", end))
    fix([file], World(), tmp_path / "out", only=RENAMED)
    copy = (tmp_path / "out" / "slow.md").read_bytes().decode()
    assert copy == mark + SLOW.replace("mean_time", "mean_exec_time").replace("\n", end)


def test_copies_keep_their_places_to_each_other(tmp_path: Path) -> None:
    files = [written(tmp_path / "in", name="a/one.md"), written(tmp_path / "in", name="b/c/two.md")]
    done = fix(files, World(), tmp_path / "out", only=RENAMED)
    assert [str(one.relative_to(tmp_path / "out")) for one in done.written] == ["a/one.md", "b/c/two.md"]


def test_nothing_is_overwritten_and_least_of_all_the_original(tmp_path: Path) -> None:
    file = written(tmp_path)
    with pytest.raises(Usage, match=r"slow\.md is there already, and nothing is overwritten"):
        fix([file], World(), tmp_path, only=RENAMED)
    other = written(tmp_path / "out", "mine")
    with pytest.raises(Usage, match="is there already"):
        fix([file], World(), tmp_path / "out", only=RENAMED)
    assert (file.read_text(), other.read_text()) == (SLOW, "mine")


def test_a_second_copy_in_the_way_leaves_no_half_of_the_work(tmp_path: Path) -> None:
    files = [written(tmp_path / "in", name="one.md"), written(tmp_path / "in", name="two.md")]
    written(tmp_path / "out", "mine", "two.md")
    with pytest.raises(Usage, match=r"two\.md is there already"):
        fix(files, World(), tmp_path / "out", only=RENAMED)
    assert not (tmp_path / "out" / "one.md").exists()


def test_a_folder_that_can_not_be_written_and_a_file_that_can_not_be_read_are_told(tmp_path: Path) -> None:
    file = written(tmp_path)
    with pytest.raises(Usage, match="can not be written: not a directory"):
        fix([file], World(), file / "out", only=RENAMED)
    with pytest.raises(RunbookError, match="no such file"):
        fix([tmp_path / "gone.md"], World(), tmp_path / "out", only=RENAMED)


def test_what_is_clean_is_copied_as_it_is(tmp_path: Path) -> None:
    clean = SLOW.replace("mean_time", "mean_exec_time")
    assert mend({tmp_path / "x.md": clean}, World(), only=RENAMED) == ({tmp_path / "x.md": clean}, 0)
