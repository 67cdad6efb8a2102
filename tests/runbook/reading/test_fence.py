"""One fence: language, attributes, alternatives, what it asks for."""

from __future__ import annotations

import pytest

from fireline.runbook.page.outline import outline
from fireline.runbook.reading import fence


def read(text: str) -> fence.Fence:
    return fence.read(outline(text).root.blocks[0])


LANGUAGES = {
    "```postgresql\nSELECT 1\n```": "sql",
    "```SQL\nx\n```": "sql",
    "```shell\nls\n```": "bash",
    "```yaml\na: b\n```": "text",
    "```\nSELECT count(*) FROM a;\n```": "sql",
    "```\nSELECT the right button\n```": "text",
    "```\n$ ls\n```": "bash",
    "```\nls\n```": "text",
    "    SELECT 1;\n": "sql",
}


@pytest.mark.parametrize(("text", "language"), LANGUAGES.items())
def test_the_language_is_named_or_plain_to_see(text: str, language: str) -> None:
    assert read(text).action.language == language


def test_attributes_stand_in_braces_behind_the_language() -> None:
    found = read("```sql {name=cap level=reversible if=slow.rows>0 undo=none colour=red}\nSELECT 1\n```")
    assert found.action.attributes == {"name": "cap", "level": "reversible", "if": "slow.rows>0", "undo": "none"}
    assert (found.role, found.notes) == ("do", ("line 1: 'colour=red' is no attribute of a fence",))
    assert read("```{.bash name=a}\nls\n```").action.language == "bash"
    assert read("```sh {undo=cap}\nls\n```").role == "undo"
    assert not read("```sh {ignore}\nls\n```").runs


def test_only_what_was_typed_in_a_session_is_the_command() -> None:
    found = read("```console\n$ psql \\\n    -c 'x'\n ?column?\n---\n$ echo done\ndone\n```")
    assert found.action.command == "psql \\\n    -c 'x'\necho done"


def test_ways_begin_with_or() -> None:
    one, two = fence.alternatives(read("```sh\n# Restart it\nrestart\n\n# Or scale up:\nscale 3\n```").action)
    assert [(way.title, way.line, way.command) for way in (one, two)] == [
        ("Restart it", 2, "# Restart it\nrestart"),
        ("Scale up", 5, "# Or scale up:\nscale 3"),
    ]
    sql = fence.alternatives(read("```sql\nSELECT 1;\n-- Alternatively, the other:\nSELECT 2;\n```").action)
    assert [way.command for way in sql] == ["SELECT 1;", "-- Alternatively, the other:\nSELECT 2;"]


@pytest.mark.parametrize(
    "command",
    ["# Or nothing else\nls", "# Order the list\nls\n# original\ncat", "cat <<E\n# Or not\nE\n", "ls # or this\nls -l"],
)
def test_other_comments_do_not_part_a_command(command: str) -> None:
    assert fence.alternatives(read(f"```sh\n{command}\n```").action) == ()


def test_parameters_are_asked_for_with_their_line() -> None:
    found, unbound = fence.parameters(
        read("```sh\nls\nkill <pid> $SIGNAL\n```").action, {"SIGNAL": {"choices": ["TERM", "KILL"]}}
    )
    assert [(one.name, one.kind, one.token, one.line, one.question, one.choices) for one in found] == [
        ("PID", "placeholder", "<pid>", 3, "What stands for <pid>?", ()),
        ("SIGNAL", "variable", "$SIGNAL", 3, "What is SIGNAL?", ("TERM", "KILL")),
    ]
    assert unbound == []
    sql, _ = fence.parameters(read("```sql\n\\set n 5\nSELECT :n, :'t'\n```").action, {})
    assert [(one.name, one.type, one.default, one.line) for one in sql] == [
        ("n", "number", "5", 3),
        ("t", "text", None, 3),
    ]


SESSIONS = {
    "```console\n# cat /proc/mdstat\nmd0 : active raid1 sdb1[1](F)\n# mdadm --stop /dev/md0\n```": "cat /proc/mdstat\nmdadm --stop /dev/md0",
    "```\n[root@db1 ~]# df -h\nFilesystem Size\nops@db1:~$ uptime -p\nup 3 days, 100% idle\n```": "df -h\nuptime -p",
    "```console\n$ ls -l \\\n> /srv\ntotal 0\n# now the other one\n```": "ls -l \\\n/srv",
    "```bash\n# cat /proc/mdstat\nls -l\n```": "# cat /proc/mdstat\nls -l",
    "    docker restart renderer\n": "docker restart renderer",
}


@pytest.mark.parametrize(("text", "command"), SESSIONS.items())
def test_the_prompts_of_hosts_and_of_root_are_no_part_of_the_command(text: str, command: str) -> None:
    found = read(text).action
    assert (found.language, found.command) == ("bash", command)


def test_commands_that_nothing_here_runs_are_said_to_be_carried_out_by_hand() -> None:
    def why(text: str) -> str | None:
        return fence.by_hand(outline(text).root.blocks[0])

    assert why("```powershell\nRestart-Service Spooler\n```") == "nothing here runs powershell"
    assert why("```\nbillctl queue --env prod\n```") == "it names no language, and its programs are not known"
    assert why("```json\n{}\n```") is None
    assert why("```\nERROR: full\n```") is None
    assert why("```bash\nls -l\n```") is None
