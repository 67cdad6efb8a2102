"""One fence: its language, its attributes, the command in it, and what a person must fill in before it can run."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any, Literal

from fireline.runbook.document import Action, Language, Parameter
from fireline.runbook.language import commands, placeholders
from fireline.runbook.page.outline import Block

_KNOWN = "name level target timeout retry approve expires undo before verify if save ignore parallel max"
ATTRIBUTES = frozenset(_KNOWN.split())
_SQL = {"sql", "postgresql", "postgres", "psql", "pgsql", "plpgsql", "pg"}
_SESSION = {"console", "shell-session", "shellsession", "terminal", "bash-session", "shell_session", "sh-session"}
_BASH = {"bash", "sh", "shell", "zsh", "ksh", "fish", "ash", "dash", "shellscript", *_SESSION}
_OTHERS = {  # languages in which something is done, and that nothing here runs
    *(
        "powershell",
        "pwsh",
        "ps1",
        "cmd",
        "bat",
        "batch",
        "dos",
        "python",
        "py",
        "ruby",
        "perl",
        "php",
        "javascript",
        "js",
        "node",
        "typescript",
    ),
    *(
        "redis",
        "mongo",
        "mongodb",
        "mongosh",
        "cypher",
        "tsql",
        "plsql",
        "mysql",
        "cql",
        "kql",
        "spl",
        "esql",
        "lua",
        "groovy",
        "go",
        "elixir",
    ),
}
_OTHERWISE = re.compile(
    r"(?:or|alternatively|otherwise|option \d+|oder|alternativ|ou|o bien|o)\b[\s,:-]*", re.IGNORECASE
)
_PROMPT = re.compile(  # `$ `, `ops@db1:~$ `, `[root@db1 ~]# `, `~/shop % `, `bash-5.1$ `; one of root alone is judged by what follows
    r"^\s*(?:\([\w.-]+\)\s*)?(?:\$|\[[^\]\n]{1,60}@[^\]\n]{1,60}\]\s?[$#%]|[\w.-]+@[\w.-]+(?::[^\s$#%]*|\s[~/][^\s$#%]*)?\s?[$#%>]"
    r"|~?(?:/[\w./-]*)?\s?[$]|~(?:/[\w./-]*)?\s?[#%]|(?:ba|z|k)?sh-[\d.]+[$#])\s+(?=\S)"
)
_ROOT = re.compile(r"^\s*[#%]\s+(?=\S)")
_STARTS_SQL = re.compile(
    r"(?:\s|--[^\n]*\n)*(?:select|with|show|explain|analy[sz]e|vacuum|alter|create|drop|insert|update|delete|truncate"
    r"|reindex|set|reset|begin|grant|revoke|cluster|checkpoint|refresh)\b",
    re.IGNORECASE,
)
LONGEST = 100_000  # characters of a command that is kept to be run


@dataclass(frozen=True)
class Fence:
    """A fence as the author wrote it. role: what its attributes say it is for; `subject` is the step they name."""

    action: Action
    role: Literal["do", "undo", "verify", "before"] = "do"
    subject: str | None = None
    notes: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        """Whether a machine can carry it out; else it is text to read."""
        return self.action.language != "text" and self.action.attributes.get("ignore") != "true"


def read(block: Block) -> Fence:
    """The fence of a block. What of its info string is not understood becomes a note."""
    word, attributes, notes = _info(block.info, block.line)
    command = block.content.rstrip("\n")
    language, command = _language(word, command)
    if language != "text" and len(command) > LONGEST:
        language, notes = "text", [*notes, f"line {block.line}: the fence is too long to be run"]
    if not block.closed:
        notes = [*notes, f"line {block.line}: the fence is never closed, so all that follows is part of it"]
    action = Action(language, command, block.first, attributes, _comment(language, command))
    for role in ("undo", "verify", "before"):
        if role in attributes and attributes[role] != "none":
            return Fence(action, role, attributes[role], tuple(notes))
    return Fence(action, notes=tuple(notes))


def by_hand(block: Block) -> str | None:
    """Why commands in a fence are carried out by hand; None where they are run, and for what is no command at all."""
    word = _info(block.info, block.line)[0]
    if block.kind != "fence" or word not in ("", *_OTHERS) or read(block).runs:
        return None
    if word:
        return f"nothing here runs {word}"
    return "it names no language, and its programs are not known" if commands.seems_shell(block.content) else None


def _info(info: str, line: int) -> tuple[str, dict[str, str], list[str]]:
    """The language, the attributes in braces, and notes: ```sql {name=slow level=read}."""
    head, _, rest = info.partition("{")
    inner = rest.partition("}")[0]
    words = head.split()
    language = words[0] if words else ""
    attributes: dict[str, str] = {}
    notes: list[str] = []
    for part in inner.split():
        name, equals, value = part.partition("=")
        if part.startswith(".") and not language:  # Pandoc: {.sql name=slow}
            language = part[1:]
        elif not equals and name == "ignore":
            attributes["ignore"] = "true"
        elif equals and name in ATTRIBUTES:
            attributes[name] = value
        else:
            notes.append(f"line {line}: {part[:40]!r} is no attribute of a fence")
    return language.lower(), attributes, notes


def _language(word: str, command: str) -> tuple[Language, str]:
    """What runs the command, and the command without the prompts of a copied session."""
    if word in _SQL:
        return "sql", command
    if word in _BASH:
        return "bash", _without_prompts(command, root=word in _SESSION)
    if word:
        return "text", command
    if _PROMPT.match(command):
        return "bash", _without_prompts(command)
    if looks_like_sql(command):
        return "sql", command
    return "bash" if commands.is_shell(command) else "text", command


def looks_like_sql(command: str) -> bool:
    """Whether a text without a language begins like SQL, and PostgreSQL's grammar knows all of it."""
    if len(command) > LONGEST or not _STARTS_SQL.match(command):
        return False
    from fireline.runbook import sqltext

    script = sqltext.read(command)
    return bool(script.statements) and not any("can not read" in note for note in script.notes)


def _without_prompts(command: str, *, root: bool = False) -> str:
    """`$ ls` and what follows is a copied session: only what was typed is the command. root: `# ls` may be a prompt too."""
    lines = command.split("\n")
    if not any(_PROMPT.match(line) or (root and _of_root(line)) for line in lines):
        return command
    typed: list[str] = []
    goes_on = False
    for line in lines:
        prompt = _PROMPT.match(line) or _of_root(line)
        if prompt or goes_on:
            typed.append(line[prompt.end() :] if prompt else line.removeprefix("> "))
            goes_on = line.rstrip().endswith("\\")
    return "\n".join(typed)


