"""The calls that a call carries to another place: `docker exec db psql`, `ssh host 'command'`, `bash -c '…'`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from fireline.runbook.lint.shell.call import Call, Word
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.shell.runners import option_names, program, unwrap

_SHELLS = {"bash", "sh", "zsh", "dash", "ash", "ksh"}
_ENGINES = {"docker", "podman", "nerdctl", "docker-compose", "podman-compose"}
_ENGINE_TAKES = option_names(
    "-e -w -u -f -p -c -H --env --env-file --workdir --user --index --detach-keys --file --project-name --context --host "
    "--profile -l --log-level"
)
_RUN_TAKES = option_names(
    "-v --volume --name --network --net --mount -p --publish --entrypoint -h --hostname -l --label --platform --link -m "
    "--memory --cpus --restart --add-host --pull --log-driver --shm-size --ulimit --tmpfs --dns --ip --volumes-from"
)
_SSH_TAKES = frozenset(f"-{letter}" for letter in "BbcDEeFIiJLlmOopQRSWw")
_DYNO_TAKES = option_names("-a --app -s --size -r --remote -e --env --type --prompt")
_DEEPEST = 3


@dataclass(frozen=True)
class Carried:
    """A call in another place. tty: whether a terminal was asked for there."""

    call: Call
    by: Call
    tty: bool = False


def everywhere(found: tuple[Call, ...]) -> Iterator[Call]:
    """Every call of a fence, and after each those that it carries elsewhere."""
    for call in found:
        yield call
        yield from (one.call for one in carried(call))


def carried(call: Call, depth: int = 0) -> Iterator[Carried]:
    """The calls that it carries to another shell, container or machine, those carried further too."""
    if depth >= _DEEPEST:
        return
    for one in _carried(call):
        yield one
        yield from carried(one.call, depth + 1)


def _carried(call: Call) -> Iterator[Carried]:
    if call.name in _SHELLS:
        yield from (Carried(one, call) for word in _code(call) for one in _within(word, call))
    elif call.name in ("su", "runuser"):
        yield from (Carried(one, call) for word in call.values("-c", "--command") for one in _within(word, call))
    elif call.name in _ENGINES:
        yield from _engine(call)
    elif call.name in ("kubectl", "oc"):
        yield from _kubectl(call)
    elif call.name in ("ssh", "autossh"):
        yield from _ssh(call)
    elif call.name == "heroku":
        yield from _heroku(call)
    elif call.name == "xargs":
        yield from _xargs(call)
    elif call.name == "watch":
        words = _rest(list(call.words), frozenset({"-n", "--interval"}))
        yield from (Carried(one, call) for one in _as_call(words, call))


def _code(call: Call) -> tuple[Word, ...]:
    """What stands after -c, also of -lc or -ec."""
    for at, word in enumerate(call.words[:-1]):
        if word.text.startswith("-") and not word.text.startswith("--") and word.text.endswith("c"):
            return (call.words[at + 1],)
    return ()


def _within(word: Word, outer: Call) -> Iterator[Call]:
    """The calls of a quoted text, at their places; one that is alone in it has what the outer one has around it."""
    found = calls(word.text)
    for one in found:
        placed = _moved(one, word)
        alone = len(found) == 1
        yield replace(
            placed,
            fed=one.fed or outer.fed,
            captured=one.captured or outer.captured,
            negated=one.negated or outer.negated,
            inside=outer.inside,
            here=one.here if one.here is not None or not alone else outer.here,
            here_word=one.here_word if one.here_word is not None or not alone else outer.here_word,
            redirects=one.redirects or (outer.redirects if alone else ()),
        )


def _moved(call: Call, word: Word) -> Call:
    def place(line: int, column: int) -> tuple[int, int]:
        return word.line + line - 1, column + (word.column + int(word.quoted) - 1 if line == 1 else 0)

    def shift(one: Word) -> Word:
        line, column = place(one.line, one.column)
        return replace(one, line=line, column=column)

    line, column = place(call.line, call.column)
    words = tuple(shift(one) for one in call.words)
    return replace(call, line=line, column=column, words=words, assigned=tuple((n, shift(w)) for n, w in call.assigned))


def _rest(words: list[Word], takes: frozenset[str]) -> list[Word]:
    """The words from the first that is no option."""
    at = 0
    while at < len(words) and words[at].text.startswith("-") and not words[at].quoted:
        if words[at].text == "--":
            return words[at + 1 :]
        short = not words[at].text.startswith("--")
        last = f"-{words[at].text[-1]}" if short else words[at].text
        at += 2 if last in takes or words[at].text in takes else 1
    return words[at:]


def _as_call(words: list[Word], outer: Call, *, fed: bool | None = None) -> Iterator[Call]:
    """Words that are a command as they stand."""
    if not words:
        return
    first, rest, through, _ = unwrap(words[0], words[1:])
    yield replace(
        outer,
        name=program(first, through),
        raw_name=first.text,
        words=tuple(rest),
        line=first.line,
        column=first.column,
        through=(*outer.through, outer.name, *through),
        fixed=first.literal,
        fed=outer.fed if fed is None else fed,
    )


def _engine(call: Call) -> Iterator[Carried]:
    """What docker exec, docker compose exec and docker run carry; without -i nothing reaches its standard input."""
    words = _rest(list(call.words), _ENGINE_TAKES)
    compose = call.name.endswith("-compose")
    if words and words[0].text in ("compose", "container"):
        compose = compose or words[0].text == "compose"
        words = _rest(words[1:], _ENGINE_TAKES)
    if not words or words[0].text not in ("exec", "run"):
        return
    takes = _ENGINE_TAKES - {"-f", "-p", "-c", "-H"} if words[0].text == "exec" else _RUN_TAKES | _ENGINE_TAKES - {"-f"}
    inner = _rest(words[1:], takes)
    options = words[1 : len(words) - len(inner)]
    letters = "".join(word.text[1:] for word in options if not word.text.startswith("--") and word.text.startswith("-"))
    tty = ("t" in letters or "--tty" in [word.text for word in options]) or (compose and "T" not in letters)
    open_ = compose or "i" in letters or "--interactive" in [word.text for word in options]
    for one in _as_call(inner[1:], call, fed=call.fed if open_ else True):
        yield Carried(one, call, tty)


def _kubectl(call: Call) -> Iterator[Carried]:
    texts = [word.text for word in call.words]
    if "--" not in texts or not ({"exec", "run", "debug"} & set(texts[: texts.index("--")])):
        return
    at = texts.index("--")
    letters = "".join(word[1:] for word in texts[:at] if word.startswith("-") and not word.startswith("--"))
    given = {word.partition("=")[0] for word in texts[:at]}
    open_ = "i" in letters or "--stdin" in given
    for one in _as_call(list(call.words[at + 1 :]), call, fed=call.fed if open_ else True):
        yield Carried(one, call, "t" in letters or "--tty" in given)


def _ssh(call: Call) -> Iterator[Carried]:
    words = _rest(list(call.words), _SSH_TAKES)
    after = _rest(words[1:], _SSH_TAKES)
    if len(after) == 1:
        yield from (Carried(one, call, call.short("t")) for one in _within(after[0], call))
    else:
        yield from (Carried(one, call, call.short("t")) for one in _as_call(after, call))


def _heroku(call: Call) -> Iterator[Carried]:
    """What `heroku run` carries to a dyno."""
    if call.plain[:1] and call.plain[0] in ("run", "run:detached", "run:inside"):
        at = next(number for number, word in enumerate(call.words) if word.text == call.plain[0])
        words = _rest(list(call.words[at + 1 :]), _DYNO_TAKES)
        for one in _as_call(words, call):
            yield Carried(one, call, call.plain[0] != "run:detached" and not call.has("--no-tty"))


def _xargs(call: Call) -> Iterator[Carried]:
    takes = option_names("-n -P -I -L -d -a -s -E --max-args --max-procs --replace --delimiter --arg-file")
    for one in _as_call(_rest(list(call.words), takes), call, fed=False):
        yield Carried(replace(one, here=None, here_word=None, fed=True), call)
