from fireline.postgres.connect import Target
from tests.assess.views.looking import seen


def test_the_log_has_a_size_a_rate_and_its_counters(target: Target) -> None:
    found = seen(target, "wal")
    assert "files" in found.facts[0]
    assert "MB a second" in found.facts[1]
    assert found.tables["Archiver"][0]["failed"] == 0
    assert found.tables["Checkpoints"][0]["timed"] >= 0
