"""Whether a command of a runbook loses data or puts a backup over what is there, by its grammar; narrower than what is refused to be called harmless."""

from __future__ import annotations

import re
from typing import Any

from google.protobuf.message import DecodeError
from postgast import PgQueryError, parse, walk

from fireline.runbook import sqltext
from fireline.runbook.language import loss
from fireline.runbook.lint.calls import Call, calls
from fireline.runbook.lint.carried import everywhere
from fireline.runbook.lint.subject import Command

# What goes when it is dropped, and can not be made again from the code that made it.
_DROPPED = {"OBJECT_TABLE", "OBJECT_SCHEMA", "OBJECT_SEQUENCE", "OBJECT_FOREIGN_TABLE", "OBJECT_EXTENSION"}
_NO_LOSS = {"ClusterStmt", "VacuumStmt", "RefreshMatViewStmt", "DropRoleStmt", "CopyStmt", "InsertStmt"}
_NO_LOSS |= {"DropUserMappingStmt", "AlterSystemStmt", "DropTableSpaceStmt"}
_SOFT_WORDS = (
    "VACUUM FULL",
    "CLUSTER",
    "REFRESH",
    "COPY",
    "INSERT",
    "DROP ROLE",
    "DROP USER",
    "ALTER … DROP removes a N",
)

# Program -> what of its words, in this order, loses something. An empty tuple: the program alone does.
_LOSING: dict[str, tuple[tuple[str, ...], ...]] = {
    "dropdb": ((),),
    "pg_resetwal": ((),),
    "pg_rewind": ((),),
    "wipefs": ((),),
    "shred": ((),),
    "mkfs": ((),),
    "lvremove": ((),),
    "vgremove": ((),),
    "zfs": (("destroy",), ("rollback",)),
    "terraform": (("destroy",),),
    "tofu": (("destroy",),),
    "pulumi": (("destroy",),),
    "helm": (("uninstall",), ("delete",)),
    "docker": (("volume", "rm"), ("volume", "prune")),
    "podman": (("volume", "rm"), ("volume", "prune")),
    "heroku": (("pg:reset",), ("apps:destroy",), ("addons:destroy",)),
    "prisma": (("migrate", "reset"),),
    "flyway": (("clean",),),
    "alembic": (("downgrade",),),
    "rails": (("db:drop",), ("db:reset",), ("db:schema:load",)),
    "rake": (("db:drop",), ("db:reset",), ("db:schema:load",)),
    "sequelize": (("db:drop",),),
    "etcdctl": (("del",),),
    "vault": (("kv", "delete"), ("kv", "destroy")),
    "consul": (("kv", "delete"),),
    "rabbitmqctl": (("purge_queue",), ("delete_queue",), ("reset",), ("force_reset",)),
    "gsutil": (("rb",),),
    "postsuper": ((),),
    "railway": (("down",),),
    "netlify": (("sites:delete",),),
    "firebase": (("firestore:delete",), ("database:remove",)),
}
_KEPT_BY_NOBODY = {
    "pvc",
    "pv",
    "persistentvolumeclaim",
    "persistentvolume",
    "persistentvolumeclaims",
    "namespace",
    "ns",
}
_KEPT_BY_NOBODY |= {
    "persistentvolumes",
    "statefulset",
    "sts",
    "secret",
    "secrets",
    "configmap",
    "cm",
    "crd",
    "namespaces",
}
_CLOUD_STORES = {"rds", "dynamodb", "efs", "elasticache", "redshift", "sql", "disks", "buckets", "spanner", "bigtable"}
_CLOUD_STORES |= {"postgres", "mysql", "storage", "databases", "disk", "docdb", "instances", "neptune", "backup"}
_DISPOSABLE = re.compile(
    r"(?:^|/)(?:tmp|temp|\.?cache[s]?|node_modules|logs?|build|dist|target|\.next|__pycache__|coverage|venv|\.venv)(?:/|$)"
    r"|\btmp\b|\bcache\b|\.(?:log|tmp|pid|lock)[*.\w]*$|\*\.log|/log/|mktemp",
    re.IGNORECASE,
)
_DATABASE_FILES = re.compile(r"pg_?wal|pg_?data|/postgresql/|pg_xlog|/mysql/|/mongodb/", re.IGNORECASE)
_UNPACKERS = {
    "gunzip",
    "zcat",
    "gzip",
    "zstd",
    "zstdcat",
    "unzstd",
    "xzcat",
    "xz",
    "bzcat",
    "bunzip2",
    "lz4",
    "pigz",
    "age",
}
_DUMP_NAME = re.compile(r"dump|back-?up|restore|\.sql\.(?:gz|zst|xz|bz2|lz4)", re.IGNORECASE)
_RESTORERS: dict[str, tuple[str, ...]] = {
    "mongorestore": (),
    "pgbackrest": ("restore",),
    "wal-g": ("backup-fetch",),
    "barman": ("recover",),
    "restic": ("restore",),
    "velero": ("restore", "create"),
    "heroku": ("pg:backups:restore",),
    "etcdctl": ("snapshot", "restore"),
    "gcloud": ("sql", "backups", "restore"),
}
_OTHER_RESTORE = {
    "git",
    "dotnet",
    "nuget",
    "fireline",
    "aws",
    "az",
    "gcloud",
    "restorecon",
    "iptables-restore",
    "kubectl",
}
_OTHER_RESTORE |= {
    "ip6tables-restore",
    "echo",
    "printf",
    "grep",
    "cat",
    "ls",
    "less",
    "tail",
    "head",
    "cd",
    "mkdir",
    "find",
}
_BESIDE = re.compile(  # names of a database that is nobody's live one
    r"(?:^|[_-])(?:probe|restored?|tmp|temp|scratch|test|verify|drill|staging|copy|new|beside|check|kopie|shadow|candidate|sandbox|recovery"
    r"|recovered|side|prueba|essai|prova)(?:\d*$|[_-])",
    re.IGNORECASE,
)
_CLIENTS = {"psql", "mysql", "mariadb"}


