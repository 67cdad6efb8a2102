"""A variable that bash takes apart at its blanks, because it stands without quotes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from fireline.runbook.language.bashtree import text_of, too_much, tree_of, walk
from fireline.runbook.lint.mending.rewriting import replaced, typed
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.shell.written import masked
from fireline.runbook.lint.subject import Command, Subject

# Variables that hold no blank, wherever they come from.
_SAFE = {
    "USER",
    "LOGNAME",
    "HOSTNAME",
    "UID",
    "EUID",
    "PPID",
    "RANDOM",
    "SECONDS",
    "EPOCHSECONDS",
    "LINENO",
    "PGPORT",
    "PORT",
    "HOME",
}
_LISTS = re.compile(
    r"(?:OPTS?|OPTIONS?|ARGS?|FLAGS?|PARAMS|HOSTS|SERVERS|NODES|FILES|LIST|IDS|PIDS|PODS|TABLES)$", re.IGNORECASE
)
_NUMBER = re.compile(r"\$\(\(.*|-?\d+(?:\.\d+)?", re.DOTALL)
_PRINTS = {
    "echo",
    "printf",
    "eval",
    "true",
    "false",
    ":",
    "return",
    "exit",
    "export",
    "local",
    "unset",
    "shift",
    "set",
    "trap",
    "let",
}
_COUNTS = {
    "wc",
    "date",
    "pgrep",
    "pidof",
    "nproc",
    "id",
    "stat",
    "lsof",
    "whoami",
    "hostname",
    "uname",
    "mktemp",
    "seq",
}


def look(subject: Subject) -> Iterator[Fault]:
    """Every line with such variables among the words of a command or of `[ ]`."""
    for command in subject.commands:
        text = command.action.command
        if command.language != "bash" or "$" not in text or too_much(text):
            continue
        by_line: dict[int, list[Node]] = {}
        for node in _open(masked(text), _numbers(command)):
            by_line.setdefault(node.start_point[0] + 1, []).append(node)
        for number, nodes in by_line.items():
            yield _fault(subject, command, number, nodes)


def _numbers(command: Command) -> set[str]:
    """The parameters that the front matter holds to a shape without blanks."""
    return {
        one.name
        for one in command.step.parameters
        if one.type in ("number", "identifier") or one.choices or one.pattern
    }


def _fault(subject: Subject, command: Command, number: int, nodes: list[Node]) -> Fault:
    written = typed(command, number)
    raw = written.encode()
    mended = raw
    for node in reversed(nodes):
        start, end = node.start_point[1], node.end_point[1]
        mended = mended[:start] + b'"' + mended[start:end] + b'"' + mended[end:]
    names = list(dict.fromkeys(text_of(node) for node in nodes))
    column = len(raw[: nodes[0].start_point[1]].decode("utf-8", "replace")) + 1
    line, column = subject.at(command, number, column)
    one_line = all(node.start_point[0] == node.end_point[0] for node in nodes)
    edit = replaced(subject, command, number, mended.decode("utf-8", "replace")) if one_line else None
    quoted = " and ".join(f"`{name}`" for name in names[:3])
    return Fault(
        line,
        f"{quoted} without quotes: a blank or a * in the value makes several words of it, and an empty one none",
        column=column,
        step=command.step.key,
        suggestion=f'Write "{names[0]}".',
        edits=(edit,) if edit else (),
    )


def _open(text: str, known: set[str]) -> Iterator[Node]:
    root = tree_of(text).root_node
    safe = known | _SAFE | _assigned(text, root)
    for node in walk(root):
        if node.type not in ("simple_expansion", "expansion") or not _splits(node):
            continue
        name = _name(node)
        if name is not None and name not in safe and not _LISTS.search(name) and not name.endswith("_PORT"):
            yield node


def _name(node: Node) -> str | None:
    """The variable's name; None where it is a number, a special one, or what the script itself says instead."""
    text = text_of(node)
    plain = re.fullmatch(r"\$(?:([A-Za-z_]\w*)|([1-9@*]))|\$\{([A-Za-z_]\w*|[1-9@*])(?P<rest>[^}]*)\}", text, re.DOTALL)
    if plain is None or (plain["rest"] or "").startswith((":+", "+")):
        return None
    return plain[1] or plain[2] or plain[3]


def _splits(node: Node) -> bool:
    """Whether it stands bare among the words of a command, or of a test with one bracket."""
    parent = node.parent
    if parent is not None and parent.type == "concatenation":
        node, parent = parent, parent.parent
    if parent is None or _in_what_is_not_read(parent):
        return False
    if parent.type == "command":
        name = text_of(parent.child_by_field_name("name")).rpartition("/")[2]
        is_word = any(one.id == node.id for one in parent.children_by_field_name("argument"))
        return is_word and name not in _PRINTS
    while parent is not None and parent.type in ("binary_expression", "unary_expression", "negated_expression"):
        parent = parent.parent
    return parent is not None and parent.type == "test_command" and text_of(parent).startswith("[ ")


def _in_what_is_not_read(node: Node) -> bool:
    """Whether it stands where the grammar is lost, such as in a loop without its end: where a value comes from is not known."""
    at: Node | None = node
    while at is not None and at.type != "ERROR":
        at = at.parent
    return at is not None


def _assigned(text: str, root: Node) -> set[str]:
    """The variables that the command itself gives only values without blanks: literal ones, counts, the words of a loop."""
    good: set[str] = set()
    bad: set[str] = set()
    for node in walk(root):
        if node.type == "variable_assignment":
            name = text_of(node.child_by_field_name("name"))
            (good if _is_whole(node.child_by_field_name("value")) else bad).add(name)
        elif node.type == "for_statement":
            name = text_of(node.child_by_field_name("variable"))
            words = list(node.children_by_field_name("value"))
            (good if words and all(_is_whole(one) for one in words) else bad).add(name)
    for call in calls(text):
        if call.name in ("read", "mapfile", "readarray", "getopts"):
            bad |= {word.text for word in call.words}
    return good - bad


def _is_whole(value: Node | None) -> bool:
    """Whether a value has no blank and no wildcard for certain."""
    if value is None:
        return False
    text = text_of(value)
    if value.type in ("command_substitution", "string") and "$(" in text:
        inner = [call.name for call in calls(text.strip('"')[2:-1])]
        return bool(inner) and inner[-1] in _COUNTS
    return bool(_NUMBER.fullmatch(text)) or not re.search(r"[\s$`*?\[]", text.strip("'\""))


rule = Rule(
    id="unquoted-variable",
    area="shell",
    severity="warning",
    summary="A variable without quotes",
    why=(
        "Bash takes the value of `$NAME` apart at its blanks and lets `*` in it stand for files. A file name with a blank becomes two names, "
        "an empty value no word at all, and the command does something else. Where bash does not do this (assignments, `[[ ]]`, arithmetic), "
        "where the value is a number or is written in the same command, and where a list is meant (`for x in $LIST`), nothing is said."
    ),
    bad="# Disk full\n\n1. **Make room:**\n   ```bash\n   rm -f $LOGDIR/old.log\n   ```\n",
    good='# Disk full\n\n1. **Make room:**\n   ```bash\n   rm -f "$LOGDIR/old.log"\n   ```\n',
    look=look,
)
