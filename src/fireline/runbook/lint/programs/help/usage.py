"""What the usage of a help text says: which words a command takes, and whether some are another program's."""

from __future__ import annotations

import re

from fireline.runbook.lint.programs.help.commands import HEADING
from fireline.runbook.lint.programs.help.options import LINE

_USAGE = re.compile(r"^\s*usage\b:?\s*(.*)$", re.IGNORECASE)
_PASSES = re.compile(r"\b(?:command|cmd|prog(?:ram)?|args)\b", re.IGNORECASE)


def usage(lines: list[str], path: tuple[str, ...]) -> list[str]:
    """The lines of the usage, those that are broken put together."""
    first = next((line for line in lines if line.strip()), "")
    if path and first.startswith(f"{path[0]} ["):
        return [first]
    for at, line in enumerate(lines):
        found = _USAGE.match(line)
        if found is None:
            continue
        block = [found[1]] if found[1] else []
        for more in lines[at + 1 :]:
            if not more.strip() and block:
                break
            if more.strip() and (not more.startswith(" ") or HEADING.match(more) or LINE.match(more) is not None):
                break
            if more.strip():
                block.append(more.strip())
        return block
    return []


def _words(usage: list[str], path: tuple[str, ...]) -> str:
    """What the usage says beyond the program, its subcommands and options."""
    text = " ".join(usage)
    text = re.sub(r"\[\s*\(?-[^\[\]]*(?:\[[^\[\]]*\][^\[\]]*)*\]", " ", text)
    text = re.sub(r"[\[{<(]*\b(?:options?|flags?|global flags)\b[\])}>.,]*(?:\.\.\.)?", " ", text, flags=re.IGNORECASE)
    text = re.sub(r"(?:^|\s)(?:\$|or:|usage:)(?=\s|$)", " ", text, flags=re.IGNORECASE)
    for word in path:
        text = re.sub(rf"(?:^|(?<=[\s:])){re.escape(word)}(?=[\s:]|$):?", " ", text)
    return text


def takes_words(usage: list[str], path: tuple[str, ...]) -> bool:
    """Whether a program with subcommands takes other words too; so when its usage is not said."""
    if not usage:
        return True
    text = _words(usage, path)
    text = re.sub(r"\{[\w,.:-]+\}", " ", text)
    text = re.sub(
        r"[\[<(]*\b(?:(?:sub|management )?commands?|args?|arguments)\b[\])>]*(?:\s?\.\.\.)?[\])>]*",
        " ",
        text,
        flags=re.IGNORECASE,
    )
    return bool(re.search(r"[A-Za-z]", re.sub(r"--?[\w-]+(?:[ =]<[^>]*>)?", " ", text)))


def passes(usage: list[str], path: tuple[str, ...]) -> bool:
    """Whether what follows its first argument belongs to another program."""
    text = _words(usage, path)
    return bool(_PASSES.search(text.partition(" -- ")[0])) and " -- " not in text
