"""A role may insert into a table whose serial column takes numbers from a sequence that the role may not use."""

from __future__ import annotations

from tests.drills.drill import Fault, Wound
from tests.drills.place import Place


def inject(at: Place) -> Wound:
    schema = at.rng.choice(("public", "Sales"))
    kind = at.rng.choice(("serial", "bigserial"))
    at.sql(f'CREATE SCHEMA IF NOT EXISTS "{schema}"')
    at.sql(f'GRANT USAGE ON SCHEMA "{schema}" TO {at.role}')
    for name in (at.other, "stock", "bins", "notes", at.table):
        at.sql(f'CREATE TABLE "{schema}".{name} (id {kind} PRIMARY KEY, note text)')
        at.sql(f'GRANT SELECT, INSERT, UPDATE ON "{schema}".{name} TO {at.role}')
    at.sql(f'GRANT USAGE ON ALL SEQUENCES IN SCHEMA "{schema}" TO {at.role}')
    at.sql(f'REVOKE ALL ON SEQUENCE "{schema}".{at.table}_id_seq FROM {at.role}')
    return Wound(
        (
            f"ERROR:  permission denied for sequence {at.table}_id_seq",
            f"saving fails: InsufficientPrivilege: permission denied for sequence {at.table}_id_seq",
            "42501 permission denied for a sequence when we add a record",
        )
    )


fault = Fault("sequence_grant_missing", inject)
