"""Complaints and error messages: the kind of trouble and the names in them, whatever the wording."""

from __future__ import annotations

import pytest

from fireline.assess.complaint import Complaint, read


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("FATAL:  sorry, too many clients already", "slots"),
        ("FATAL: remaining connection slots are reserved for roles with the SUPERUSER attribute", "slots"),
        ('FATAL: too many connections for role "app"', "slots"),
        ('FATAL: password authentication failed for user "app"', "login"),
        ('FATAL: database "shop" is not currently accepting connections', "closed"),
        ("connection to server at 10.0.0.1, port 5432 failed: Connection refused", "unreachable"),
        ("checkout just spins and never returns", "hang"),
        ("the report takes 40 seconds since noon", "slow"),
        ("ERROR: canceling statement due to statement timeout", "timeout"),
        ("ERROR: deadlock detected", "deadlock"),
        ("could not serialize access due to concurrent update", "serialization"),
        ("ERROR: out of shared memory\nHINT: You might need to increase max_locks_per_transaction.", "memory"),
        ("could not extend file: No space left on device", "disk"),
        ("database is not accepting commands to avoid wraparound data loss", "wraparound"),
        ("orders of this morning are gone", "lost"),
        ('ERROR: relation "users" does not exist', "undefined"),
        ("ERROR: permission denied for table users", "denied"),
        ("cannot execute UPDATE in a read-only transaction", "readonly"),
        ('duplicate key value violates unique constraint "users_pkey"', "duplicate"),
        ("ERROR: invalid page in block 3 of relation base/5/16384", "corrupt"),
        ("nextval: reached maximum value of sequence", "sequence"),
        ('no partition of relation "events" found for row', "partition"),
        ("a customer sees the invoices of another tenant", "exposed"),
    ],
)
def test_the_kind_of_trouble_is_read_from_the_words(text: str, kind: str) -> None:
    assert read(text).about(kind)


def test_the_names_in_a_message_are_kept_in_its_order() -> None:
    assert read('permission denied for table invoices of role "app"').names == ("invoices", "app")
    assert read('duplicate key value violates unique constraint "users_pkey"').names == ("users_pkey",)


def test_a_code_is_read_too() -> None:
    assert read("SQLSTATE 53100").codes == ("53100",)
    assert read("it happened at 12345 o'clock").codes == ()


def test_nothing_is_read_from_nothing() -> None:
    assert read("") == Complaint()
    assert not read("  ")
    assert read("the logo is blue").kinds == frozenset()


def test_two_wordings_of_one_trouble_are_equal() -> None:
    assert read("too many clients") == read("sorry, too many clients already")


def test_a_huge_text_is_read_in_part() -> None:
    assert read("x " * 500_000 + "deadlock").kinds == frozenset()


def test_a_name_is_found_as_a_word_or_in_quotes_whatever_its_case_and_not_inside_another() -> None:
    said = read('rows of Orders vanish, says order_lines; relation "ab" is empty')
    assert said.mentions("orders")
    assert said.mentions("customers", "order_lines")
    assert said.mentions("ab"), "quoted, so it is meant"
    assert not said.mentions("order", "lines", "van")
    assert not said.mentions("")


def test_two_letters_that_any_text_may_have_name_nothing_but_a_letter_and_a_figure_do() -> None:
    assert not read("the id of it is wrong").mentions("id", "it")
    assert read("t2 is slow").mentions("t2")
    assert not read("").mentions("orders")


def test_many_users_are_not_any_user() -> None:
    assert not read("UPDATE takes seconds when many users click at once").about("exposed")
    assert read("any user can edit any row").about("exposed")
