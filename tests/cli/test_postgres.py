import psycopg

from fireline.postgres.connect import Target
from tests.cli.conftest import Fireline
from tests.cli.screen import screen


def installed(target: Target) -> bool:
    with psycopg.connect(target.dsn.reveal()) as conn:
        row = conn.execute("SELECT to_regnamespace('fireline') IS NOT NULL").fetchone()
    return bool(row and row[0])


def test_functions_are_put_in_and_taken_out(house: Fireline, patient: Target) -> None:
    done = house("postgres", "install", "--target", "main", "--public", "--yes")
    assert done.code == 0, done.err
    assert "fireline.check_foreign_key_integrity()" in done.out
    assert "Try: SELECT * FROM calculate_database_health_score();" in done.out
    with psycopg.connect(patient.dsn.reveal()) as conn:
        row = conn.execute("SELECT overall_status FROM calculate_database_health_score()").fetchone()
    assert row == ("healthy",)
    gone = house("postgres", "uninstall", "--yes", "--json")
    assert set(gone.data["public"]) == set(gone.data["functions"])
    assert not installed(patient)


def test_without_a_yes_and_without_a_person_nothing_is_written(house: Fireline, patient: Target) -> None:
    done = house("postgres", "install")
    assert (done.code, done.err.splitlines()[0]) == (2, "error: nobody is here to answer")
    assert not installed(patient)


def test_a_person_is_asked_and_may_say_no(house: Fireline, patient: Target) -> None:
    with screen(house, "postgres", "install") as seen:
        seen.expect("Create the schema fireline with 4 functions, in main? [y/n]")
        seen.type("n")
        seen.expect("nothing was changed in main")
        assert seen.leave() == 1
    assert not installed(patient)


def test_what_is_in_the_way_is_refused_in_words(house: Fireline, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal()) as conn:
        conn.execute("CREATE SCHEMA fireline")
    done = house("postgres", "install", "--yes")
    assert done.err == "error: the schema fireline is there already, and not ours\nhint: Name another with --schema.\n"
    assert house("postgres", "uninstall", "--yes").code == 1
