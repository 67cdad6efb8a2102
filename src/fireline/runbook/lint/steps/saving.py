"""Which commands keep a copy: a backup, a dump, a snapshot, or a file under another name."""

from __future__ import annotations

import re
from functools import lru_cache

from google.protobuf.message import DecodeError
from postgast import PgQueryError, parse

from fireline.runbook import sqltext
from fireline.runbook.document import Action
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.carried import carried
from fireline.runbook.lint.steps.calls import calls_of

_BACKUP_CALLS: dict[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(
        ("pg_dump", "pg_dumpall", "pg_basebackup", "mysqldump", "mariadb-dump", "mongodump", "xtrabackup"), ((),)
    ),
    "pgbackrest": (("backup",),),
    "wal-g": (("backup-push",),),
    "barman": (("backup",),),
    "restic": (("backup",),),
    "borg": (("create",),),
    "velero": (("backup", "create"),),
    "supabase": (("db", "dump"),),
    "heroku": (("pg:backups:capture",), ("pg:backups", "capture")),
    "etcdctl": (("snapshot", "save"),),
    "zfs": (("snapshot",),),
    "gcloud": (("sql", "backups", "create"), ("sql", "export"), ("compute", "disks", "snapshot")),
    "terraform": (("state", "pull"),),
    "fireline": (("contain", "backup"), ("contain", "snapshot"), ("backup", "create")),
    "redis-cli": (("bgsave",), ("save",), ("BGSAVE",), ("SAVE",)),
    "consul": (("snapshot", "save"),),
    "vault": (("operator", "raft", "snapshot", "save"),),
    "neonctl": (("branches", "create"),),
    "git": (("tag",), ("stash",), ("branch",)),
}
_AWS_BACKUP = re.compile(
    r"create-(?:db-)?(?:cluster-)?snapshot|create-backup|start-backup-job|create-image|start-export-task"
)
_SAVED_NAME = re.compile(r"back-?up|\.bak\b|\bbak\b|snapshot|dump|saved?\b|before|\.orig\b|\.old\b", re.IGNORECASE)


def keeps_copy(action: Action) -> bool:
    """Whether a fence keeps a copy of something."""
    return _keeps(action.language, action.command)


@lru_cache(maxsize=4096)  # each loss asks it of every step before it
def _keeps(language: str, command: str) -> bool:
    if language == "sql":
        return any(_saving_sql(one.sql) for one in sqltext.read(command).statements)
    return language == "bash" and any(
        saves(call) or any(saves(one.call) for one in carried(call)) for call in calls_of(command)
    )


def _saving_sql(sql: str) -> bool:
    """CREATE TABLE … AS and COPY … TO keep a copy."""
    try:
        nodes = [one.stmt.WhichOneof("node") for one in parse(sql).stmts]
        copies = [one.stmt.copy_stmt for one in parse(sql).stmts if one.stmt.WhichOneof("node") == "copy_stmt"]
    except (PgQueryError, DecodeError):
        return False
    return "create_table_as_stmt" in nodes or any(not one.is_from for one in copies)


def saves(call: Call) -> bool:
    """Whether a call makes a backup, a dump or a copy under another name."""
    words = call.plain
    if any(words[: len(wanted)] == wanted for wanted in _BACKUP_CALLS.get(call.name, ())):
        return True
    if call.name == "aws":
        return len(words) > 1 and bool(_AWS_BACKUP.match(words[1]))
    if call.name == "az":
        return "backup" in words or "export" in words
    if call.name in ("cp", "rsync", "tar", "zip"):
        return any(_SAVED_NAME.search(word.text) for word in call.words)
    if any(sign in (">", ">|") and _SAVED_NAME.search(text) for sign, text in call.redirects):
        return True
    named = re.split(r"[^a-z]+", call.name.casefold())
    other = {word.casefold() for word in words[:1]} & {
        "restore",
        "list",
        "verify",
        "delete",
        "prune",
        "status",
        "check",
    }
    return ("backup" in named or "snapshot" in named or "dump" in named) and "restore" not in named and not other
