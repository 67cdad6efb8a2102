"""A failure that nobody sees: a pipe that ends well although its beginning did not, psql that goes on after an error."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook import sqltext
from fireline.runbook.lint.mending import own_words
from fireline.runbook.lint.mending.rewriting import replaced, typed
from fireline.runbook.lint.rule import Edit, Fault, Rule
from fireline.runbook.lint.scripts import found_script
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.pipelines import Pipeline, ends, pipelines
from fireline.runbook.lint.subject import Command, Subject

_DUMPS = {"pg_dump", "pg_dumpall", "pg_basebackup", "mysqldump", "mariadb-dump", "mongodump"}
_KEEPS = {
    "gzip", "pigz", "zstd", "xz", "bzip2", "lz4", "lzop", "zip", "openssl", "gpg", "age", "aws", "gsutil", "gcloud", "az", "rclone",
    "s3cmd", "restic", "tee", "split", "dd", "ssh", "psql", "mysql", "mariadb", "pg_restore", "mongorestore", "tar",
}  # fmt: skip
_PACKS = {"gzip", "pigz", "zstd", "xz", "bzip2", "lz4", "zip", "openssl", "gpg", "age"}
_UNPACKS = {
    "gunzip", "zcat", "gzip", "zstd", "zstdcat", "unzstd", "xzcat", "xz", "unxz", "bzcat", "bunzip2", "lz4", "pigz", "age", "gpg", "openssl",
    "aws", "gsutil", "curl", "wget", "tar", "ssh", "pg_restore",
}  # fmt: skip
_LOADS = {"psql", "mysql", "mariadb", "mongorestore", "pg_restore"}
_READS = re.compile(r"\s*(?:select|show|table|explain|with|values|\\)", re.IGNORECASE)
_CHANGES_IN_WITH = re.compile(r"\b(?:insert|update|delete|merge)\b", re.IGNORECASE)
_OPENS = re.compile(r"dump|back-?up|restore|\.(?:gz|zst|xz|bz2|lz4)\b", re.IGNORECASE)


def look(subject: Subject) -> Iterator[Fault]:
    """Every pipeline that dumps or loads, and every psql that reads a script, unless a failure would be seen."""
    for command in subject.commands:
        if command.language != "bash" or "PIPESTATUS" in command.action.command:
            continue
        told: set[tuple[int, int]] = set()
        for pipeline in pipelines(command.calls):
            fault = _of_pipeline(subject, command, pipeline)
            if fault is not None:
                told |= {(one.line, one.column) for one in (*pipeline.members, *pipeline.programs)}
                yield fault
        for call in command.calls:
            inner = ends(call)
            if inner.name == "psql" and not told & {(call.line, call.column), (inner.line, inner.column)}:
                before = next(
                    (
                        one
                        for one in command.calls
                        if call.pipe >= 0 and one.pipe == call.pipe and one.place == call.place - 1
                    ),
                    None,
                )
                yield from _of_psql(subject, command, inner, before)


def _of_pipeline(subject: Subject, command: Command, pipeline: Pipeline) -> Fault | None:
    programs = pipeline.programs
    first, last = programs[0], programs[-1]
    packed = any(one.name in _PACKS for one in programs[1:])
    dump = next((one for one in programs[:-1] if one.name in _DUMPS or (packed and one.name == "psql")), None)
    loads = last.name in _LOADS and any(one.name in _UNPACKS | _DUMPS for one in programs[:-1])
    keeps = dump is not None and (last.name in _KEEPS or _writes(pipeline.members[-1]) or _writes(last))
    hidden = not pipeline.strict and (keeps or loads)
    goes_on = last.name == "psql" and loads and not _stops(last)
    if not hidden and not goes_on:
        return None
    source = dump or next((one for one in programs[:-1] if one.name in _UNPACKS), first)
    shown = pipeline.members[0]
    line, column = subject.at(command, shown.line, shown.column)
    return Fault(
        line,
        _message(source, last, hidden=hidden, goes_on=goes_on),
        column=column,
        step=command.step.key,
        suggestion=_suggestion(
            subject,
            command,
            keeps=keeps and last.name not in _LOADS,
            ours=source.name in _DUMPS | _UNPACKS,
            hidden=hidden,
            goes_on=goes_on,
        ),
        edits=() if pipeline.carried else _edits(subject, command, pipeline, hidden=hidden, goes_on=goes_on),
    )


def _writes(call: Call) -> bool:
    return any(sign in (">", ">>", ">|", "&>") and text != "/dev/null" for sign, text in call.redirects)


def _message(source: Call, last: Call, *, hidden: bool, goes_on: bool) -> str:
    pipe = f"when `{source.name}` fails, the pipe still ends well, because only `{last.name}` is looked at"
    on = "`psql` goes on after an error and ends with 0"
    if hidden and goes_on:
        return f"{pipe}; and {on}"
    return pipe if hidden else f"{on}, so what is half loaded looks whole"


def _suggestion(subject: Subject, command: Command, *, keeps: bool, hidden: bool, goes_on: bool, ours: bool) -> str:
    parts = ["`set -o pipefail` before it"] if hidden else []
    parts += ["`-v ON_ERROR_STOP=1 --single-transaction`"] if goes_on else []
    if not ours:
        return f"Put {' and '.join(parts)}."
    words = "backup create" if keeps else "resolve restore FILE"
    proves = "takes a backup that is verified" if keeps else "restores beside and compares"
    return f"Put {' and '.join(parts)}; or `{own_words.line(subject, command, words)}`, which {proves}."


def _edits(subject: Subject, command: Command, pipeline: Pipeline, *, hidden: bool, goes_on: bool) -> tuple[Edit, ...]:
    first, last = pipeline.members[0], pipeline.programs[-1]
    text = typed(command, first.line)
    alone = not any(one.inside or one.captured for one in pipeline.members) and text.lstrip() == text
    if goes_on and last.line != first.line:
        return ()
    if goes_on:
        text = _with(text, last, "-v ON_ERROR_STOP=1 --single-transaction")
    if hidden and not alone:
        return ()
    edit = replaced(subject, command, first.line, f"set -o pipefail\n{text}" if hidden else text)
    return (edit,) if edit else ()


def _with(text: str, call: Call, options: str) -> str:
    end = call.column - 1 + len(call.raw_name)
    return f"{text[:end]} {options}{text[end:]}"


def _of_psql(subject: Subject, command: Command, call: Call, before: Call | None) -> Iterator[Fault]:
    """Psql that reads a file, or changes from its standard input."""
    what = None if _stops(call) else _script(subject, command, call, before)
    if what is None:
        return
    line, column = subject.at(command, call.line, call.column)
    whole = bool(_OPENS.search(what))
    text = typed(command, call.line)
    there = text[call.column - 1 :].startswith(call.raw_name)
    edit = (
        replaced(
            subject,
            command,
            call.line,
            _with(text, call, "-v ON_ERROR_STOP=1 --single-transaction" if whole else "-v ON_ERROR_STOP=1"),
        )
        if there
        else None
    )
    yield Fault(
        line,
        f"`psql` goes on after an error in {what} and ends with 0, so the step looks done",
        column=column,
        step=command.step.key,
        suggestion="Put `-v ON_ERROR_STOP=1` on the line"
        + (", and --single-transaction, so that all of it holds or nothing." if whole else "."),
        edits=(edit,) if edit else (),
    )


def _script(subject: Subject, command: Command, call: Call, before: Call | None) -> str | None:
    """What psql reads from a file or its input that can fail half way; None for a query, or what nobody can see."""
    files = [word for word in call.values("-f", "--file") if word.text != "-"]
    if files:
        return None if _stops_itself(subject, command, files[0].text) else files[0].text
    if call.has("-c", "--command", "-l", "--list") or call.short("c") or call.short("l"):
        return None
    read = next((text for sign, text in call.redirects if sign == "<"), None)
    if read is not None:
        return None if _stops_itself(subject, command, read) or read == "/dev/null" else read
    if call.here is not None:
        return "its here-document" if _changes(call.here) else None
    if before is not None and before.name in ("echo", "printf"):
        return (
            "what it is given"
            if any(_changes(word.text) for word in before.words if not word.text.startswith("-"))
            else None
        )
    if before is not None and before.name == "cat" and before.words:
        return (
            "its here-document"
            if before.here and _changes(before.here)
            else None
            if before.here
            else before.words[-1].text
        )
    return None


def _stops(call: Call) -> bool:
    """Whether it is told to stop at an error, or works within a script that tells it."""
    said = [*(word.text for word in call.words), call.here or ""]
    return any("ON_ERROR_STOP" in text for text in said)


def _stops_itself(subject: Subject, command: Command, path: str) -> bool:
    if not subject.world.files or path.startswith(("/", "$", "~")):
        return False
    script = found_script(subject, command, path)
    try:
        return script is not None and "ON_ERROR_STOP" in script.read_text(encoding="utf-8", errors="replace")[:10_000]
    except OSError:
        return False


def _changes(sql: str) -> bool:
    """Whether a SQL text is more than one that asks."""
    statements = sqltext.read(sql).statements
    return any(one.sql.strip() and (not _READS.match(one.sql) or _hidden_change(one.sql)) for one in statements)


def _hidden_change(sql: str) -> bool:
    return sql.strip()[:4].casefold() == "with" and bool(_CHANGES_IN_WITH.search(sql))


rule = Rule(
    id="hidden-failure",
    area="shell",
    severity="warning",
    summary="A failure that nobody sees",
    why=(
        "In `pg_dump … | gzip > file` only gzip's end counts: when pg_dump breaks off, there is a small file and no error. In "
        "`gunzip -c file | psql` both ends hide it: a cut file ends the pipe well, and psql goes on after every error and ends with 0. "
        "Fireline runs a step with `pipefail`; somebody who pastes the line does not."
    ),
    bad="# Data lost\n\n1. **Save what is there:**\n   ```bash\n   pg_dump shop | gzip > /backup/shop.sql.gz\n   ```\n",
    good=(
        "# Data lost\n\n1. **Save what is there:**\n   ```bash\n   pg_dump --format=custom --file=/backup/shop.dump shop\n   ```\n"
        "2. **Count in it:**\n   ```bash\n   set -o pipefail\n   pg_dump shop | gzip > /backup/shop.sql.gz\n   ```\n"
    ),
    look=look,
)
