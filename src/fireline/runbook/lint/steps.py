"""What a step is for, told by its words in a few languages and by its commands: it backs up, stops traffic, looks, verifies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from google.protobuf.message import DecodeError
from postgast import PgQueryError, parse

from fireline.runbook import sqltext
from fireline.runbook.document import Action, Procedure, Step
from fireline.runbook.lint.calls import Call, calls
from fireline.runbook.speech.words import folded

_COPY = r"(?:back-?\s?ups?|dumps?|snapshots?|cop(?:y|ies))"
_TAKES = re.compile(
    rf"\b(?:create|take|make|run|perform|trigger|start|do|capture|save|store|get|generate|export|keep|request)\b[^.;]*\b{_COPY}\b"
    r"|\bback(?:ing)? up\b|^(?:\W|\d)*(?:full |manual |fresh |quick |safety |pre-\w+ )*(?:back-?up|snapshot|dump)\b"
    r"|\b(?:sicherung|sicherungskopie|backup|dump|snapshot|abzug)\b[^.;]*\b(?:erstellen|anlegen|machen|ziehen|nehmen|anfertigen)\b"
    r"|\b(?:erstelle|mache|ziehe|nimm|lege)\b[^.;]*\b(?:sicherung|sicherungskopie|backup|dump|snapshot)\b|\bsicher(?:n|e)\b"
    r"|\bsauvegard(?:er|ez|e[sz]?) (?:la|le|les|l'|une? base|tout|l)|^\W*sauvegard(?:er|ez)\b|^\W*sauvegarde\b"
    r"|\b(?:creer|faire|effectuer|prendre|lancer|realiser|creez|faites)\b[^.;]*\b(?:sauvegarde|instantane|snapshot|dump|copie|backup)\b"
    r"|\b(?:crear|hacer|realizar|tomar|sacar|generar|crea|haz|cree|haga)\b[^.;]*\b(?:copia|respaldo|backup|snapshot|volcado|instantanea)\b"
    r"|\brespald(?:ar|e|a)\b"
    r"|\b(?:creare|fare|eseguire|effettuare|criar|fazer|realizar|tirar|faca)\b[^.;]*\b(?:backup|copia|snapshot|dump)\b"
    r"|\b(?:maak|maken|neem)\b[^.;]*\b(?:back-?up|snapshot|dump|kopie)\b",
)
# What is done with a backup that there is already, or has nothing to do with one.
_USES = re.compile(
    r"\b(?:restor\w*|recover\w*|wiederherstell\w*|einspiel\w*|zuruckspiel\w*|restaur\w*|ripristin\w*|recuper\w*|herstel\w*"
    r"|list|find|choose|select|locate|pick|delete|remove|prune|clean\w*|old|loschen|download|copy the (?:latest|last))\b"
)
_MAKES_SURE = re.compile(
    r"\b(?:verify|check|confirm|ensure|make sure|validate|be sure|prufen?|sicherstellen|verifier|verificar|comprobar)\b"
    r"[^.;]*\b(?:back-?ups?|snapshots?|dumps?|sicherung|sauvegarde|respaldo|copia)\b"
)
_NOT_A_BACKUP = re.compile(
    r"\bback-?up (?:job|server|node|host|script|replica|policy|schedule|window|status|contact)\b"
)
_LOOKS = re.compile(
    r"\b(?:verif\w*|valid(?:ate|ation|iere\w*|er)|confirm\w*|check\w*|ensure|make sure|test(?:s|ing)?|monitor|watch|observe|compare"
    r"|smoke|sanity|inspect|assert|prove|wait (?:for|until)|look (?:at|for)|uber?pruf\w*|pruf\w*|kontrollier\w*|bestatig\w*"
    r"|vergleich\w*|beobacht\w*|testen|controler|controlez|confirmez|surveill\w*|comproba\w*|comprueb\w*|confirmar|revisar"
    r"|sprawdz\w*|weryfik\w*|potwierdz\w*|confer(?:ir|e)|controllare|controlla|conferma\w*|controleer|controleren|bevestig\w*)\b"
)
_TRAFFIC = (
    r"(?:application|app|traffic|writes?|service|services|api|web|workers?|site|system|clients?|connections?|users?)"
)
_STOPS = re.compile(
    rf"\b(?:stop|pause|halt|block|cut|disable|drain|shut ?(?:down|off)|take (?:down|offline)|freeze|suspend|quiesce)\b[^.;]{{0,40}}\b{_TRAFFIC}\b"
    r"|\bmaintenance (?:mode|page)\b|\bread-?only mode\b|\bscale\b[^.;]{0,40}\b(?:to 0|to zero|down)\b"
    r"|\b(?:anwendung|verkehr|traffic|dienst|app)\b[^.;]{0,30}\b(?:stoppen|anhalten|abschalten|unterbinden|beenden)\b|\bwartungsmodus\b"
    r"|\b(?:stoppe|halte|beende)\b[^.;]{0,30}\b(?:anwendung|verkehr|traffic|dienst|app)\b"
    r"|\b(?:arreter|arretez|couper|coupez|stopper|bloquer)\b[^.;]{0,40}\b(?:application|trafic|service|ecritures)\b|\bmode maintenance\b"
    r"|\b(?:detener|deten|parar|para|pausar|cortar|bloquear)\b[^.;]{0,40}\b(?:aplicacion|trafico|servicio|escrituras)\b|\bmodo (?:de )?mantenimiento\b"
    r"|\b(?:fermare|bloccare|arrestare)\b[^.;]{0,40}\b(?:applicazione|traffico|servizio)\b"
    r"|\b(?:parar|pausar|interromper)\b[^.;]{0,40}\b(?:aplicacao|trafego|servico)\b"
)
_NOT_STOPPING = re.compile(r"\b(?:monitor|resume|restart|verify (?:no|that))\b")
_QUIET = re.compile(
    r"\b(?:no|zero|0|without|keine?|aucune?|ningun\w*|nessun\w*)\b[^.;]{0,30}\b(?:connections?|sessions?|writes?|traffic|requests?|clients?|users?"
    r"|verbindung\w*|sitzung\w*|anfragen|schreib\w*|connexions?|requetes?|ecritures?|conexion\w*|sesion\w*|escrituras?|connession\w*)\b"
    r"|\b(?:traffic|requests?|connections?|writes?|sessions?|load)\b[^.;]{0,40}\b(?:(?:is|are|has|have) (?:stopped|gone|drained)|(?:is|are|at|to|be|reach\w*|drops? to|shows?) (?:0|zero)|(?:has|have) drained|drained)\b"
)
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
    "fireline": (("contain", "backup"), ("contain", "snapshot")),
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


_TELLERS = {"echo", "printf", "cd", "pwd", "export", "set", "source", "sleep", "ls", "cat", "less", "head", "tail", "grep", "rg", "sort", "uniq", "awk", "sed", "cut", "tr", "wc", "jq", "yq", "xargs", "tee", "date", "test", "true", "read", "exit", "return", "trap", "local", "declare", "env", "which", "type", "man", "find", "du", "df", "free", "top", "ps", "ss", "lsof", "netstat", "host", "dig", "nslookup", "whoami", "id", "uname", "uptime", "vmstat", "iostat", "dmesg", "journalctl", "git", "pg_isready", "openssl", "sentry-cli", "promtool", "amtool", "gh"}  # fmt: skip
_HARMLESS = {
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
_BACK = re.compile(
    r"\b(?:undo\w*|roll\w*[ -]?back|revert\w*|back ?out|put back|go back|back (?:to|again|afterwards|down|in)|reverse|way back|irreversible|can ?not be (?:undone|taken back)"
    r"|ruckgangig\w*|zuruck\w*|annul\w*|retour arriere|revenir|deshac\w*|revertir|annulla\w*|ripristin\w*|desfaz\w*|reverter"
    r"|terugdraai\w*|ongedaan|cofn\w*|wycofa\w*|przywroc\w*)\b"
)


def commands_of(step: Step) -> Iterator[Action]:
    """The fences that a step carries out, its alternatives too; not those that verify it or take it back."""
    if step.action is not None:
        yield step.action
    yield from step.alternatives


@lru_cache(maxsize=4096)
def _calls(command: str) -> tuple[Call, ...]:
    return calls(command)


def said(step: Step) -> str:
    """The title of a step, with the words that a person reads below it, without case and accents."""
    return folded(f"{step.title}\n{step.text}\n" + "\n".join(step.checklist))


def takes_backup(step: Step) -> bool:
    """Whether a step makes a backup, a dump or a snapshot."""
    title = folded(step.title)
    if (
        _TAKES.search(title)
        and not _USES.search(title)
        and not _MAKES_SURE.search(title)
        and not _NOT_A_BACKUP.search(title)
    ):
        return True
    if step.before is not None:
        return True
    return any(_saves(action) for action in commands_of(step))


def backs_up(step: Step) -> bool:
    """Whether after a step there is a way back in somebody's hand: it makes a backup, or makes sure that there is one."""
    return takes_backup(step) or bool(_MAKES_SURE.search(folded(step.title)) or _MAKES_SURE.search(said(step)))


