from tests.cli.conftest import Fireline


def test_the_kill_switch_is_set_shown_and_lifted(fireline: Fireline) -> None:
    assert fireline("halt", "--show").out == "not halted: steps may start\n"
    assert fireline("halt", "odd things happen").out.startswith("halted")
    assert "odd things happen" in fireline("halt", "--show").out
    assert fireline("halt", "--lift").code == 0
    assert fireline("halt", "--lift").code == 1
    assert fireline("halt", "--lift", "--show").code == 2
