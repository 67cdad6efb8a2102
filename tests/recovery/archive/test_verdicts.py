from __future__ import annotations

import pytest

from fireline.recovery.archive.verdicts import Contents, copied_table, fault, note


@pytest.mark.parametrize(
    ("statement", "roles"),
    [
        (b"ALTER TABLE a.b OWNER TO app;", {"app"}),
        (b'ALTER TABLE a.b OWNER TO "Odd ""Name";', {'Odd "Name'}),
        (b'GRANT SELECT,INSERT ON TABLE t TO a, "B";', {"a", "B"}),
        (b"GRANT ALL ON SCHEMA s TO PUBLIC;", set()),
        (b"GRANT ALL ON SCHEMA s TO a WITH GRANT OPTION;", {"a"}),
        (b"REVOKE ALL ON FUNCTION f() FROM gone;", {"gone"}),
        (b"ALTER DEFAULT PRIVILEGES FOR ROLE a IN SCHEMA s GRANT SELECT ON TABLES  TO b;", {"a", "b"}),
        (b"CREATE SCHEMA s AUTHORIZATION a;", {"a"}),
        (b"CREATE POLICY p ON t FOR SELECT TO a, b USING ((x = 1));", {"a", "b"}),
        (b"CREATE POLICY p ON t USING ((x = 'a TO b'));", set()),
        (b"SET SESSION AUTHORIZATION a;", {"a"}),
    ],
)
def test_who_is_named_is_known(statement: bytes, roles: set[str]) -> None:
    contents = Contents()
    note(statement, contents)
    assert contents.roles == roles


def test_extensions_and_large_objects_are_known() -> None:
    contents = Contents()
    note(b'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public;', contents)
    note(b"SELECT pg_catalog.lo_create('16393');", contents)
    assert (contents.extensions, contents.large_objects, contents.statements) == ({"uuid-ossp"}, 1, 2)


def test_only_copy_as_pg_dump_writes_it_is_followed_by_rows() -> None:
    assert copied_table(b'COPY public."a b" (x, "y z") FROM stdin;') == 'public."a b"'
    assert copied_table(b"copy t from STDIN;") == "t"
    assert copied_table(b'COPY t ("semi;--15", "quo""te)", \xe9t\xe9) FROM stdin;') == "t"
    for other in (b"COPY t FROM stdin WITH (FORMAT csv);", b"COPY t TO stdout;", b"COPY (SELECT 1) TO stdout;", b"SELECT 1;"):  # fmt: skip
        assert copied_table(other) is None


def test_a_name_is_not_taken_for_a_word() -> None:
    assert fault(b'ALTER "SYSTEM" x;') is None
    assert fault(b"ALTER SYSTEM SET a = 1;") is not None