def _of_root(line: str) -> re.Match[str] | None:
    """The prompt of root: a line with the same sign is a comment, unless a known program follows."""
    prompt = _ROOT.match(line)
    return prompt if prompt and commands.is_shell(line[prompt.end() :].removesuffix("\\").rstrip(" |&")) else None


def _comment(language: str, command: str) -> str:
    """The comment that introduces the command, when its first line is one."""
    marks = {"bash": "#", "sql": "--"}.get(language)
    first = command.lstrip().partition("\n")[0]
    if marks is None or not first.startswith(marks) or first.startswith("#!"):
        return ""
    return first.lstrip("#- \t").rstrip(" :.")[:120]


def alternatives(action: Action) -> tuple[Action, ...]:
    """The ways that comments beginning with "Or …" offer, each with its title; empty when there is only one."""
    if not re.search(r"^\s*(?:#|--).*\b(?:or|alternativ\w*|otherwise|option|oder|ou|o)\b", action.command, re.I | re.M):
        return ()
    cuts = [line for line, text in _comments(action) if _OTHERWISE.match(text)]
    lines = action.command.split("\n")
    bounds = [0, *(cut for cut in cuts if cut > 0), len(lines)]
    parts: list[Action] = []
    for start, end in pairwise(bounds):
        command = "\n".join(lines[start:end]).strip("\n")
        if not _says_something(action.language, command):
            continue
        skipped = len(lines[start:end]) - len("\n".join(lines[start:end]).lstrip("\n").split("\n"))
        title = _comment(action.language, command)
        otherwise = _OTHERWISE.match(title)
        title = title[otherwise.end() :] if otherwise else title
        parts.append(replace(action, command=command, line=action.line + start + skipped, title=_sentence(title)))
    return tuple(parts) if len(parts) > 1 else ()


