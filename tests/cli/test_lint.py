"""`fireline lint` as a process: what it prints for whom, and its exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fireline.postgres.connect import Target, database_of
from tests.cli.conftest import Fireline

REFERENCE = Path(__file__).parents[1] / "data" / "incident-response.md"
GOOD = """---
owner: database team
reviewed: 2026-11-01
---
# Outage

**Symptoms:**
- Pages are slow

**Steps:**

1. **Count the jobs:**
   ```sql
   SELECT 40 + 2 AS jobs;
   ```
   **Expect:** `jobs = 42`
2. **Call the vendor**
"""
BAD = GOOD.replace("Call the vendor", "Read [the guide](gone.md)")
LINE = 17  # of the link


def file(program: Fireline, text: str | bytes, name: str = "runbook.md") -> str:
    path = program.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def test_nothing_to_mend_is_code_0_and_what_was_not_checked_is_said(bare: Fireline) -> None:
    done = bare("lint", file(bare, GOOD))
    assert (done.code, done.err) == (0, ""), done.out
    assert done.out.startswith("No finding in 1 file.\n2 steps: 1 by hand, 1 runnable; ")
    assert "no target was named" in done.out


def test_a_finding_is_told_with_its_line_a_mark_and_what_to_do(bare: Fireline) -> None:
    done = bare("lint", file(bare, BAD), "--only", "dead-link")
    assert done.code == 1
    head, place, said, line, mark, *rest = done.out.splitlines()
    assert head == "runbook.md"
    assert place.split() == [f"{LINE}:23", "error", "dead-link"]
    assert "gone.md, which does not exist" in said
    assert line.strip() == "2. **Read [the guide](gone.md)**"
    assert (line.index("gone.md"), mark.strip()) == (mark.index("^"), "^^^^^^^")
    assert rest[0].strip().startswith("→ ")
    assert "1 error in 1 file." in rest


def test_what_has_one_cause_is_told_once_with_all_its_places(bare: Fireline) -> None:
    sql = "SELECT mean_time, calls FROM pg_stat_statements\n   WHERE mean_time > 9 ORDER BY max_time"
    done = bare("lint", file(bare, GOOD.replace("SELECT 40 + 2 AS jobs", sql)), "--only", "renamed-column")
    assert [line.rstrip() for line in done.out.splitlines()[1:9]] == [
        "   14:11  error  renamed-column  also 15:10",
        "          `mean_time` of pg_stat_statements is called `mean_exec_time` since PostgreSQL 13",
        "            SELECT mean_time, calls FROM pg_stat_statements",
        "                   ^^^^^^^^^",
        "          → Write `mean_exec_time`.",
        "   15:33  error  renamed-column",
        "          `max_time` of pg_stat_statements is called `max_exec_time` since PostgreSQL 13",
        "            WHERE mean_time > 9 ORDER BY max_time;",
    ]
    assert "3 errors in 1 file." in done.out  # each of them counts


def test_the_same_thing_to_do_is_said_once_below_what_it_is_about(bare: Fireline) -> None:
    done = bare("lint", file(bare, BAD + "3. See [more](more.md)\n4. See [more](more.md)\n"), "--only", "dead-link")
    assert done.out.count("dead-link") == 1
    assert done.out.count("→") == 1
    assert f"   {LINE + 1}:15  “more” leads to more.md, which does not exist  also {LINE + 2}:15" in done.out


def test_a_line_with_two_findings_at_one_place_is_shown_once(bare: Fireline) -> None:
    text = GOOD.replace("SELECT 40 + 2 AS jobs", "DELETE FROM orders").replace("   **Expect:** `jobs = 42`\n", "")
    done = bare("lint", file(bare, text))
    assert "change-without-where" in done.out
    assert "destroys-without-backup" in done.out
    assert done.out.count("DELETE FROM orders;") == 1


def test_what_is_in_quotes_or_brackets_is_marked_as_a_whole(bare: Fireline) -> None:
    text = GOOD.replace("SELECT 40 + 2 AS jobs", "SELECT 1 FROM pg_stat_statements WHERE mean_exec_time > '100 ms'")
    done = bare("lint", file(bare, text), "--only", "type-mismatch")
    assert "^" * len("'100 ms'") in done.out


def test_the_reference_runbook_is_far_from_clean(bare: Fireline) -> None:
    done = bare("lint", str(REFERENCE), "--json")
    assert (done.code, done.err) == (1, "")
    found = {(one["rule"], one["line"]) for one in done.data["findings"]}
    assert found >= {("dead-link", 218), ("contact-missing", 313), ("placeholder", 275), ("waits-for-terminal", 177)}
    assert done.data["coverage"]["steps"] == 39


def test_json_is_the_same_by_both_names_and_holds_the_whole(bare: Fireline) -> None:
    name = file(bare, BAD)
    by_option, by_format = bare("lint", name, "--json"), bare("lint", name, "--format", "json")
    assert by_option.out == by_format.out
    assert (by_option.code, by_format.code) == (1, 1)
    assert list(by_option.data) == ["files", "findings", "unknown", "coverage", "ignored", "passed_over"]
    assert by_option.data["files"] == ["runbook.md"]


def test_sarif_is_one_document_with_the_finding(bare: Fireline) -> None:
    done = bare("lint", file(bare, BAD), "--format", "sarif", "--only", "dead-link")
    assert done.code == 1
    (result,) = done.data["runs"][0]["results"]
    place = result["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == ("runbook.md", LINE)


def test_workflow_commands_name_the_place_and_a_summary_follows(bare: Fireline) -> None:
    done = bare("lint", file(bare, BAD), "--format", "github", "--only", "dead-link")
    assert done.code == 1
    assert done.out.startswith(f"::error file=runbook.md,line={LINE},col=23,title=dead-link::")
    assert "1 error in 1 file." in done.out


def test_the_strict_also_mind_what_nobody_could_check(bare: Fireline) -> None:
    name = file(bare, GOOD)
    assert bare("lint", name, "--strict").code == 1
    assert bare("lint", name, "--strict", "--only", "dead-link").code == 0


def test_rules_are_chosen_and_left_out(bare: Fireline) -> None:
    name = file(bare, BAD)
    assert bare("lint", name, "--ignore", "dead-link").code == 0
    assert bare("lint", name, "--only", "dead-link,placeholder", "--ignore", "dead-link").code == 0
    assert bare("lint", name, "--only", "placeholder", "--only", "dead-link").code == 1


def test_a_comment_in_the_file_keeps_a_line_as_it_is(bare: Fireline) -> None:
    name = file(bare, BAD.replace("gone.md)**", "gone.md)** <!-- fireline: ignore dead-link: comes next week -->"))
    done = bare("lint", name, "--only", "dead-link")
    assert done.code == 0
    assert "1 more ignored by comments." in done.out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gone.md"], "no file gone.md"),
        (["here.md", "gone.md"], "no file gone.md"),
        ([], "no file is named, and the settings name no runbook"),
        (["empty"], "no Markdown file in empty"),
        (["here.md", "--only", "dead-lnk"], "Is `dead-link` meant?"),
        (["here.md", "--ignore", "nonsense"], "no rule 'nonsense'"),
        (["here.md", "--only", "dead-link", "--ignore", "dead-link"], "no rule is left"),
        (["here.md", "--explain", "nonsense"], "no rule 'nonsense'"),
        (["here.md", "--format", "xml"], "invalid value for '--format': 'xml' is not one of"),
        (["here.md", "--target", "main"], "no target 'main'"),
        (["here.md", "--target", "main", "--dsn", "x"], "--target and --dsn exclude each other"),
        (["here.md", "--dsn", "x", "--migrations", "empty"], "--dsn and --migrations exclude each other"),
        (["here.md", "--migrations", "gone"], "no folder gone"),
        (["here.md", "--fix-to", "out", "--format", "github"], "--fix-to and --format github exclude each other"),
        (["here.md", "--dsn", "host=127.0.0.1 port=1 connect_timeout=1"], "error: "),
        (["here.md", "--dsn", "@gone"], "gone"),
        (["here.md", "--dsn", "no-dsn"], "the DSN can not be read"),
    ],
)
def test_wrong_use_is_code_2_and_says_what_is_wrong(bare: Fireline, words: list[str], said: str) -> None:
    file(bare, GOOD, "here.md")
    (bare.folder / "empty").mkdir()
    done = bare("lint", *words)
    assert (done.code, done.out) == (2, ""), done.out
    assert said in done.err
    assert not (bare.folder / "out").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"", "holds no procedure"),
        ("# Größe\n\n1. Tun\n".encode("latin-1"), "is not UTF-8"),
        (b"\x00" * 100, "holds no procedure"),
        (GOOD.encode() + b"x" * 5_000_000, "has 5.0 MB"),
    ],
    ids=["empty", "latin", "zeros", "huge"],
)
def test_a_file_that_can_not_be_read_is_a_finding_beside_the_others(bare: Fireline, text: bytes, said: str) -> None:
    done = bare("lint", file(bare, text, "odd.md"), file(bare, BAD), "--only", "dead-link", "--json")
    assert (done.code, done.err) == (1, "")
    first, second = done.data["findings"]
    assert (first["rule"], said in first["message"]) == ("unreadable", True)
    assert second["rule"] == "dead-link"


def test_a_long_runbook_is_read_to_its_end(bare: Fireline) -> None:
    steps = "".join(f"{n}. **Look at {n}**\n   ```sql\n   SELECT {n};\n   ```\n" for n in range(1, 2001))
    done = bare("lint", file(bare, f"# Long\n\n{steps}2001. See [it](gone.md)\n"), "--json", "--only", "dead-link")
    assert done.data["coverage"]["steps"] == 2001
    assert [one["line"] for one in done.data["findings"]] == [8003]


def test_a_folder_means_its_markdown_and_documents_are_passed_over(bare: Fireline) -> None:
    file(bare, BAD, "books/night/a.md")
    file(bare, "# About\n\nWords.\n", "books/README.md")
    file(bare, BAD, "books/.hidden/b.md")
    file(bare, BAD, "books/node_modules/c.md")
    file(bare, b"\xff\xfe", "books/picture.png")
    done = bare("lint", "books", "--json", "--only", "dead-link")
    assert done.data["files"] == ["books/night/a.md"]
    assert done.data["passed_over"] == ["books/README.md"]
    assert "1 file without a procedure passed over." in bare("lint", "books").out
    file(bare, "# About\n", "words/README.md")
    assert bare("lint", "words").code == 2
    assert bare("lint", "books/README.md").code == 1  # it was named


def test_two_files_that_lead_to_each_other_are_both_read(bare: Fireline) -> None:
    one = file(bare, GOOD.replace("Call the vendor", "See [two](two.md#outage)"), "one.md")
    two = file(bare, GOOD.replace("Call the vendor", "See [one](one.md#gone)"), "two.md")
    done = bare("lint", one, two, one, "--json", "--only", "dead-link")
    assert done.data["files"] == ["one.md", "two.md"]
    assert [(found["file"], found["rule"]) for found in done.data["findings"]] == [("two.md", "dead-link")]


def test_without_a_file_the_runbooks_of_the_settings_are_meant(house: Fireline) -> None:
    done = house("lint", "--json", "--only", "dead-link")
    assert done.data["files"] == ["runbook.md"]
    assert [one["rule"] for one in done.data["findings"]] == ["dead-link"]


def test_a_target_of_the_settings_judges_the_sql(house: Fireline, patient: Target) -> None:
    name = file(house, GOOD.replace("SELECT 40 + 2 AS jobs", "SELECT count(*) AS jobs FROM orders"), "other.md")
    alone, held = house("lint", name, "--json"), house("lint", name, "--json", "--target", "main")
    assert "undefined-table" not in {one["rule"] for one in alone.data["findings"]}
    assert [(one["rule"], one["line"]) for one in held.data["findings"]] == [("undefined-table", 14)]
    assert any("no target was named" in one["why"] for one in alone.data["unknown"])
    assert not any("no target was named" in one["why"] for one in held.data["unknown"])
    by_dsn = house("lint", name, "--json", "--dsn", patient.dsn.reveal())
    (found,) = by_dsn.data["findings"]
    assert (found["rule"], found["line"]) == ("undefined-table", 14)
    assert found["message"].endswith(f" in the database {database_of(patient)}")


def test_what_fireline_brings_is_offered_by_dsn_where_no_target_is_named(bare: Fireline, patient: Target) -> None:
    name = file(bare, GOOD.replace("40 + 2 AS jobs", "optimize_database()"))
    (found,) = bare("lint", name, "--json", "--dsn", patient.dsn.reveal(), "--only", "undefined-function").data[
        "findings"
    ]
    assert "`fireline postgres install --dsn DSN --public`" in found["suggestion"]


def test_migrations_build_the_schema_and_one_that_does_not_apply_is_a_finding_in_its_file(bare: Fireline) -> None:
    name = file(bare, GOOD.replace("SELECT 40 + 2 AS jobs", "SELECT count(*) AS jobs FROM orders"))
    file(bare, "CREATE TABLE orders (id int PRIMARY KEY);\n", "migrations/1_orders.sql")
    done = bare("lint", name, "--migrations", "migrations", "--json")
    assert (done.code, done.data["findings"]) == (0, []), done.out
    file(bare, "CREATE TABLE two (id int);\n\nALTER TABLE two DROP COLUMN gone;\n", "migrations/2_two.sql")
    file(bare, "ALTER TABLE orders RENAME TO purchases;\n", "migrations/3_rename.sql")
    done = bare("lint", name, "--migrations", "migrations", "--json")
    assert done.code == 1
    assert {(one["file"], one["rule"], one["line"]) for one in done.data["findings"]} == {
        ("migrations/2_two.sql", "migration-fails", 3),
        ("runbook.md", "undefined-table", 14),
    }


def test_a_corrected_copy_is_written_elsewhere_and_shown(bare: Fireline) -> None:
    old = GOOD.replace("SELECT 40 + 2 AS jobs", "SELECT mean_time AS jobs FROM pg_stat_statements")
    name = file(bare, old)
    done = bare("lint", name, "--fix-to", "out", "--only", "renamed-column")
    assert done.code == 0, done.out + done.err
    assert "+   SELECT mean_exec_time AS jobs FROM pg_stat_statements;" in done.out.splitlines()
    assert "1 of 1 finding mended in out/runbook.md; the file itself is as it was." in done.out
    assert (bare.folder / name).read_text() == old
    assert (bare.folder / "out" / "runbook.md").read_text() == old.replace("mean_time", "mean_exec_time")
    again = bare("lint", name, "--fix-to", "out", "--json")
    assert (again.code, "is there already" in again.data["error"]) == (2, True)
    deep = file(bare, old, "docs/night/slow.md")
    assert bare.data("lint", deep, "--fix-to", "out", "--only", "renamed-column")["written"] == [
        "out/docs/night/slow.md"
    ]
    told = bare.data("lint", name, "--fix-to", "two", "--only", "renamed-column")
    assert (told["written"], told["mended"], told["left"]["findings"]) == (["two/runbook.md"], 1, [])


def test_a_rule_is_explained_and_all_are_listed_without_a_file(bare: Fireline) -> None:
    shown = bare("lint", "--explain", "dead-link")
    assert (shown.code, shown.err) == (0, "")
    assert "<!-- fireline: ignore dead-link -->" in shown.out
    assert list(bare.data("lint", "--explain", "dead-link")) == ["id", "area", "severity", "at_times", "summary", "needs", "why", "bad", "good"]  # fmt: skip
    listed = bare("lint", "--rules").out
    assert "error, at times warning" in next(line for line in listed.splitlines() if line.startswith("dead-link"))
    assert "dead-link" in {one["id"] for one in bare.data("lint", "--rules")}


def test_what_a_file_holds_can_not_steer_the_terminal(bare: Fireline) -> None:
    name = file(bare, BAD.replace("gone.md", "gone\x1b[31m.md"))
    assert "\x1b" not in bare("lint", name).out


def test_a_wish_of_a_post_mortem_is_known_where_the_store_runs(house: Fireline) -> None:
    house.data("declare", "Certificates expired")
    house.data("incident", "resolve", "--resolution", "renewed")
    (house.folder / "post.md").write_text("- [ ] Write a procedure for expired certificates\n")
    done = house("incident", "postmortem", "1", "--edit", "post.md")
    assert done.code == 0, done.err
    found = house("lint", "--json", "--only", "procedure-wanted").data["findings"]
    assert [one["rule"] for one in found] == ["procedure-wanted"]
    assert "expired certificates" in found[0]["message"]


def test_the_output_is_json_even_for_an_error(bare: Fireline) -> None:
    both = bare("lint", "gone.md", "--json", "--format", "sarif")
    assert (both.code, both.data["error"]) == (2, "--json and --format sarif exclude each other")
    assert json.loads(bare("lint", "gone.md", "--format", "json").out)["error"] == "no file gone.md"
