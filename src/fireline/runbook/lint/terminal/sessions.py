"""Calls that open a session for somebody to type in: a shell, psql, a console; told by what they are not given."""

from __future__ import annotations

from collections.abc import Callable

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.carried import carried
from fireline.runbook.lint.terminal.prompts import PROMPTS
from fireline.runbook.lint.terminal.question import Question

_GO_ON = "What stands below it is then typed into that session, by hand only: put it on the line itself."
_HELP = ("--help", "--version", "-V")
_LETTER = 2  # a dash and a letter


def opened(call: Call) -> Question | None:
    """What session or question this call opens; None when it is given all it needs."""
    look = _LOOKS.get(call.name)
    if look is None or call.has(*_HELP):
        return None
    return look(call)


def _client(*enough: str) -> Callable[[Call], Question | None]:
    """A database client that runs what it is given by these options, or by its standard input."""

    def look(call: Call) -> Question | None:
        script = any(word.text.endswith((".js", ".sql")) for word in call.words)
        together = any(call.short(one[1]) for one in enough if len(one) == _LETTER)
        if call.fed or script or together or call.has(*enough):
            return None
        return Question(f"opens a session of {call.name}", f"Give the statement with {enough[0]}, or a file.")

    return look


def _psql(call: Call) -> Question | None:
    if call.has("-W", "--password"):
        return Question("asks for the password", "Put it into ~/.pgpass or PGPASSFILE, and leave -W out.", hard=True)
    return _client("-c", "--command", "-f", "--file", "-l", "--list")(call)


def _mysql(call: Call) -> Question | None:
    if any(word.text in ("-p", "--password") for word in call.words):
        return Question("asks for the password", "Put it into an option file: --defaults-extra-file.", hard=True)
    return _client("-e", "--execute")(call)


def _shell(call: Call) -> Question | None:
    if call.fed or call.plain or any(not word.literal for word in call.words):
        return None
    if call.short("c") or call.short("s"):
        return None
    return Question("opens a shell", _GO_ON)


def _sudo(call: Call) -> Question | None:
    if call.has("-l", "--list", "-v", "--validate", "-k", "-K", "-e", "--edit") or call.fed:
        return None
    if any(call.short(letter) for letter in "is") or call.has("--login", "--shell"):
        return Question("opens a shell", _GO_ON)
    return None


def _su(call: Call) -> Question | None:
    if call.fed or call.has("--command") or call.short("c"):
        return None
    if call.name == "runuser" and len(call.plain) > 1:
        return None
    return Question("opens a shell", "Give the command: `sudo -u USER COMMAND`, or `su - USER -c 'COMMAND'`.")


def _ssh(call: Call) -> Question | None:
    quiet = {"N", "f", "O", "Q", "W", "G", "V", "T"}
    if call.fed or any(call.short(letter) for letter in quiet) or next(carried(call), None) is not None:
        return None
    if not call.words:
        return None
    return Question("opens a shell on another machine", "Give the command: `ssh HOST 'COMMAND'`.")


def _interpreter(call: Call) -> Question | None:
    if call.fed or call.words:
        inner = call.plain[1:2] if call.plain[:1] and call.plain[0].endswith("manage.py") else ()
        return _manage(call) if inner else None
    return Question(f"opens a console of {call.name}", "Give a script, or the code with its option.")


def _manage(call: Call) -> Question | None:
    words = call.plain if call.name == "manage.py" else call.plain[1:]
    verb = words[0] if words else ""
    if verb in ("shell", "shell_plus", "dbshell") and not call.has("-c", "--command") and not call.fed:
        return Question("opens a console", "Give the code with --command, or psql with -c.")
    if verb in ("createsuperuser", "changepassword", "flush", "collectstatic") and not call.has(
        "--noinput", "--no-input"
    ):
        return Question(f"asks its questions ({verb})", "Give --no-input.")
    return None


def _redis(call: Call) -> Question | None:
    takes = {"-h", "-p", "-s", "-a", "-u", "-n", "-r", "-i", "--user", "--pass", "--cert", "--key", "--cacert", "--sni"}
    words = call.words
    said = [
        w for at, w in enumerate(words) if not w.text.startswith("-") and (not at or words[at - 1].text not in takes)
    ]
    modes = (
        "--rdb",
        "--bigkeys",
        "--hotkeys",
        "--memkeys",
        "--stat",
        "--latency",
        "--scan",
        "--eval",
        "--pipe",
        "--cluster",
    )
    if call.fed or said or call.has(*modes):
        return None
    return Question("opens a session of redis-cli", "Give the command on the line.")


def _sqlite(call: Call) -> Question | None:
    enough = len(call.words) > 1 or call.fed
    return None if enough else Question("opens a session of sqlite3", "Give the statement on the line.")


_LOOKS: dict[str, Callable[[Call], Question | None]] = {
    **PROMPTS,
    **dict.fromkeys(("bash", "sh", "zsh", "dash", "fish", "ksh", "ash"), _shell),
    **dict.fromkeys(("python", "python3", "node", "irb", "iex", "erl", "pry", "bpython"), _interpreter),
    "psql": _psql, "mysql": _mysql, "mariadb": _mysql, "sudo": _sudo, "su": _su, "runuser": _su, "ssh": _ssh,
    "redis-cli": _redis, "sqlite3": _sqlite, "manage.py": _manage,
    "sqlcmd": _client("-Q", "-q", "-i"), "cqlsh": _client("-e", "-f", "--execute", "--file"), "sftp": _client("-b"),
    "mongosh": _client("--eval", "--file", "-f"), "mongo": _client("--eval"),
}  # fmt: skip
