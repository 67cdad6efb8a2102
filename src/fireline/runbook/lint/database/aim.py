"""Which database a text is for, and as whom: whether the one that is there can judge it."""

from __future__ import annotations

from fireline.runbook import sqltext
from fireline.runbook.lint.sql.statements import Piece, Script
from fireline.runbook.lint.world import Patient

_SLASHES = 2  # of postgresql://host
_LEAVES = ("\\c", "\\connect", "\\i", "\\ir", "\\include", "\\include_relative", "\\gexec")
# The databases that every server has, and the one that is none: the console of PgBouncer.
_MAINTENANCE, _POOLER = ("postgres", "template1"), "pgbouncer"
_TAKES_VALUE = {"-d", "--dbname", "-h", "--host", "-p", "--port", "-U", "--username", "-c", "--command", "-f", "--file", "-v",
                "--set", "--variable", "-o", "--output", "-F", "-R", "-P", "--pset", "-L", "--log-file", "-T"}  # fmt: skip


def outside(script: Script, patient: Patient | None, targets: set[str]) -> str | None:
    """Why a whole text is not for this target, or can not be looked into."""
    if script.open:
        return "what bash puts into it is known only when it is run"
    if patient is None:
        return None
    if "\\" in script.sql and (by_hand := sqltext.read(script.sql).by_hand) and by_hand.split()[0].lower() in _LEAVES:
        return by_hand
    aim = script.step.target if script.step else None
    if aim is not None and len(targets) > 1 and aim != patient.target:
        return f"it is for the target {aim}"
    database = _database(script)
    if database is None or database == patient.target or database == getattr(patient, "database", None):
        return None
    if database in _MAINTENANCE and all(_of_server(piece) for piece in script.pieces):
        return None
    return f"psql connects to the database {database}"


def _database(script: Script) -> str | None:
    """The database that psql names, when that is a plain name."""
    if script.found is None:
        return None
    words, name = list(script.found.call.words), None
    while words:
        word = words.pop(0)
        option, _, value = word.text.partition("=")
        if option == "--dbname" and value:
            name = word.text.partition("=")[2]
        elif word.text in _TAKES_VALUE:
            if words and word.text in ("-d", "--dbname"):
                name = words[0].text if words[0].literal else None
            words = words[1:]
        elif not word.text.startswith("-") and name is None:
            name = word.text if word.literal else None
            break
    if name and "=" in name and "://" not in name:  # host=… dbname=…
        name = next((part.partition("=")[2].strip("'") for part in name.split() if part.startswith("dbname=")), None)
    elif name and "://" in name:
        name = name.partition("://")[2].partition("?")[0].rpartition("/")[2] if name.count("/") > _SLASHES else None
    return name if name and name.replace("_", "").replace("-", "").isalnum() else None


def _of_server(piece: Piece) -> bool:
    """Whether it names nothing but what every database has."""
    named = [node for _, node in piece.nodes if type(node).__name__ == "RangeVar"]
    return all(one.relname.startswith("pg_") and not one.relname.startswith("pg_stat_statements") for one in named)


def as_somebody(script: Script) -> bool:
    """Whether psql is run as a user of its own."""
    call = script.found.call if script.found else None
    return call is not None and (
        "sudo" in call.through or call.has("-U", "--username") or any(w.text.startswith("-U") for w in call.words)
    )
