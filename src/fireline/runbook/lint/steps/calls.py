"""What a call of a step is for: it stops what serves users, it looks, it only tells."""

from __future__ import annotations

import re
from functools import lru_cache

from fireline.runbook import sqltext
from fireline.runbook.document import Action
from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.calls import calls

_STOP_CALLS: dict[str, tuple[tuple[str, ...], ...]] = {
    "systemctl": (("stop",),),
    "service": ((),),
    "heroku": (("maintenance:on",), ("ps:scale",)),
    "pm2": (("stop",),),
    "docker": (("stop",), ("compose", "stop"), ("compose", "down")),
    "docker-compose": (("stop",), ("down",)),
    "kubectl": (("scale",),),
    "supervisorctl": (("stop",),),
    "fireline": (("contain", "fence"),),
    "pgbouncer": (("pause",),),
    "flyctl": (("scale", "count"),),
    "fly": (("scale", "count"),),
}
_READERS: dict[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(("curl", "wget", "ping", "pg_isready", "tail", "grep", "journalctl", "nc", "dig", "diff", "cmp"), ((),)),
    **dict.fromkeys(("top", "free", "df", "ps", "ss", "netstat", "stat", "sha256sum", "md5sum", "wc", "jq", "cat"), ((),)),
    "kubectl": (("get",), ("rollout", "status"), ("describe",), ("logs",), ("wait",), ("top",)),
    "oc": (("get",), ("rollout", "status"), ("describe",), ("logs",), ("wait",)),
    "systemctl": (("status",), ("is-active",)),
    "docker": (("ps",), ("logs",), ("inspect",), ("stats",), ("compose", "ps"), ("compose", "logs")),
    "heroku": (("ps",), ("logs",), ("pg:info",)),
    "helm": (("status",), ("test",), ("list",), ("history",)),
    "fireline": (("resolve", "verify-restore"), ("integrity",), ("diagnose",), ("health",), ("check",), ("contain", "fence")),
    "redis-cli": (("ping",), ("info",), ("INFO",), ("PING",), ("dbsize",), ("DBSIZE",)),
    "eas": (("update:list",), ("build:list",), ("update:view",), ("build:view",)),
    "alembic": (("current",), ("check",)),
    "gh": (("run", "watch"), ("run", "view"), ("run", "list")),
    "vercel": (("ls",), ("list",), ("inspect",)),
    "aws": ((),),
    "gcloud": ((),),
}  # fmt: skip
TELLERS = {"echo", "printf", "cd", "pwd", "export", "set", "source", "sleep", "ls", "cat", "less", "head", "tail", "grep", "rg", "sort", "uniq", "awk", "sed", "cut", "tr", "wc", "jq", "yq", "xargs", "tee", "date", "test", "true", "read", "exit", "return", "trap", "local", "declare", "env", "which", "type", "man", "find", "du", "df", "free", "top", "ps", "ss", "lsof", "netstat", "host", "dig", "nslookup", "whoami", "id", "uname", "uptime", "vmstat", "iostat", "dmesg", "journalctl", "git", "pg_isready", "openssl", "sentry-cli", "promtool", "amtool", "gh"}  # fmt: skip
HARMLESS = {
    "list",
    "get",
    "describe",
    "show",
    "status",
    "logs",
    "version",
    "info",
    "history",
    "inspect",
    "ls",
    "view",
    "whoami",
    "top",
    "diff",
    "plan",
}


@lru_cache(maxsize=4096)
def calls_of(command: str) -> tuple[Call, ...]:
    """The calls of a command; many rules ask for the same ones."""
    return calls(command)


def halts(call: Call) -> bool:
    """Whether a call stops what serves users."""
    words = call.plain
    if call.name == "service":
        return "stop" in words
    if call.name == "kubectl":
        return words[:1] == ("scale",) and any(word.text in ("--replicas=0", "0") for word in call.words)
    return any(words[: len(wanted)] == wanted for wanted in _STOP_CALLS.get(call.name, ()))


def reads(action: Action) -> bool:
    """Whether a fence looks at something: a query, a status, a log, a request."""
    if action.language == "sql":
        return any(
            re.match(r"\s*(?:select|show|table|explain|with|values)\b", one.sql, re.I)
            for one in sqltext.read(action.command).statements
        )
    if action.language != "bash":
        return False
    return any(looks_at(call) for call in calls_of(action.command))


def looks_at(call: Call) -> bool:
    """Whether a call looks at something: a status, a log, a request."""
    words = call.plain
    if call.name in ("psql", "mysql"):
        return any(re.match(r"\s*(?:select|show|\\d)", word.text, re.IGNORECASE) for word in call.words)
    if call.name == "curl" and any(word.text in ("POST", "PUT", "DELETE", "PATCH") for word in call.words):
        return False
    if call.name in ("aws", "gcloud"):
        return any(word.startswith(("describe", "list", "get", "wait")) for word in words)
    if any(words[: len(wanted)] == wanted for wanted in _READERS.get(call.name, ())):
        return True
    asked = {"status", "health", "healthcheck", "verify", "check", "list", "show", "test", "info", "logs"}
    return bool(asked & {word.casefold() for word in words[:2]}) or bool(
        {"verify", "check", "smoke", "healthcheck", "health", "test"} & set(re.split(r"[^a-z]+", call.name.casefold()))
    )


def is_query(sql: str) -> bool:
    """Whether a statement changes no rows by how it begins."""
    return bool(
        re.match(r"\s*(?:select|show|table|explain|with|values|set|begin|commit|rollback|reset|analyze)\b", sql, re.I)
    )
