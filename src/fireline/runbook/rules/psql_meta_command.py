"""A command of psql that psql does not have, or that can not work where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fireline.runbook.language.psql import Source
from fireline.runbook.lint.database.nearest import alike
from fireline.runbook.lint.rule import Fault, Rule
from fireline.runbook.lint.sql.statements import Script
from fireline.runbook.lint.subject import Subject

_KNOWN = frozenset(
    """! ? a bind bind_named C c cd close_prepared conninfo connect copy copyright crosstabview e echo ef elif else encoding
    endif endpipeline errverbose ev f flush flushrequest g gdesc getenv getresults gexec gset gx H h help html i if ir include
    include_relative l list lo_export lo_import lo_list lo_unlink o out p parse password print prompt pset q qecho quit r reset
    restrict s sendpipeline set setenv sf startpipeline sv syncpipeline t T timing unrestrict unset w warn watch write x z . \\ ;
    """.split()  # noqa: SIM905 - a list of words reads better so
)
_DESCRIBES = frozenset(
    """d da dA dAc dAf dAo dAp db dc dC dconfig dd dD ddp des det deu dew df dfa dfn dfp dft dfw dF dFd dFp dFt dg di dl dL
    dm dn do dO dp dP dPi dPt dPn dPin dPtn dPit drds drg dRp dRs ds dt du dv dx dX dy dE dti dit dtv dtvs dts dis dvm dtvm dtvmsE dEm dm
    sf sv l lo_list z
    """.split()  # noqa: SIM905 - likewise  # noqa: SIM905 - a list of words reads better so
)
_VARIABLE = re.compile(r":(?:'\w+'|\"\w+\"|[A-Za-z_]\w*)")


def look(subject: Subject) -> Iterator[Fault]:
    """Every such command, and psql's own language in a -c."""
    for script in subject.scripts:
        if any(one.kind == "CopyStmt" and one.node.is_from and not one.node.filename for one in script.pieces):
            continue  # what follows may be its data
        source = Source(script.sql)
        for start, text in source.commands:
            name = re.match(r"\\([!?;\\.]|[A-Za-z_]+[+]?[A-Za-z+]*)", text)
            if name is not None and not _exists(name[1]):
                yield _unknown(script, start, name[1])
        if script.door == "option":
            yield from _in_option(script, source)


def _exists(name: str) -> bool:
    plain = name.rstrip("+")
    if name in _KNOWN or plain in _KNOWN or plain in _DESCRIBES:
        return True
    # S shows system objects, + more, x a wide form; of tables, views, indexes … several letters may be joined.
    bare = re.sub(r"[S+x]", "", plain)
    return bare in _DESCRIBES or re.fullmatch(r"d[tvmisE]+", bare) is not None


def _unknown(script: Script, start: int, name: str) -> Fault:
    place = script.place(start)
    near = [one for one in alike(name, sorted(_KNOWN | _DESCRIBES)) if len(one) > 1]
    mysql = name == "G"
    return Fault(
        place.line,
        f"psql has no command `\\{name}`",
        column=place.column,
        step=script.key,
        suggestion="Write `\\gx`."
        if mysql
        else f"Write `\\{near[0]}`."
        if near
        else "`\\?` in psql lists those it has.",
    )


def _in_option(script: Script, source: Source) -> Iterator[Fault]:
    """With -c psql sends the text as it is, or carries out one command of its own: never both."""
    beside = bool(script.pieces) and bool(source.commands)
    if beside:
        place = script.place(source.commands[0][0])
        yield Fault(
            place.line,
            "psql -c takes either SQL or one command of psql, not both",
            column=place.column,
            step=script.key,
            evidence=source.commands[0][1][:80],
            suggestion="Give each its own -c.",
        )
    for one in source.variables:
        if one.kind == "variable" and _VARIABLE.fullmatch(one.token):
            place = script.place(one.start)
            yield Fault(
                place.line,
                f"psql -c puts no value in the place of `{one.token}`",
                column=place.column,
                step=script.key,
                suggestion="Give psql the SQL by standard input or a file: there its variables are replaced.",
            )


rule = Rule(
    id="psql-meta-command",
    area="sql",
    severity="error",
    summary="A command of psql that does not work",
    why="What begins with a backslash is for psql, not for the server: psql refuses a command that it does not have. "
    "With -c it replaces no variables, and does not mix its commands with SQL.",
    bad="# Full disk\n\n1. **Look at the sizes:**\n   ```sql\n   \\sizes public.*\n   ```\n",
    good="# Full disk\n\n1. **Look at the sizes:**\n   ```sql\n   \\dt+ public.*\n   ```\n",
    look=look,
)
