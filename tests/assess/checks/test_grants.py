"""Grants of tables and sequences."""

from __future__ import annotations

from fireline.assess.checks.grants import Grants, SequenceUse, read
from fireline.postgres.connect import Target, connect
from tests.assess.faults import Faults
from tests.assess.judging import NOTHING_SEEN


def seen(target: Target) -> Grants:
    with connect(target) as conn:
        return read(conn, NOTHING_SEEN)


def test_tables_with_the_same_grants_are_one_group(target: Target, faults: Faults) -> None:
    faults.owner.execute('CREATE ROLE "Odd Role"')
    try:
        faults.owner.execute('GRANT SELECT ON orders, accounts TO "Odd Role"')
        faults.owner.execute("CREATE TABLE anew (id int)")
        groups = [one for one in seen(target).groups if one.schema == "public"]
        assert [(one.number, one.names, one.grants) for one in groups] == [
            (2, ("accounts", "orders"), {"Odd Role": frozenset({"SELECT"})}), (1, ("anew",), {}),
        ]  # fmt: skip
    finally:
        faults.owner.execute('DROP OWNED BY "Odd Role"')
        faults.owner.execute('DROP ROLE "Odd Role"')


def test_a_sequence_is_usable_also_through_a_group_and_an_identity_needs_no_grant(
    target: Target, faults: Faults
) -> None:
    owner = faults.owner
    owner.execute("CREATE ROLE seq_group; CREATE ROLE seq_user IN ROLE seq_group; CREATE ROLE seq_other")
    try:
        owner.execute("CREATE TABLE numbered (id serial, own int GENERATED ALWAYS AS IDENTITY)")
        owner.execute(
            "GRANT INSERT ON numbered TO seq_user, seq_other; GRANT USAGE ON SEQUENCE numbered_id_seq TO seq_group"
        )
        assert set(seen(target).sequences) == {
            SequenceUse("public", "numbered_id_seq", "public", "numbered", "seq_other", usable=False),
            SequenceUse("public", "numbered_id_seq", "public", "numbered", "seq_user", usable=True),
        }
    finally:
        owner.execute("DROP OWNED BY seq_user, seq_other, seq_group")
        owner.execute("DROP ROLE seq_user; DROP ROLE seq_other; DROP ROLE seq_group")
