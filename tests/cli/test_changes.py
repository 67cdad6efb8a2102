from tests.cli.conftest import Fireline


def test_a_change_is_written_down_and_found_again(house: Fireline) -> None:
    assert house("change", "list").out == "No changes.\n"
    said = ["change", "add", "shop 4.2", "--target", "main", "--by", "ci", "--url", "https://ci.example.org/42"]
    assert house(*said).out == "Written down: shop 4.2\n"
    assert house(*said, "--at", "2026-03-01T22:00+01:00", "--kind", "migration").code == 0
    listed = house.data("change", "list")
    assert [(one["title"], one["kind"], one["target"], one["by"], one["source"]) for one in listed] == [
        ("shop 4.2", "deploy", "main", "ci", "said"),
        ("shop 4.2", "migration", "main", "ci", "said"),
    ]
    assert listed[1]["at"] == "2026-03-01T21:00:00.000000+00:00"
    assert "shop 4.2" in house("change", "list", "--kind", "migration", "--search", "SHOP").out
    assert house.data("change", "list", "--search", "100%") == []
    assert house.data("change", "list", "--before", str(listed[0]["change"])) == listed[1:]


def test_what_can_not_be_a_change_is_told_in_a_line(house: Fireline) -> None:
    for wrong in (["--kind", "odd"], ["--at", "noon"], ["--target", "nowhere"], ["--url", "javascript:alert(1)"]):
        done = house("change", "add", "x", *wrong)
        assert done.code == 2
        assert "Traceback" not in done.err