def destroys(command: Command) -> str | None:
    """Why this fence loses data that was committed or replaces it by a backup, in words; None when its grammar does not say so."""
    return next((why for _, why in losses(command)), None)


def losses(command: Command) -> list[tuple[int, str]]:
    """The same with the line of the file, for each statement or call that does."""
    if command.language == "sql":
        if losing_sql(command.action.command) is None:
            return []
        each = [(one.line, losing_sql(one.sql)) for one in command.statements]
    else:
        each = [(call.line, loses(call) or _over(call, command)) for call in everywhere(command)]
    return [(command.line(line), why) for line, why in each if why]


def restorings(command: Command) -> list[tuple[int, str]]:
    """Only what puts a backup in the place of what is there, with the line of the file; a copy beside it is none."""
    return [(command.line(call.line), why) for call in everywhere(command) if (why := _over(call, command))]


def _over(call: Call, command: Command) -> str | None:
    """Why a call restores over something; None also when it does so into a database that was made for it."""
    why = restores(call)
    if why is None:
        return None
    into = set(call.plain) if call.name in _CLIENTS else set()
    for word in (*_argument(call, "-d", "--dbname", "--database"), *(word.text for word in call.words)):
        name, equals, value = word.partition("=")
        into |= {value} if equals and name in ("--dbname", "--database", "-d") else set()
    into |= set(_argument(call, "-d", "--dbname", "--database"))
    names = {one.rpartition("/")[2].partition("?")[0] for one in into}
    return None if any(_BESIDE.search(one) for one in names) or names & _made(command) else why


def _made(command: Command) -> set[str]:
    """The databases that the procedure itself makes."""
    names: set[str] = set()
    for step in command.procedure.steps:
        for action in (step.before, step.action, *step.alternatives):
            if action is None:
                continue
            if action.language == "bash":
                names |= {one.plain[-1] for one in calls(action.command) if one.name == "createdb" and one.plain}
            names |= set(
                re.findall(r"\bcreate\s+database\s+(?:if\s+not\s+exists\s+)?\"?(\w+)", action.command, re.IGNORECASE)
            )
    return names


