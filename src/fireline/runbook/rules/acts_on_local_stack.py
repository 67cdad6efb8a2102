"""A command that acts on the developer's own machine, in a runbook about production."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fireline.runbook.lint.mending import own_words
from fireline.runbook.lint.mending.rewriting import replaced, typed
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.runners import option_names
from fireline.runbook.lint.subject import Command, Subject


@dataclass(frozen=True)
class _Local:
    """What a subcommand does here, what it would take to do it there, and Fireline's own words for it."""

    does: str
    instead: str
    there: frozenset[str] = frozenset()  # options with which it acts on the project
    ours: str | None = None


_RESTART = "Restart the project: `{ours}`, or its page in the dashboard."
_HEALTH = "`{ours}` looks at the database in use; the project's own services answer at the Management API: GET /v1/projects/REF/health."
_REMOTE = option_names("--linked --db-url --project-ref")
_SUPABASE: dict[tuple[str, ...], _Local] = {
    ("status",): _Local("shows the containers on this machine, not the project", _HEALTH, ours="health"),
    ("start",): _Local("starts containers on this machine, not the project", _RESTART, ours="resolve restart"),
    ("stop",): _Local("stops containers on this machine, not the project", _RESTART, ours="resolve restart"),
    ("db", "start"): _Local("starts a database on this machine, not the project's", _RESTART, ours="resolve restart"),
    ("db", "reset"): _Local(
        "empties the database on this machine; the project's stays as it is",
        "Restore a backup beside the database in use: `{ours}`.",
        _REMOTE,
        "resolve restore latest",
    ),
    ("migration", "up"): _Local(
        "migrates the database on this machine, not the project's",
        "Use `supabase db push`, which migrates the linked project.",
        _REMOTE,
    ),
    ("migration", "down"): _Local(
        "takes back migrations on this machine, not the project's", "Name the project: --linked.", _REMOTE
    ),
    ("seed", "buckets"): _Local(
        "fills the storage on this machine, not the project's", "Name the project: --linked.", _REMOTE
    ),
}
_WRANGLER: dict[tuple[str, ...], _Local] = {
    words: _Local("acts on a copy on this machine", "Give --remote.", option_names("--remote"))
    for words in (("d1", "execute"), ("d1", "migrations", "apply"), ("d1", "migrations", "list"))
}
_TABLES = {"supabase": _SUPABASE, "wrangler": _WRANGLER}
_MEANT = re.compile(
    r"\b(?:local(?:ly|host)?|dev(?:elopment|eloper)?|laptop|workstation|own machine|self.?hosted|sandbox|emulator"
    r"|lokal\w*|entwicklung\w*|localement|en local|localmente)\b",
    re.IGNORECASE,
)


def look(subject: Subject) -> Iterator[Fault]:
    """Every call of a local subcommand, unless the words around it say that the local stack is meant."""
    for command in subject.commands:
        found = [(call, local) for call in command.calls if (local := _local(call))]
        if not found or _is_meant(command):
            continue
        for number, (call, local) in enumerate(found):
            ours = own_words.line(subject, command, local.ours) if local.ours else ""
            line, column = subject.at(command, call.line, call.column)
            yield Fault(
                line,
                f"`{' '.join((call.name, *_words(call)))}` acts on this machine only: it {local.does}",
                column=column,
                step=command.step.key,
                suggestion=local.instead.format(ours=ours),
                edits=_edits(subject, command, [one for one, _ in found], ours)
                if number == 0 and ours and local.instead in (_HEALTH, _RESTART)
                else (),
            )


def _local(call: Call) -> _Local | None:
    local = _TABLES.get(call.name, {}).get(_words(call))
    return None if local is None or call.has(*local.there, "--help", "-h") else local


def _words(call: Call) -> tuple[str, ...]:
    """The words that name a subcommand of the table; empty when none does."""
    known = _TABLES.get(call.name, {})
    return next((words for words in known if _in_order(words, call)), ())


def _in_order(words: tuple[str, ...], call: Call) -> bool:
    plain = call.plain
    return any(plain[at : at + len(words)] == words for at in range(min(3, len(plain)))) and (
        plain[: len(words)] == words or _is_value(call, plain[0])
    )


def _is_value(call: Call, text: str) -> bool:
    """Whether a word is the value of the option before it: `supabase --workdir x status`."""
    at = next((at for at, word in enumerate(call.words) if word.text == text), 0)
    return at > 0 and call.words[at - 1].text.startswith("--") and "=" not in call.words[at - 1].text


def _is_meant(command: Command) -> bool:
    step, procedure = command.step, command.procedure
    said = (
        step.title,
        step.text,
        procedure.title,
        procedure.group,
        procedure.text,
        *procedure.symptoms,
        command.action.title,
    )
    return any(_MEANT.search(one) for one in said) or any(
        _MEANT.search(comment) for comment in re.findall(r"#.*", command.action.command)
    )


def _edits(subject: Subject, command: Command, found: list[Call], ours: str) -> tuple[Edit, ...]:
    """Ours in the place of the line, where nothing else stands on it: `supabase stop && supabase start` is one restart."""
    first = found[0].line
    here = [call for call in command.calls if call.line == first]
    if any(call not in found or call.redirects or call.pipeline for call in here) or typed(
        command, first
    ).rstrip().endswith("\\"):
        return ()
    edit = replaced(subject, command, first, ours)
    return (edit,) if edit else ()


rule = Rule(
    id="acts-on-local-stack",
    area="shell",
    severity="error",
    summary="A command that acts on this machine instead of production",
    why=(
        "`supabase status`, `start`, `stop` and `db reset` speak to the containers that `supabase start` runs for development on the machine "
        "where they are typed. In an incident they say nothing of the project and change nothing in it: `supabase stop && supabase start` "
        "restarts a database that nobody uses. Where the words of the step say that the local stack is meant, nothing is said."
    ),
    bad="# Database down\n\n1. **Check the status:**\n   ```bash\n   supabase status\n   ```\n2. **Restart:**\n   ```bash\n   supabase stop && supabase start\n   ```\n",
    good="# Database down\n\n1. **Check the status:**\n   ```bash\n   fireline health --target main\n   ```\n2. **Restart:**\n   ```bash\n   fireline resolve restart --target main\n   ```\n",
    look=look,
)
