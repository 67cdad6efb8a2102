"""Procedures that post-mortems asked for, until the item is ticked."""

from __future__ import annotations

import pytest

from fireline.incident.people import Actor
from fireline.review.asked import asked, wanted
from fireline.review.postmortem import edit_postmortem
from fireline.store.connect import Connection
from tests.review.test_postmortem import an_incident


@pytest.mark.parametrize(
    ("item", "about"),
    [
        ("- [ ] Write a procedure for expired certificates (owner: ______, due: ______)", ["expired certificates"]),
        ("* [ ] Add a runbook for a full disk.", ["a full disk"]),
        ("  - [ ] **Document the procedure for lost replicas**", ["lost replicas"]),
        ("- [ ] Write a procedure for incidents like this one (owner: Ada, due: Friday)", ["Checkout hangs"]),
        ("- [ ] Write a procedure for \\#incidents \\(mail\\)", ["#incidents (mail)"]),
        ("- [x] Write a procedure for expired certificates", []),
        ("- Write a procedure for expired certificates", []),
        ("- [ ] Mend step 3 in the runbook", []),
        ("- [ ] Write a test for the procedure", []),
    ],
)
def test_an_open_item_that_wants_a_procedure_names_what_for(item: str, about: list[str]) -> None:
    assert list(wanted(f"## Action items\n\n{item}\n", "Checkout hangs")) == about


def test_all_post_mortems_are_read_and_each_wish_is_told_once(conn: Connection) -> None:
    first, second = an_incident(conn), an_incident(conn)
    text = "- [ ] Write a procedure for a full disk\n- [ ] Write a procedure for incidents like this one\n"
    edit_postmortem(conn, Actor("anna"), incident=str(second), markdown=text)
    edit_postmortem(conn, Actor("anna"), incident=str(first), markdown="- [ ] Add a runbook for a full disk\n")
    assert asked(conn) == ("a full disk", "Saving hangs")
    edit_postmortem(conn, Actor("anna"), incident=str(second), markdown=text.replace("[ ]", "[x]"))
    assert asked(conn) == ("a full disk",)