def _saves(action: Action) -> bool:
    if action.language == "sql":
        return any(_saving_sql(one.sql) for one in sqltext.read(action.command).statements)
    return action.language == "bash" and any(saves(call) for call in _calls(action.command))


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


def stops_traffic(step: Step) -> bool:
    """Whether a step keeps the application away from what it works on."""
    title = folded(step.title)
    if _STOPS.search(title) and not _NOT_STOPPING.search(title):
        return True
    return any(
        _stops(call) for action in commands_of(step) if action.language == "bash" for call in _calls(action.command)
    )


def _stops(call: Call) -> bool:
    words = call.plain
    if call.name == "service":
        return "stop" in words
    if call.name == "kubectl":
        return words[:1] == ("scale",) and any(word.text in ("--replicas=0", "0") for word in call.words)
    return any(words[: len(wanted)] == wanted for wanted in _STOP_CALLS.get(call.name, ()))


def proves_quiet(step: Step) -> bool:
    """Whether a step shows that nothing is written any more: it looks, or says what is to be seen."""
    if _QUIET.search(said(step)):
        return True
    actions = [*commands_of(step), *([step.verify] if step.verify else [])]
    for action in actions:
        if action.language == "sql" and re.search(r"\bpg_stat_(?:activity|database)\b", action.command):
            return True
        if action.language == "bash":
            found = _calls(action.command)
            if any(one.name == "fireline" and one.plain[:2] == ("contain", "fence") for one in found):
                return True
            if any(
                "pg_stat_activity" in word.text or "pg_stat_database" in word.text
                for one in found
                for word in one.words
            ):
                return True
    if step.verify is not None or step.expect:
        return True
    return stops_traffic(step) and any(reads(action) for action in actions)


