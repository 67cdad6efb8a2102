"""What is asked of one call."""

from __future__ import annotations

from tests.runbook.lint.shell.calling import one


def test_plain_words_end_at_the_first_that_is_not_literal() -> None:
    assert one("supabase --debug db reset").plain == ("db", "reset")
    assert one('kubectl get "$KIND" pods').plain == ("get",)
    assert one("git checkout -- -file").plain == ("checkout", "-file")


def test_options_are_found_in_every_spelling() -> None:
    call = one("psql -vON_ERROR_STOP=1 --set a=b --variable=c=d -v e=f -X -- -v g=h")
    assert [word.text for word in call.values("-v", "--set", "--variable")][:4] == [
        "ON_ERROR_STOP=1",
        "a=b",
        "c=d",
        "e=f",
    ]
    assert call.has("--variable")
    assert not call.has("--var")
    assert [word.text for word in call.options] == ["-vON_ERROR_STOP=1", "--set", "--variable=c=d", "-v", "-X"]


def test_letters_of_options_stand_together_or_alone() -> None:
    assert one("docker exec -it db bash").short("t")
    assert one("docker exec -i -t db bash").short("t")
    assert not one("docker exec --tty db bash").short("y")


def test_where_something_goes_is_found_by_its_sign() -> None:
    assert one("pg_dump a > f.sql 2> log").to(">") == ("f.sql",)
    assert not one("pg_dump a 2> log").to(">", ">>")
