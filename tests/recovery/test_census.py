"""A census is the same after a dump and a restore, whatever is in the database and whichever version it goes to."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fireline.cluster import Cluster
from fireline.postgres.connect import Target
from fireline.postgres.watch import Watch
from fireline.recovery import census
from fireline.recovery.comparing import compare
from fireline.redact import Secret
from tests import servers
from tests.recovery import schemas

EXAMPLES = int(os.environ.get("FIRELINE_TEST_SCHEMAS", "3"))  # databases drawn for each version; more by hand
Servers = Callable[[int], Cluster]


def look(url: str, **how: object) -> census.Census:
    return census.take(Target("main", Secret(url)), watch=Watch(), **how)  # type: ignore[arg-type]


def program(major: int, name: str) -> str:
    return str(servers.versions()[major] / name)


def dump_and_restore(source: str, destination: str, majors: tuple[int, int]) -> None:
    """With the dump program of the source and the restoring one of the destination."""
    with TemporaryDirectory(dir="/tmp") as folder:
        kept = str(Path(folder) / "dump")
        subprocess.run([program(majors[0], "pg_dump"), "-Fd", "-Z0", "-f", kept, "-d", source], check=True)
        subprocess.run([program(majors[1], "pg_restore"), "-e", "-d", destination, kept], check=True)


@contextmanager
def copied(of: Servers, drawn: schemas.Drawn, majors: tuple[int, int]) -> Iterator[tuple[str, str]]:
    """A drawn database and its copy."""
    with ExitStack() as stack:
        source, destination = of(majors[0]), of(majors[1])
        for server in {id(one): one for one in (source, destination)}.values():
            stack.enter_context(schemas.roles(server))
        one = stack.enter_context(schemas.built(source, drawn))
        other = stack.enter_context(schemas.empty(destination, drawn.encoding))
        dump_and_restore(one, other, majors)
        yield one, other


@pytest.mark.debian15
@pytest.mark.parametrize("majors", [(15, 15), (18, 18), (15, 18)], ids=str)
@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 10, suppress_health_check=list(HealthCheck), print_blob=True,
          phases=[Phase.generate] if EXAMPLES < 100 else list(Phase), database=None)  # fmt: skip
@given(data=st.data())
def test_whatever_is_in_a_database_its_copy_has_the_same_census(
    patient_servers: Servers, majors: tuple[int, int], data: st.DataObject
) -> None:
    drawn = data.draw(schemas.databases(major=majors[0]))
    with copied(patient_servers, drawn, majors) as (one, other):
        before = look(one, jobs=2)
        assert [each.says for each in compare(before, look(other))] == []
        assert census.Census.of(before.json()) == before