def reads(action: Action) -> bool:
    """Whether a fence looks at something: a query, a status, a log, a request."""
    if action.language == "sql":
        return any(
            re.match(r"\s*(?:select|show|table|explain|with|values)\b", one.sql, re.I)
            for one in sqltext.read(action.command).statements
        )
    if action.language != "bash":
        return False
    return any(_reads(call) for call in _calls(action.command))


def _reads(call: Call) -> bool:
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


def looks(step: Step) -> bool:
    """Whether a step looks at something, by its words or its command, or says what is expected."""
    if step.verify is not None or step.expect or _LOOKS.search(folded(step.title)):
        return True
    return any(reads(action) for action in commands_of(step))


def changes(step: Step) -> bool:
    """Whether a step has a command that may change something: it does more than look, move about and tell."""
    for action in commands_of(step):
        if action.language == "sql" and any(not _query(one.sql) for one in sqltext.read(action.command).statements):
            return True
        if action.language == "bash" and any(not _reads(call) and not _tells(call) for call in _calls(action.command)):
            return True
    return False


def _query(sql: str) -> bool:
    return bool(
        re.match(r"\s*(?:select|show|table|explain|with|values|set|begin|commit|rollback|reset|analyze)\b", sql, re.I)
    )


def _tells(call: Call) -> bool:
    """Whether it only shows or prepares something."""
    return call.name in _TELLERS or saves(call) or any(one in _HARMLESS for one in call.plain[:3])


def gives_way_back(step: Step) -> bool:
    """Whether a step says how it is taken back, or that it can not be."""
    return step.undo is not None or step.undo_text is not None or goes_back(_without_title(step))


def _without_title(step: Step) -> str:
    """What stands in a step besides its title."""
    return step.text.replace(step.title, "", 1) + "\n" + "\n".join(step.checklist)


def says_to_look(words: str) -> bool:
    """Whether some words ask to verify something."""
    return bool(_LOOKS.search(folded(words)))


def goes_back(words: str) -> bool:
    """Whether some words speak of taking something back."""
    return bool(_BACK.search(folded(words)))


def verifies(procedure: Procedure, after_step: Step) -> bool:
    """Whether the procedure looks, in this step or behind it, at whether it worked."""
    if after_step.verify is not None or after_step.expect or _LOOKS.search(said(after_step)):
        return True
    if any(_ends_with_look(action) for action in commands_of(after_step)):
        return True
    later = procedure.steps[place_of(procedure, after_step) + 1 :]
    return any(looks(one) or one.call is not None for one in later)


def _ends_with_look(action: Action) -> bool:
    """Whether the last thing that a command does is to look."""
    found = _calls(action.command) if action.language == "bash" else ()
    return _reads(found[-1]) if found else reads(action)


def place_of(procedure: Procedure, step: Step) -> int:
    """Its place among the steps, from 0."""
    return next(number for number, one in enumerate(procedure.steps) if one.key == step.key)
