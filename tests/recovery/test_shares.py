"""What of a dump is loaded by whom: the tables with slow indexes and these indexes apart, everything exactly once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from fireline.postgres import client_tools
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery.shares import Shares, share_out, slow_indexes
from tests.recovery.place import owner, school
from tests.recovery.test_loading import SEARCHED, built

SCRIPT = b"""--
-- TOC entry 7 (class 1259 OID 16411)
-- Dependencies: 3
-- Name: quick; Type: INDEX; Schema: public; Owner: o
--

CREATE INDEX quick ON public.t USING btree (a);


--
-- TOC entry 8 (class 1259 OID 16412)
-- Name: slow; Type: INDEX; Schema: public; Owner: o
--

CREATE INDEX slow ON public.t USING hnsw (b);


--
-- TOC entry 9 (class 2606 OID 16413)
-- Name: t x; Type: CONSTRAINT; Schema: public; Owner: o
--

ALTER TABLE ONLY public.t ADD CONSTRAINT x EXCLUDE USING gist (a WITH &&);
"""


def shared(target: Target, folder: Path, form: str) -> Shares | None:
    with owner(target) as conn:
        tools = client_tools.find(conn.info.server_version // 10000)
    with client_tools.environment(target.dsn) as access:
        folder.mkdir(exist_ok=True)
        file = folder / "dump"
        argv = [tools.program("pg_dump"), f"--dbname={access.conninfo}", f"--format={form}", f"--file={file}"]
        client_tools.run(argv, access.env, watch=Watch())
        return share_out(file, tools, access, Watch())


def kinds(listed: bytes) -> set[str]:
    return {
        line.split(" ", 3)[3]
        for line in listed.decode().splitlines()
        if re.match(r"\d", line) and line.split(" ", 3)[3].startswith(("TABLE DATA", "INDEX public", "CONSTRAINT"))
    }


def test_an_index_is_slow_by_its_kind_and_a_constraint_never() -> None:
    assert [number for number, _ in slow_indexes(SCRIPT)] == [b"8"]


def test_a_dump_without_a_slow_index_is_not_shared_out(patient: Target, tmp_path: Path) -> None:
    school(patient)
    assert shared(patient, tmp_path, "custom") is None


@pytest.mark.parametrize("form", ["custom", "directory"])
def test_each_entry_is_in_one_list_and_the_slow_ones_are_with_their_table(
    patient: Target, tmp_path: Path, form: str
) -> None:
    built(patient, *SEARCHED)
    with owner(patient) as conn:
        who = conn.info.user
    found = shared(patient, tmp_path, form)
    assert found is not None
    assert kinds(found.slow_rows) == {f"TABLE DATA public pages {who}"}
    assert {line.rsplit(" ", 2)[1] for line in kinds(found.slow_indexes)} == {  # near is not: its comment needs it
        "pages_words_idx",
        "pages_at_idx",
        "found_words_idx",
    }
    assert {f"TABLE DATA public {name} {who}" for name in ("reads", "parts_1", "parts_2", "rooms")} <= kinds(
        found.others
    )
    numbers = [
        number
        for listed in (found.slow_rows, found.slow_indexes, found.others)
        for number in re.findall(rb"^\d+", listed, re.M)
    ]
    assert len(numbers) == len(set(numbers))
    assert 0 < found.weight < 1
    assert found.memory is None  # two are not GIN, and want all there is


def test_gin_is_built_with_little_memory_where_the_size_of_its_table_is_known(patient: Target, tmp_path: Path) -> None:
    built(
        patient,
        "CREATE TABLE notes AS SELECT ARRAY[n] AS tags FROM generate_series(1, 50) n",
        "CREATE INDEX ON notes USING gin (tags)",
    )
    known, unknown = (shared(patient, tmp_path / form, form) for form in ("directory", "custom"))
    assert known is not None
    assert unknown is not None
    assert (known.memory, unknown.memory) == (64 << 20, None)
