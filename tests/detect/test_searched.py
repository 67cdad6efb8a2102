from hypothesis import given
from hypothesis import strategies as st

from fireline.detect.searched import literal
from fireline.store.connect import Connection


def test_signs_of_a_pattern_stand_for_themselves() -> None:
    assert literal("50%_\\") == "50\\%\\_\\\\"


@given(st.text(st.sampled_from("a%_\\"), max_size=6))
def test_only_a_sign_of_a_pattern_gets_something_before_it(text: str) -> None:
    made = literal(text)
    assert len(made) == len(text) + sum(text.count(sign) for sign in "%_\\")


def test_postgresql_finds_what_was_typed_and_nothing_else(conn: Connection) -> None:
    for typed in ("a%b", "a_b", "a\\b", "\\", "%"):
        row = conn.execute("SELECT %s LIKE %s AS same, 'axb' LIKE %s AS other", [typed, literal(typed), literal(typed)])
        assert row.fetchone() == {"same": True, "other": False}
