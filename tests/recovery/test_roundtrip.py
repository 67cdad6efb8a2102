"""Whatever is in a database: backed up and restored beside by Fireline, it passes the comparison with its own manifest."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fireline.cluster import Cluster
from fireline.contain.remedies.backup import remedy as backup
from fireline.postgres.connect import Target
from fireline.redact import Secret
from fireline.resolve.remedies.restore import remedy as restore
from fireline.store.connect import Store
from tests.recovery import schemas
from tests.recovery.place import Doer, settings_in

EXAMPLES = int(os.environ.get("FIRELINE_TEST_SCHEMAS", "2"))  # databases drawn for each version; more by hand
Servers = Callable[[int], Cluster]


@pytest.mark.debian15
@pytest.mark.parametrize("major", [15, 18])
@settings(max_examples=EXAMPLES, deadline=None, derandomize=EXAMPLES < 10, suppress_health_check=list(HealthCheck), print_blob=True,
          phases=[Phase.generate] if EXAMPLES < 100 else list(Phase), database=None)  # fmt: skip
@given(data=st.data())
def test_whatever_is_in_a_database_comes_back(
    patient_servers: Servers, store: Store, tmp_path_factory: pytest.TempPathFactory, major: int, data: st.DataObject
) -> None:
    server = patient_servers(major)
    drawn = data.draw(schemas.databases(major=major))
    folder: Path = tmp_path_factory.mktemp("drawn")
    with schemas.roles(server), schemas.built(server, drawn) as url:
        doer = Doer(Target(folder.name, Secret(url)), store, settings_in(folder))
        _, taken = doer.do(backup)
        plan, done = doer.do(restore, backup=taken.facts["backup"])
        doer.undo(restore, plan)
    assert [one["says"] for one in done.facts["differences"]] == []
    assert done.summary.startswith("PASS")
