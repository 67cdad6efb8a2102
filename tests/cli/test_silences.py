from tests.cli.conftest import Fireline


def test_a_silence_is_made_looked_at_and_ended(house: Fireline) -> None:
    assert house("silence", "list").out == "No silences.\n"
    assert house("silence", "preview", "target=main").out == "It fits no alert that fires now.\n"
    made = house("silence", "add", "target=main", 'alertname=~"Pg.*"', "--comment", "moving the disk", "--for", "3h")
    assert made.code == 0
    assert 'target="main", alertname=~"Pg.*"' in made.out
    assert "fireline silence end 1" in made.out
    window = ["--days", "mon", "--between", "22:00-02:00", "--timezone", "Europe/Berlin", "--for", "28d"]
    assert house("silence", "add", "target=main", "--comment", "backups", "--maintenance", *window).code == 0
    listed = house("silence", "list").out
    assert "moving the disk" in listed
    shown = house("silence", "show", "2").out
    assert "Maintenance 2: backups" in shown
    assert "mon 22:00-02:00 Europe/Berlin" in shown
    assert house("silence", "end", "1").out == "Silence 1 has ended. What still fires is told of now.\n"
    assert house("silence", "end", "1").code == 1
    assert house("silence", "add", "main", "--comment", "x").code == 2
    assert [one["state"] for one in house.data("silence", "list", "--past")][-1] == "over"