def losing_sql(sql: str) -> str | None:
    """The same of a SQL text. What ends with ROLLBACK is a rehearsal."""
    try:
        trees = [getattr(one.stmt, one.stmt.WhichOneof("node")) for one in parse(sql).stmts]
    except (PgQueryError, DecodeError):
        statements = sqltext.read(sql).statements
        found = (sqltext.destructive_sql(one.sql) for one in statements)
        return next((why for why in found if why and not why.startswith(_SOFT_WORDS)), None)
    if _rolled_back(trees):
        return None
    return next((why for tree in trees if (why := _reason(tree))), None)


def _rolled_back(trees: list[Any]) -> bool:
    ends = [tree for tree in trees if type(tree).__name__ == "TransactionStmt"]
    return bool(ends) and _named(ends[-1], "kind") == "TRANS_STMT_ROLLBACK"


def _named(node: Any, field: str) -> str:
    values = node.DESCRIPTOR.fields_by_name[field].enum_type.values_by_number
    return str(values[getattr(node, field)].name)


def _reason(tree: Any) -> str | None:
    kind = type(tree).__name__
    if kind in _NO_LOSS and not any(type(one).__name__ in ("DeleteStmt", "UpdateStmt") for _, one in walk(tree)):
        return None
    if kind == "DropStmt" and _named(tree, "remove_type") not in _DROPPED:
        return None
    if kind == "AlterTableStmt":
        parts = [one for _, one in walk(tree) if type(one).__name__ == "AlterTableCmd"]
        return (
            "it drops a column with its data" if any(_named(p, "subtype") == "AT_DropColumn" for p in parts) else None
        )
    why = loss.reason(tree)
    return None if why and why.startswith("the name of") else why  # a name is a guess


def loses(call: Call) -> str | None:
    """Why this call loses data, in words; None when nothing says so. What puts a backup back is for `restores`."""
    if call.has("--dry-run", "--dryrun", "--what-if", "--simulate", "--check"):
        return None  # a rehearsal
    if call.name in ("eval", "ansible"):  # what they are given is a command too
        given = [word.text for word in call.words] if call.name == "eval" else _argument(call, "-a", "--args")
        return next((why for one in calls(" ".join(given)) if (why := _loses(one))), None)
    return _loses(call)


def _argument(call: Call, *options: str) -> list[str]:
    return [call.words[at + 1].text for at, word in enumerate(call.words[:-1]) if word.text in options]


def _loses(call: Call) -> str | None:
    words = call.plain
    shown = " ".join((call.name, *words[:3]))
    name = "mkfs" if call.name.startswith("mkfs") else call.name
    if any(_in_order(wanted, words) for wanted in _LOSING.get(name, ())):
        return f"`{shown}` loses what is there"
    for look in (_sql_inside, _files, _cluster, _cloud, _application):
        why = look(call)
        if why:
            return why
    return None


