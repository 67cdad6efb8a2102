"""Bytes of a page were changed on disk while checksums are on; a read has met it.

Nobody complaining, the server's own count of failures tells it, and a search finds the table.
limited: a member of pg_monitor may not read the table again, but the message names the page.
"""

from __future__ import annotations

from pathlib import Path

import psycopg

from fireline.assess.verdict import Verdict
from tests.drills.drill import Fault, Wound
from tests.drills.place import Place

_PAGE = 8192


def inject(at: Place) -> Wound:
    at.shop(at.rng.randrange(2000, 5000))
    heap = at.rng.random() < 0.7
    index = (
        f"SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = '{at.table}'::regclass AND NOT indisunique"
    )
    name = at.table if heap else str(at.sql(index)[0][0])
    file = at.data / str(at.sql(f"SELECT pg_relation_filepath('{name}')")[0][0])
    at.sql("CHECKPOINT")
    at.stop()
    block = at.rng.randrange(file.stat().st_size // _PAGE) if heap else 1
    sound = spoil(file, block, at)
    at.cluster.start()
    at.admin = at.connect(autocommit=True)
    try:
        at.sql("SET enable_seqscan = off" if not heap else "SET enable_indexscan = off")
        at.sql(
            f"SELECT count(*), sum({at.other}_id) FROM {at.table} WHERE {at.other}_id > 0 OR {'false' if not heap else 'note IS NULL'}"
        )
        said = ""
    except psycopg.Error as fault:
        said = str(fault)
    assert "invalid page" in said, said

    def restore(verdict: Verdict) -> None:
        """From the copy that was made; a server restored from a backup has counted nothing yet."""
        if verdict.remedy.sql:
            for statement in verdict.remedy.sql:
                at.sql(statement)
            return
        at.stop("immediate")
        file.write_bytes(sound)
        at.cluster.start()
        at.admin = at.connect(autocommit=True)

    return Wound((f"ERROR:  {said}", f"could not export {at.table}: {said.splitlines()[0]}"), remedy=restore)


def spoil(file: Path, block: int, at: Place) -> bytes:
    """Change some bytes in the middle of a page; what the file was before."""
    sound = file.read_bytes()
    begin = block * _PAGE + at.rng.randrange(4000, 8000)
    bad = bytes(one ^ 0x5A for one in sound[begin : begin + 16])
    with file.open("r+b") as opened:
        opened.seek(begin)
        opened.write(bad)
    return sound


fault = Fault("page_corruption", inject)
