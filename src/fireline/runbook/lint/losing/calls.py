"""Which programs lose data by how they are called; what a machine makes again (a pod, a cache) is no loss."""

from __future__ import annotations

import re

from fireline.runbook.lint.losing.sql import losing_sql
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.calls import calls

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
    r"|\btmp\b|(?:^|[/_{$.-])te?mp(?:_?dir)?(?:[/_}.*-]|$)|\bcache\b|\.(?:log|tmp|pid|lock)[*.\w]*$|\*\.log|/log/|mktemp",
    re.IGNORECASE,
)
_DATABASE_FILES = re.compile(r"pg_?wal|pg_?data|/postgresql/|pg_xlog|/mysql/|/mongodb/", re.IGNORECASE)


def loses(call: Call) -> str | None:
    """Why this call loses data, in words; None when nothing says so. What puts a backup back is for `restores`."""
    if call.has("--dry-run", "--dryrun", "--what-if", "--simulate", "--check"):
        return None  # a rehearsal
    if call.name in ("eval", "ansible"):  # what they are given is a command too
        given = [word.text for word in call.words] if call.name == "eval" else given_to(call, "-a", "--args")
        return next((why for one in calls(" ".join(given)) if (why := _loses(one))), None)
    return _loses(call)


def given_to(call: Call, *options: str) -> list[str]:
    """The words that stand behind one of these options."""
    return [call.words[at + 1].text for at, word in enumerate(call.words[:-1]) if word.text in options]


def _loses(call: Call) -> str | None:
    words = call.plain
    shown = " ".join((call.name, *words[:3]))
    name = "mkfs" if call.name.startswith("mkfs") else call.name
    if any(begins(wanted, words) for wanted in _LOSING.get(name, ())):
        return f"`{shown}` loses what is there"
    for look in (_sql_inside, _files, _cluster, _cloud, _application):
        why = look(call)
        if why:
            return why
    return None


def begins(wanted: tuple[str, ...], words: tuple[str, ...]) -> bool:
    """Whether the words begin with these."""
    return words[: len(wanted)] == wanted


def _sql_inside(call: Call) -> str | None:
    return next((why for text in sql_in(call) if (why := losing_sql(text))), None)


def sql_in(call: Call) -> list[str]:
    """The SQL that a call gives its client on the line, or else in a here-document."""
    if call.name not in ("psql", "mysql", "mariadb") and not (call.name == "heroku" and call.plain[:1] == ("pg:psql",)):
        return []
    found = given_to(call, "-c", "--command", "-e", "--execute")
    return [*found, *([call.here] if call.here else [])]


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
    if call.name == "curl" and "DELETE" in given_to(call, "-X", "--request"):
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
