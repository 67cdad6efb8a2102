from tests.cli.conftest import Fireline


def test_sources_are_listed_with_where_to_send(house: Fireline) -> None:
    out = house("source", "list").out
    assert "generic" in out
    assert "/in/generic" in out
    assert "never" in out
    shown = house("source", "show", "generic").out
    assert "?token=TOKEN" in shown
    assert "curl" in shown
    assert "a-token-long-enough" not in shown + out
    assert house("source", "show", "nobody").code == 2


def test_a_test_is_taken_by_a_worker_and_opens_nothing(house: Fireline, worker: int) -> None:
    done = house("source", "test", "generic")
    assert done.code == 0, done.err
    assert "A worker took it after" in done.out
    assert house.data("alert", "list") == []
    assert house.data("incident", "list", "--status", "all") == []
    assert house("source", "test", "nobody").code == 2
