"""The words that bash understands by itself: no program stands behind them."""

from __future__ import annotations

BUILTINS = frozenset(
    """
    . : [ [[ alias bg bind break builtin caller case cd command compgen complete compopt continue coproc declare dirs
    disown echo enable eval exec exit export false fc fg for function getopts hash help history if jobs kill let local
    logout mapfile popd printf pushd pwd read readarray readonly return select set shift shopt source suspend test then
    time times trap true type typeset ulimit umask unalias unset until wait while
    """.split()  # noqa: SIM905 - a list of words is easier to read than of strings
)
