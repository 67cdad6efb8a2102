"""Pages of a file are damaged: what is on them can not be read, and writing on makes it worse."""

from __future__ import annotations

from fireline.assess.checks.damage import Damage, Page
from fireline.assess.checks.databases import Databases
from fireline.assess.quoting import qualified
from fireline.assess.snapshot import Snapshot
from fireline.assess.telling import listed
from fireline.assess.verdict import Cause, Cure, Evidence, Probe, Rejected, Verdict

LABEL = "page_corruption"
FAMILY = "integrity"
_COMPLAINTS = ("corrupt",)
_MOST_ASKED = 10


def judge(snapshot: Snapshot) -> tuple[Verdict, ...]:
    """Pages that can not be read now; or failures that were counted, when no page is found that explains them."""
    damage = snapshot.last("damage", Damage)
    pages = [one for one in damage.pages if one.error or (not one.tried and _likely(snapshot, one))] if damage else []
    if pages:
        return (_verdict(snapshot, pages),)
    unexplained = damage is None or not (damage.pages or damage.whole)
    return (_verdict(snapshot, []),) if _failures(snapshot) and unexplained else ()


def _likely(snapshot: Snapshot, page: Page) -> bool:
    """Whether a page that was called damaged and could not be read again is still what is there."""
    databases = snapshot.last("databases", Databases)
    counts = databases is not None and databases.here is not None and databases.here.checksum_failures is not None
    return page.oid is not None and (page.kind == "i" or not counts or _failures(snapshot) > 0)


def _failures(snapshot: Snapshot) -> int:
    databases = snapshot.last("databases", Databases)
    return (databases.here.checksum_failures or 0) if databases and databases.here else 0


def _verdict(snapshot: Snapshot, pages: list[Page]) -> Verdict:
    names = list(dict.fromkeys(page.relation for page in pages))
    indexes = bool(pages) and all(page.kind == "i" for page in pages)
    what = (
        listed(names)
        if names
        else f"a table or index of {snapshot.server.database if snapshot.server else 'the database'}"
    )
    facts = [_fact(page) for page in pages[:8]]
    if count := _failures(snapshot):
        databases = snapshot.last("databases", Databases)
        last = databases.here.checksum_failed_at if databases and databases.here else None
        facts.append(
            Evidence(
                "pg_stat_database",
                f"{count} checksum failures were counted, the last at {last:%Y-%m-%d %H:%M:%S %Z}"
                if last
                else f"{count} checksum failures were counted",
            )
        )
    return Verdict(
        cause=LABEL,
        title=f"Pages of {what} are damaged on disk.",
        severity="high" if indexes else "critical",
        confidence=0.98 if any(page.error for page in pages) else 0.85 if pages else 0.75,
        objects=tuple(names) or (what,),
        evidence=tuple(facts),
        explains=("invalid page in block", "reading some rows fails"),
        rejected=(
            Rejected(
                "index_missing_entries",
                f"{what} can not be read at all where it is damaged; a bad index answers, wrongly",
            ),
            Rejected(
                "disk_full_tablespace",
                "the page is there and its content is wrong; nothing was refused for want of room",
            ),
        ),
        remedy=_rebuild(pages) if indexes else _restore(names),
        probe=_probe(pages),
    )


def _fact(page: Page) -> Evidence:
    of = f" of {page.of}" if page.of else ""
    kind = {"i": "index", "t": "TOAST table", "m": "materialised view"}.get(page.kind, "table")
    now = f"reading it now: {page.error}" if page.error else "not read again"
    return Evidence(page.seen, f"block {page.block} of {kind} {page.relation}{of}, file {page.path}; {now}")


def _rebuild(pages: list[Page]) -> Cure:
    names = dict.fromkeys(qualified(page.schema, page.name) for page in pages)
    return Cure(
        text="Only an index is damaged: build it anew from its table, which shuts nobody out. Then look for the reason (disk, memory, file system),"
        " as other files may be hit that nobody has read yet: check the whole server with pg_amcheck and pg_checksums.",
        sql=tuple(f"REINDEX INDEX CONCURRENTLY {name}" for name in names),
    )


def _restore(names: list[str]) -> Cure:
    tables = listed(names) if names else "the damaged table"
    return Cure(
        text="Stop writing to this server and do not restart or vacuum it. Copy its data directory as it is, before anything else. Then fail over to a"
        f" standby, if {tables} can be read there, or restore the last backup beside it up to now, and take the rows from that."
        " zero_damaged_pages makes the error go away by throwing the rows of the page away: not before there is a copy.",
        level="destructive",
    )


def _probe(pages: list[Page]) -> Probe:
    """Reads the very pages again, or asks whether failures are still counted. An error while it reads is red."""
    readable = [page for page in pages if page.tried][:_MOST_ASKED]
    if readable:
        parts = [
            f"SELECT count(*) AS rows_there FROM {qualified(page.schema, page.name)} WHERE ctid = ANY (ARRAY['({page.block},1)'::tid])"  # noqa: S608 - quoted names
            for page in readable
        ]
        return Probe(" UNION ALL ".join(parts), "rows_there >= 0")
    if pages and all(page.kind == "i" for page in pages):
        files = ", ".join(f"({page.oid}, '{page.path.rsplit('/', 1)[-1].split('.')[0]}')" for page in pages if page.oid)
        return Probe(f"SELECT relname FROM pg_class WHERE (oid::int8, relfilenode::text) IN ({files})", "rows = 0")  # noqa: S608 - numbers
    return Probe(
        "SELECT datname FROM pg_stat_database WHERE datname = current_database() AND checksum_failures > 0", "rows = 0"
    )


cause = Cause(LABEL, FAMILY, judge, ("databases",), _COMPLAINTS)