def _in_order(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    return words[: len(wanted)] == wanted


def _sql_inside(call: Call) -> str | None:
    if call.name not in ("psql", "mysql", "mariadb"):
        return None
    for number, word in enumerate(call.words[:-1]):
        if word.text in ("-c", "--command", "-e", "--execute"):
            why = losing_sql(call.words[number + 1].text)
            if why:
                return why
    return losing_sql(call.here) if call.here else None


def _files(call: Call) -> str | None:
    paths = [word.text for word in call.words if not word.text.startswith("-")]
    flags = "".join(word.text.lstrip("-") for word in call.words if re.fullmatch(r"-[A-Za-z]+", word.text))
    if call.name == "rm":
        recursive = "r" in flags.lower() or call.has("--recursive")
        for path in paths:
            if _DATABASE_FILES.search(path) or (recursive and not _DISPOSABLE.search(path)):
                return f"`rm` removes {path}"
    if call.name == "find" and call.has("-delete"):
        kept = [path for path in paths[:1] if not _DISPOSABLE.search(path)]
        return f"`find … -delete` removes files in {kept[0]}" if kept else None
    if call.name == "dd" and any(path.startswith("of=/dev/") for path in paths):
        return "`dd` overwrites a device"
    return None


def _cluster(call: Call) -> str | None:
    words = call.plain
    if call.name in ("kubectl", "oc") and words[:1] == ("delete",) and len(words) > 1:
        kinds = {part.partition("/")[0].casefold() for part in words[1].split(",")}
        lost = sorted(kinds & _KEPT_BY_NOBODY)
        if lost:
            return f"`{call.name} delete {lost[0]}` loses what is in it"
        many = kinds & {"job", "jobs"} and call.has("-l", "--selector", "--all")
        return f"`{call.name} delete job` ends work that is under way" if many else None
    compose = call.name == "docker-compose" or (call.name in ("docker", "podman") and words[:1] == ("compose",))
    if compose and "down" in words and call.has("-v", "--volumes"):
        return "`down --volumes` removes the volumes with their data"
    if call.name == "docker" and words[:2] == ("system", "prune") and call.has("--volumes"):
        return "`docker system prune --volumes` removes volumes with their data"
    return None


def _cloud(call: Call) -> str | None:
    words = call.plain
    shown = " ".join((call.name, *words[:3]))
    if call.name == "aws":
        action = words[1] if len(words) > 1 else ""
        gone = action.startswith("delete-") and words[0] in _CLOUD_STORES
        if gone or action in ("terminate-instances", "rb") or (words[:2] == ("s3", "rm") and call.has("--recursive")):
            return f"`{shown}` removes it for good"
    if call.name in ("gcloud", "az") and "delete" in words and set(words) & _CLOUD_STORES:
        return f"`{shown}` removes it for good"
    return None


def _application(call: Call) -> str | None:
    words = call.plain
    given = [word.text.casefold() for word in call.words]
    if call.name == "redis-cli" and {"flushall", "flushdb"} & set(given):
        return "`redis-cli` empties the store"
    if call.name == "redis-cli" and {"del", "unlink"} & set(given) and not call.words[-1].literal:
        return "`redis-cli del` removes whatever the variable names"
    if call.name == "celery" and "purge" in given:
        return "`celery purge` throws away what waits to be done"
    if call.name == "curl" and "DELETE" in _argument(call, "-X", "--request"):
        return "`curl -X DELETE` has something removed"
    if call.name == "supabase" and words[:2] == ("db", "reset"):
        return "`supabase db reset` empties the database"
    if call.name == "prisma" and words[:2] == ("db", "push") and call.has("--force-reset", "--accept-data-loss"):
        return "`prisma db push` is told to lose data"
    if any(word.endswith("manage.py") for word in (call.raw_name, *words[:1])) and "flush" in words[:2]:
        return "`manage.py flush` empties the database"
    if call.name == "git" and words[:1] == ("push",) and call.has("-f", "--force", "--mirror"):
        return "`git push --force` overwrites the history of others"
    if call.name.startswith("kafka-topics") and call.has("--delete"):
        return "`kafka-topics --delete` removes a topic with its messages"
    return None


def restores(call: Call) -> str | None:
    """Why this call puts a backup into a database that may hold something, in words; None when it does not."""
    words = call.plain
    if call.name == "pg_restore":
        into_text = call.has("-l", "--list", "-f", "--file")
        return None if into_text else "`pg_restore` writes a backup into a database"
    if call.name in _CLIENTS:
        return f"`{call.name}` runs a whole dump" if _reads_dump(call) else None
    wanted = _RESTORERS.get(call.name)
    if wanted is not None:
        return (
            f"`{' '.join((call.name, *wanted))}` puts a backup in the place of what is there"
            if _in_order(wanted, words)
            else None
        )
    if call.name in _OTHER_RESTORE or call.name.startswith("mkfs"):
        return None
    named = re.split(r"[^a-z]+", call.name.casefold())
    told = "restore" in named or (call.name != "make" and "restore" in [word.casefold() for word in words[:2]])
    target = call.name == "make" and any(word.startswith(("restore", "db-restore")) for word in words[:1])
    return (
        f"`{' '.join((call.raw_name, *words[:1]))}` puts a backup in the place of what is there"
        if told or target
        else None
    )


def _reads_dump(call: Call) -> bool:
    before = call.pipeline[: call.place]
    if before:
        return bool(_UNPACKERS & set(before)) or before[-1] in ("pg_restore", "pg_dump", "mysqldump")
    files = [text for sign, text in call.redirects if sign == "<"]
    for number, word in enumerate(call.words[:-1]):
        if word.text in ("-f", "--file"):
            files.append(call.words[number + 1].text)
    return any(_DUMP_NAME.search(one) for one in files)
