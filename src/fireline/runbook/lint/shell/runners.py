"""Programs that run another one: where the command of `sudo -u postgres psql` begins."""

from __future__ import annotations

from dataclasses import dataclass

from fireline.runbook.lint.shell.call import Word


@dataclass(frozen=True)
class _Runner:
    """How the words before the program look."""

    takes: frozenset[str] = frozenset()  # its options that take a value
    skips: int = 0  # words of its own that are no options: the duration of timeout
    words: tuple[str, ...] = ()  # the subcommand after which a program follows: `bundle exec`; empty for none
    not_with: frozenset[str] = frozenset()  # with one of these it runs nothing
    assigns: bool = False  # NAME=value may stand before the program


def option_names(words: str) -> frozenset[str]:
    """Names of options, written in one line."""
    return frozenset(words.split())


_RUNNERS: dict[str, tuple[_Runner, ...]] = {
    "sudo": (
        _Runner(
            option_names(
                "-u -g -h -p -C -D -R -T -U -r -t --user --group --host --prompt --chdir --chroot --role --type"
            ),
            not_with=option_names("-l --list -v --validate -k -K -e --edit"),
            assigns=True,
        ),
    ),
    "doas": (_Runner(option_names("-u -C"), not_with=option_names("-s -L")),),
    "env": (_Runner(option_names("-u -C --unset --chdir"), not_with=option_names("-S --split-string"), assigns=True),),
    "nohup": (_Runner(),),
    "setsid": (_Runner(),),
    "time": (_Runner(option_names("-f -o --format --output")),),
    "exec": (_Runner(option_names("-a")),),
    "command": (_Runner(not_with=option_names("-v -V")),),
    "builtin": (_Runner(),),
    "nice": (_Runner(option_names("-n --adjustment")),),
    "ionice": (_Runner(option_names("-c -n --class --classdata"), not_with=option_names("-p --pid")),),
    "chrt": (_Runner(skips=1, not_with=option_names("-p --pid")),),
    "stdbuf": (_Runner(option_names("-i -o -e --input --output --error")),),
    "timeout": (_Runner(option_names("-s -k --signal --kill-after"), skips=1),),
    "gtimeout": (_Runner(option_names("-s -k --signal --kill-after"), skips=1),),
    "gosu": (_Runner(skips=1),),
    "su-exec": (_Runner(skips=1),),
    "npx": (_Runner(option_names("-p --package -c --call"), not_with=option_names("-c --call")),),
    "bunx": (_Runner(option_names("-p --package")),),
    "pnpx": (_Runner(),),
    "pnpm": (_Runner(words=("dlx",)), _Runner(words=("exec",))),
    "yarn": (_Runner(option_names("-p --package"), words=("dlx",)), _Runner(words=("exec",))),
    "npm": (_Runner(option_names("-p --package"), words=("exec",)), _Runner(words=("x",))),
    "bundle": (_Runner(words=("exec",)),),
    "poetry": (_Runner(words=("run",)),),
    "pipenv": (_Runner(words=("run",)),),
    "uv": (_Runner(option_names("--with --python -p --project --directory --env-file"), words=("run",)),),
    "doppler": (_Runner(option_names("-p -c -t --project --config --token"), words=("run",)),),
    "op": (_Runner(option_names("--env-file --account"), words=("run",)),),
    "aws-vault": (_Runner(option_names("-d --duration"), skips=1, words=("exec",)),),
    "chamber": (_Runner(skips=1, words=("exec",)),),
    "direnv": (_Runner(skips=1, words=("exec",)),),
}

_FETCH = {"npx", "bunx", "pnpx", "pnpm", "yarn", "npm"}
# Packages whose program has another name.
_PROGRAMS = {
    "eas-cli": "eas",
    "firebase-tools": "firebase",
    "netlify-cli": "netlify",
    "@sentry/cli": "sentry-cli",
    "@railway/cli": "railway",
    "@redocly/cli": "redocly",
}


def program(first: Word, through: list[str]) -> str:
    """The name of a program without its folder; of `npx eas-cli@latest` it is eas."""
    if not through or through[-1] not in _FETCH:
        return first.text.rpartition("/")[2]
    package = first.text[:1] + first.text[1:].partition("@")[0]
    return _PROGRAMS.get(package, package.rpartition("/")[2])


def unwrap(first: Word, words: list[Word]) -> tuple[Word, list[Word], list[str], list[Word]]:
    """The program that really runs, its words, the runners before it, and the NAME=value words between them."""
    through: list[str] = []
    assigned: list[Word] = []
    while (name := first.text.rpartition("/")[2]) in _RUNNERS and words:
        found = next((at for one in _RUNNERS[name] if (at := _start(one, words, assigned)) is not None), None)
        if found is None:
            break
        through.append(name)
        first, words = words[found], words[found + 1 :]
    return first, words, through, assigned


def _start(runner: _Runner, words: list[Word], assigned: list[Word]) -> int | None:
    """Which of the words is the program; None when there is none."""
    at = 0
    if runner.words:
        if tuple(word.text for word in words[: len(runner.words)]) != runner.words:
            return None
        at = len(runner.words)
    skip, met = runner.skips, []
    while at < len(words):
        word = words[at]
        option = word.text.startswith("-") and not word.quoted
        if option and word.text in runner.not_with:
            return None
        if option and word.text == "--" and not skip:
            at += 1
            break
        if option:
            at += 2 if _takes_next(runner, word.text) else 1
        elif runner.assigns and _is_assignment(word):
            met.append(word)
            at += 1
        elif skip:
            skip, at = skip - 1, at + 1
        else:
            break
    if at >= len(words):
        return None
    assigned += met
    return at


def _takes_next(runner: _Runner, option: str) -> bool:
    """-u postgres, and -iu postgres."""
    if option in runner.takes:
        return True
    together = not option.startswith("--") and len(option) > 2  # noqa: PLR2004 - a dash and two letters
    before = together and not any(f"-{letter}" in runner.takes for letter in option[1:-1])
    return before and f"-{option[-1]}" in runner.takes


def _is_assignment(word: Word) -> bool:
    name, equals, _ = word.text.partition("=")
    return bool(equals) and name.isidentifier()
