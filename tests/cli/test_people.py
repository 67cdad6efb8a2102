from tests.cli.conftest import Fireline
from tests.cli.me import ME


def test_the_first_account_of_this_machine_is_an_admin_and_adds_others(fireline: Fireline) -> None:
    assert fireline.data("user", "whoami")["role"] == "admin"
    assert (
        fireline("user", "add", "ben", "--display", "Ben", "--email", "ben@example.org").out
        == "ben is added as responder.\n"
    )
    assert sorted(one["name"] for one in fireline.data("user", "list")) == sorted(["ben", ME])
    assert fireline("user", "change", "ben", "--role", "viewer").out == "ben is viewer.\n"
    assert fireline("user", "disable", "ben").code == 0


def test_a_password_comes_from_a_pipe_and_never_from_the_command_line(fireline: Fireline) -> None:
    fireline("user", "add", "ben")
    done = fireline("user", "password", "ben", given="correct horse battery staple\n")
    assert done.code == 0
    assert done.out.startswith("The password of ben is set")
    assert fireline("user", "password", "ben").err.startswith("error: no password came")
    assert fireline("user", "password", "ben", "secret").code == 2


def test_a_token_stands_alone_on_stdout_and_is_shown_once(fireline: Fireline) -> None:
    made = fireline("token", "create", "ci", "--days", "3")
    assert made.out.startswith("fl_")
    assert len(made.out.splitlines()) == 1
    assert made.out.strip() not in fireline("token", "list").out
    assert fireline("token", "revoke", "1").code == 0
