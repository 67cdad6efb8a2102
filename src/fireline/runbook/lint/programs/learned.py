"""The tree of an installed program, grown from its own help as far as a call needs it."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from fireline.runbook.lint.programs import learning
from fireline.runbook.lint.programs.branch import Branch, Unsure
from fireline.runbook.lint.programs.help.reading import Help
from fireline.runbook.lint.programs.learning import Told
from fireline.runbook.lint.programs.tables import child

_MOST_SIBLINGS = 80
_SHORT = 3  # letters of an alias such as ls, rm or del, which looks like nothing
_CLOSE = 0.6


@dataclass(frozen=True)
class Learned:
    """An installed program, beside the table that is shipped of it: what both do not explain is unknown."""

    about: Told
    shipped: Branch

    def root(self) -> Branch | None:
        """The program itself; None when its help could not be read or is quite unlike the one that is known."""
        told = learning.help_of(self.about, ())
        return None if told is None or not _alike(told, self.shipped) else _branch(told, self.shipped)

    def below(self, path: tuple[str, ...], branch: Branch, word: str) -> Branch | None:
        """The subcommand behind a word; None when this version has none of it."""
        known = self._shipped(path)
        name = word if word in branch.children else self._meant(path, branch, known, word)
        if name is None:
            return None
        told = learning.help_of(self.about, (*path, name))
        inner = child(known, name) if known else None
        if told is None:
            return Branch(complete=False)
        return _branch(told, inner)

    def _shipped(self, path: tuple[str, ...]) -> Branch | None:
        """What the table says at a path; None where it ends."""
        branch: Branch | None = self.shipped
        for word in path:
            branch = child(branch, word) if branch else None
        return branch

    def _meant(self, path: tuple[str, ...], branch: Branch, known: Branch | None, word: str) -> str | None:
        """The subcommand that another name stands for, by the table or by what the siblings say of themselves."""
        alias = known.children.get(word) if known else None
        if isinstance(alias, str) and alias in branch.children:
            return alias
        asked = [name for name in branch.children if _may_mean(name, word, known)]
        if len(asked) > _MOST_SIBLINGS:
            raise Unsure
        for name in asked:
            told = learning.help_of(self.about, (*path, name))
            if told is None:
                raise Unsure
            if word in told.aliases:
                return name
        return None


def _may_mean(name: str, word: str, known: Branch | None) -> bool:
    """Whether a subcommand has to be asked if it is also called so: one that the table does not know, or that looks like it.

    The table has the aliases of the others, of its own version; those are names like it, or shorter than a word.
    """
    if known is None or name not in known.children or len(word) <= _SHORT:
        return True
    return name[:2] == word[:2] or SequenceMatcher(None, name, word).ratio() >= _CLOSE


def _alike(told: Help, known: Branch) -> bool:
    """Whether a help text was understood: it names at least half of the subcommands that the known version has."""
    names = {name for name, one in known.children.items() if not isinstance(one, str)}
    return not names or 2 * len(names & set(told.subcommands)) >= len(names)


def _branch(told: Help, known: Branch | None) -> Branch:
    """What a help text says; where it says that more is told elsewhere, with what the table knows."""
    options = told.options
    if options is None or told.partial:
        options = None if known is None or known.options is None else (options or frozenset()) | known.options
    return Branch(
        options=options,
        with_value=told.with_value | (known.with_value if known else frozenset()),
        children=dict.fromkeys(told.subcommands, 0),
        arguments=told.arguments or bool(known and known.arguments and known.children),
        passes=told.passes or bool(known and known.passes),
        complete=known.complete if known else True,
    )
