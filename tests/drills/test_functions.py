"""The short form of the functions' drills: what the function says beside the command, and on a server that is well."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.drills import functions
from tests.drills.drill import faults
from tests.drills.place import forget, versions

SEED = 1
SHORT = ("ddl_queue_behind_idle_tx", "archiver_failing", "rls_disabled_exposed", "failover_to_standby")


@pytest.fixture(scope="module", autouse=True)
def _templates() -> Iterator[None]:
    yield
    forget()


@pytest.mark.parametrize("label", SHORT)
def test_the_function_gives_the_points_of_the_command(label: str) -> None:
    done = functions.run(faults()[label], max(versions()), SEED)
    assert (done.found, done.said) == ([], ""), done


@pytest.mark.parametrize("label", ["fk_triggers_disabled", "server_not_running"])
def test_what_it_does_not_judge_or_can_not_be_asked_is_told(label: str) -> None:
    done = functions.run(faults()[label], max(versions()), SEED)
    assert done.found == [], done
    assert "beside" in done.said or "nothing to compare" in done.said, done


def test_on_a_healthy_server_it_takes_no_point() -> None:
    assert functions.well("supabase_like", max(versions()), SEED).found == []