def _comments(action: Action) -> list[tuple[int, str]]:
    if action.language == "bash":
        from fireline.runbook import shell

        return shell.comments(action.command)
    from fireline.runbook.language import psql

    return psql.comments(action.command)


def _says_something(language: str, command: str) -> bool:
    marks = "#" if language == "bash" else "--"
    return any(line.strip() and not line.strip().startswith(marks) for line in command.split("\n"))


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]


def parameters(action: Action, declared: dict[str, Any]) -> tuple[list[Parameter], list[str]]:
    """What a person must fill in before the command can run, and the placeholders that nothing can be filled into."""
    found: dict[str, Parameter] = {}
    unbound: tuple[str, ...] = ()
    if action.language == "sql" and (":" in action.command or placeholders.in_command(action.command)):
        unbound = _of_sql(action, found)
    elif action.language == "bash" and re.search(r"[$<{\[]|path/to/|_", action.command):
        unbound = _of_bash(action, found)
    return [_declared(one, declared.get(one.name)) for one in found.values()], list(unbound)


def _of_sql(action: Action, found: dict[str, Parameter]) -> tuple[str, ...]:
    from fireline.runbook import sqltext

    script = sqltext.read(action.command)
    defaults = dict(script.defaults)
    raw = action.command.encode()
    for one in script.variables:
        line = action.line + raw[: one.start].count(b"\n")
        question = placeholders.question_of(one.token) if one.kind == "placeholder" else f"What is {one.name}?"
        found.setdefault(
            one.name, Parameter(one.name, one.kind, one.token, one.type, question, defaults.get(one.name), line=line)
        )
    return script.unbound


def _of_bash(action: Action, found: dict[str, Parameter]) -> tuple[str, ...]:
    from fireline.runbook import shell

    script = shell.script(action.command)
    for one in script.opens:
        question = placeholders.question_of(one.token)
        found.setdefault(
            one.name,
            Parameter(one.name, "placeholder", one.token, question=question, line=action.line + one.line - 1),
        )
    if "$" in action.command:
        for name in shell.variables(action.command):
            line = action.line + action.command[: max(action.command.find(name), 0)].count("\n")
            found.setdefault(name, Parameter(name, "variable", f"${name}", question=f"What is {name}?", line=line))
    return script.unbound


def _declared(parameter: Parameter, wish: Any) -> Parameter:
    """The parameter as the front matter's `params` has it: type, question, default, choices, limits."""
    if not isinstance(wish, dict):
        return parameter
    kind = wish.get("type")
    choices = wish.get("choices")
    default = wish.get("default")
    return replace(
        parameter,
        type=kind if kind in ("text", "number", "identifier") else parameter.type,
        question=str(wish.get("ask") or parameter.question),
        default=str(default) if isinstance(default, str | int | float) else parameter.default,
        choices=tuple(str(one) for one in choices) if isinstance(choices, list) else (),
        secret=bool(wish.get("secret")),
        pattern=str(wish["pattern"]) if isinstance(wish.get("pattern"), str) else None,
        minimum=_number(wish.get("min")),
        maximum=_number(wish.get("max")),
        source=str(wish["from"]) if isinstance(wish.get("from"), str) else None,
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
