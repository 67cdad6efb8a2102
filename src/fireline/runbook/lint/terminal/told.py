"""What a call is told by its words: which follow those of a table, and whether an option is among them."""

from __future__ import annotations

from fireline.runbook.lint.shell.call import Call

_LETTER = 2  # a dash and a letter


def told(call: Call) -> tuple[tuple[str, ...], ...]:
    """Its words that are no options, once with and once without those that may be an option's value; what is open counts as a word."""
    everything: list[str] = []
    without: list[str] = []
    for at, word in enumerate(call.words):
        if word.text.startswith("-") and not word.quoted:
            continue
        text = word.text if word.literal else "\0"
        everything.append(text)
        before = call.words[at - 1] if at else None
        value = before is not None and before.text.startswith("-") and not before.quoted and "=" not in before.text
        if not value:
            without.append(text)
    return tuple(dict.fromkeys((tuple(everything), tuple(without))))


def after(wanted: tuple[str, ...], words: tuple[str, ...]) -> int | None:
    """How many words follow the wanted ones, those with a value apart: -var a=b; None when it does not begin with them."""
    if words[: len(wanted)] != wanted:
        return None
    return sum("=" not in word for word in words[len(wanted) :])


def given(call: Call, options: frozenset[str]) -> bool:
    """Whether it has one of these options, alone, with a value, or among the letters of another."""
    if any(word.text in options or word.text.partition("=")[0] in options for word in call.words):
        return True
    return any(len(one) == _LETTER and call.short(one[1]) for one in options)
