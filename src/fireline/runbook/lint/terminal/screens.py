"""Programs that are nothing but a screen: editors, pagers, monitors; and with which options they are none."""

from __future__ import annotations

from fireline.runbook.lint.shell.call import Call
from fireline.runbook.lint.shell.runners import option_names
from fireline.runbook.lint.terminal.question import Question
from fireline.runbook.lint.terminal.told import given

_SCREEN = "waits for somebody at a terminal"
# Programs that are nothing but a screen: whatever they are given, unless it is one of these options.
SCREENS: dict[str, str] = {
    **dict.fromkeys(option_names("vi vim nvim view nano pico emacs joe micro mcedit"), "-es -Es --batch"),
    **dict.fromkeys(option_names("less more most man"), "--version --help"),
    **dict.fromkeys(
        option_names("htop btop nethogs k9s lazydocker ctop glances bmon iftop nmtui tig"), "--version --help"
    ),
    "top": "-b -l --batch",
    "atop": "-r -w",
    "iotop": "-b --batch",
    "ncdu": "-o -0",
    "watch": "--version --help",
    "dialog": "--version",
    "whiptail": "--version",
    "minicom": "--version --help",
    "visudo": "-c --check",
    "vipw": "--help",
    "vigr": "--help",
    "passwd": "--stdin -l -u -e -d -S --lock --unlock --expire --delete --status",
    "mysql_secure_installation": "--use-default",
    "ssh-copy-id": "-n -o",
    "do-release-upgrade": "-c -f --check-dist-upgrade-only",
    "ipython": "-c",
    "ghci": "-e",
    "telnet": "--version",
}
_EDITORS = {"vi", "vim", "nvim", "nano", "pico", "emacs", "joe", "micro", "mcedit", "visudo", "vipw", "vigr"}
_PAGERS = {"less", "more", "most"}


def screen(call: Call) -> Question | None:
    """What this call shows at a terminal; None for another program, and where it prints and ends."""
    if call.name not in SCREENS:
        return None
    if given(call, option_names(SCREENS[call.name])) or call.has("--help", "--version"):
        return None
    if call.name in _PAGERS and (call.captured or call.place < len(call.pipeline) - 1 or call.to(">", ">>")):
        return None
    if call.name in ("passwd", "telnet", "ipython", "ghci", "ssh-copy-id") and call.fed:
        return None
    if call.name == "atop" and call.plain[:1] and call.plain[0].isdigit():
        return None
    instead = "Use a command that prints its answer and ends."
    if call.name in _EDITORS:
        return Question(
            "opens an editor",
            "Change the file with a command that needs nobody, or make it a step without a command.",
            hard=True,
        )
    if call.name in _PAGERS:
        return Question(
            "shows a file page by page at a terminal", "Print what is wanted: `tail -n 200 FILE`.", hard=True
        )
    return Question(_SCREEN, instead, hard=True)
