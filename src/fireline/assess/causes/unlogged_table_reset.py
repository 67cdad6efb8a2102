"""The server crashed, and emptied the tables that are not logged: their rows are gone, and nobody deleted them."""

from __future__ import annotations

from datetime import timedelta

from fireline.assess.checks.unlogged import Unlogged, UnloggedTables
from fireline.assess.quoting import qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import age, listed, span
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "unlogged_table_reset"
_TOGETHER = timedelta(seconds=60)  # a crash and the counters that it threw away
_NEWS = timedelta(days=1)  # what nobody missed for longer is not missed


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Unlogged tables that are empty since a crash, and were not when last analysed; asked, also those never analysed."""
    seen = snapshot.last("unlogged", UnloggedTables)
    if seen is None or not crashed(seen):
        return ()
    asked = snapshot.complaint.about("lost")
    came_up = seen.came_up or seen.started
    recent = came_up is not None and seen.at - came_up < _NEWS
    found = [one for one in seen.tables if _emptied(one, asked=asked)]
    return (_verdict(seen, found),) if found and (recent or asked) else ()


def crashed(seen: UnloggedTables) -> bool:
    """Whether the server came up from a crash: it threw its counters away then. Before version 15 it also kept none so long."""
    came_up = seen.came_up or seen.started
    return came_up is not None and seen.counted_since is not None and abs(seen.counted_since - came_up) < _TOGETHER


def _emptied(one: Unlogged, *, asked: bool) -> bool:
    if one.size or one.live or one.inserted or one.deleted:
        return False
    return one.remembered > 0 or (asked and one.remembered < 0 and one.size == 0)


def _verdict(seen: UnloggedTables, found: list[Unlogged]) -> Verdict:
    came_up = seen.came_up or seen.started
    names = [qualified(one.schema, one.name) for one in found]
    sure = any(one.remembered > 0 for one in found)
    return Verdict(
        cause=LABEL,
        title=f"The server crashed and emptied {listed(names)}, which {'is' if len(found) == 1 else 'are'} not logged.",
        severity="critical",
        confidence=0.95 if sure else 0.8,
        objects=tuple(names[:10]),
        evidence=(
            Evidence(
                "pg_stat_activity",
                f"the server came up {span(age(seen.at, came_up))} ago and has counted from zero since: it had crashed",
            ),
            *(Evidence("pg_class", _fact(one)) for one in found[:5]),
        ),
        explains=("rows are gone", "a table is empty after a crash"),
        rejected=(
            Rejected("mass_delete", f"no deleted rows are counted in {listed(names)}, and the tables are not logged"),
            Rejected(
                "rls_enabled_no_policy",
                "the tables are empty for everybody, also on disk"
                if any(one.size == 0 for one in found)
                else "the catalogs count no row there",
            ),
            Rejected("search_path_override", f"the tables are where they were: {listed(names)}"),
        ),
        remedy=Cure(
            text="What was in them is not on this server any more: fill them again from their source, or from a backup that has"
            " unlogged tables (a dump has, a physical copy has not). Then log them, so that the next crash keeps them; that"
            " rewrites a table under a lock that shuts others out.",
            sql=tuple(f"ALTER TABLE {name} SET LOGGED" for name in names[:10]),
            level="reversible",
            undo=tuple(f"ALTER TABLE {name} SET UNLOGGED" for name in names[:10]),
        ),
        probe=Probe(
            f"SELECT relname FROM pg_class WHERE oid IN ({', '.join(str(one.oid) for one in found[:10])}) AND relpersistence = 'u'",  # noqa: S608 - numbers
            "rows = 0",
        ),
    )


def _fact(one: Unlogged) -> str:
    had = f"had {one.remembered:.0f} rows when last analysed" if one.remembered > 0 else "was never analysed"
    has = "0 bytes" if one.size == 0 else "no rows counted"
    return f"{one.schema}.{one.name} is unlogged, {had}, and has {has} now"


cause = Cause(LABEL, "integrity", judge, ("unlogged",), ("lost",))
