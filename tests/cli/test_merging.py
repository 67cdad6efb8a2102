"""`fireline incident merge` and `split`."""

from tests.cli.conftest import Fireline


def test_two_incidents_are_merged_and_show_says_where_it_went(house: Fireline) -> None:
    first = house("declare", "one matter", "--json").data["incident"]
    second = house("declare", "the same matter", "--json").data["incident"]
    done = house("incident", "merge", second, first, "--reason", "one cause")
    assert done.code == 0
    assert f"{second} is merged into {first}." in done.out
    assert f"Merged into {first}" in house("incident", "show", second).out
    assert house("incident", "merge", first, first).code == 2


def test_an_alert_of_another_incident_can_not_be_split_off(house: Fireline) -> None:
    number = house("declare", "one matter", "--json").data["incident"]
    done = house("incident", "split", number, "77")
    assert done.code == 1
    assert f"alert 77 does not belong to {number}" in done.err
