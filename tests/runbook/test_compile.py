"""A procedure as data: what the engine gets, the hash it is stored by, and a command typed in a step's place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fireline.errors import Usage
from fireline.runbook.compile import compile_command, compile_procedure, content_hash
from fireline.runbook.parse import parse_text, read

REFERENCE = Path(__file__).parents[1] / "data" / "incident-response.md"


def test_a_compiled_procedure_is_plain_data_that_survives_the_store() -> None:
    book = read(REFERENCE)
    for procedure in book.procedures:
        compiled = compile_procedure(book, procedure)
        assert json.loads(json.dumps(compiled)) == compiled
        assert (compiled["revision"], compiled["folder"]) == (book.revision, str(REFERENCE.parent))


def test_statements_stand_with_the_step_and_with_each_action() -> None:
    book = parse_text(
        '# X\n1. **Cap**\n   ```sql {name=cap}\n   ALTER ROLE :"role" SET statement_timeout = :ms;\n   ```\n'
        '   **Undo:**\n   ```sql\n   ALTER ROLE :"role" RESET statement_timeout;\n   ```\n'
        "   **Verify:**\n   ```sql\n   SELECT rolconfig FROM pg_roles WHERE rolname = :'role';\n   ```\n"
    )
    (step,) = compile_procedure(book, book.procedures[0])["steps"]
    assert step["statements"] == step["action"]["statements"]
    assert step["statements"][0]["format"] == "ALTER ROLE %I SET statement_timeout = %s"
    assert step["undo"]["statements"][0]["arguments"] == [["role", "identifier"]]
    assert step["verify"]["statements"][0] | {"line": 0} == {
        "sql": "SELECT rolconfig FROM pg_roles WHERE rolname = $1", "line": 0, "binds": ["role"], "format": None, "arguments": []
    }  # fmt: skip
    assert [one["name"] for one in step["parameters"]] == ["role", "ms"]


def test_a_declared_type_decides_how_a_bare_variable_is_written() -> None:
    book = parse_text("---\nparams: {v: {type: text}}\n---\n# X\n```sql\nALTER ROLE r SET search_path = :v;\n```\n")
    (step,) = compile_procedure(book, book.procedures[0])["steps"]
    assert step["statements"][0]["format"] == "ALTER ROLE r SET search_path = %L"


def test_what_is_run_and_what_the_author_wrote_are_both_kept() -> None:
    book = read(REFERENCE)
    rollback = book.procedure("Application Rollback")
    assert rollback is not None
    (step,) = compile_procedure(book, rollback)["steps"]
    second = step["alternatives"][1]
    assert second["command"].endswith('eas build:rollback "$BUILD_ID"')
    assert second["source"].endswith("eas build:rollback BUILD_ID")
    assert [one["asks"] for one in step["alternatives"]] == [[], ["BUILD_ID"]]


def test_a_fence_of_plain_lines_is_a_remedy() -> None:
    book = parse_text(
        "# X\n1. **End it**\n   ```bash\n   fireline resolve terminate-session <pid> --target main\n   ```\n"
    )
    (step,) = compile_procedure(book, book.procedures[0])["steps"]
    assert step["kind"] == "remedy"
    assert step["lines"] == [["fireline", "resolve", "terminate-session", "$PID", "--target", "main"]]
    assert [one["name"] for one in step["parameters"]] == ["PID"]


def test_the_hash_changes_with_the_content_and_with_nothing_else() -> None:
    def hash_of(text: str) -> str:
        book = parse_text(text)
        return content_hash(compile_procedure(book, book.procedures[0]))

    one = "# X\n1. **Look**\n   ```sql\n   SELECT 1;\n   ```\n"
    assert hash_of(one) == hash_of(one)
    assert hash_of(one) != hash_of(one.replace("SELECT 1", "SELECT 2"))


def test_a_typed_command_is_a_remedy_sql_or_bash() -> None:
    assert compile_command("fireline contain fence --target main")["lines"] == [
        ["fireline", "contain", "fence", "--target", "main"]
    ]
    sql = compile_command("SELECT pg_cancel_backend(:pid)")
    assert (sql["kind"], sql["statements"][0]["binds"]) == ("sql", ["pid"])
    bash = compile_command("systemctl restart <unit>")
    assert (bash["kind"], bash["action"]["command"], bash["lines"]) == ("bash", 'systemctl restart "$UNIT"', None)
    assert compile_command("select", "bash")["kind"] == "bash"


@pytest.mark.parametrize(
    ("command", "language"),
    [("x", "perl"), ("\\c other", "sql"), ("-- nothing", "sql"), ("psql -c 'SELECT <pid>'", None)],
)
def test_a_typed_command_that_can_not_be_run_is_refused(command: str, language: str | None) -> None:
    with pytest.raises(Usage) as raised:
        compile_command(command, language)
    assert raised.value.hint
