from tests.cli.conftest import Fireline, until


def test_what_a_person_reports_comes_in_like_any_alert(house: Fireline, worker: int) -> None:
    assert house("alert", "list").out == "No alerts.\n"
    assert house("report", "login is broken", "--text", "since nine", "--target", "main").code == 0
    until(lambda: house.data("alert", "list"), what="the alert")
    shown = house("alert", "show", "1").out.splitlines()
    assert shown[0] == "Alert 1  login is broken"
    assert "  firing · report · target main · incident INC-1" in shown
    assert "login is broken" in house("alert", "list", "--search", "LOGIN").out
    assert house.data("alert", "list", "--search", "logout") == []
    assert house.data("alert", "list", "--status", "resolved") == []
    assert house("alert", "list", "--status", "odd").code == 2
    assert house.data("incident", "show")["title"] == "login is broken"
