from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.errors import Refused
from fireline.recovery.archive.script import Script
from fireline.recovery.archive.verdicts import Contents

BEGIN = "--\n-- PostgreSQL database dump\n--\n\n"
END = "\n--\n-- PostgreSQL database dump complete\n--\n\n"


def read(script: str | bytes, *, piece: int = 1 << 17, foreign: bool = False) -> Contents:
    reader, found = io.BytesIO(script.encode() if isinstance(script, str) else script), Script(foreign=foreign)
    while data := reader.read(piece):
        found.feed(data)
    return found.finish()


def dump(body: str) -> str:
    return BEGIN + body + END


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("\\! rm -rf /", "it runs a program"),
        ("\\connect other", "it leaves the database"),
        ("\\c other", "it leaves the database"),
        ("\\copy t from program 'curl x'", "it runs a program"),
        ("\\copy t from 'file'", "it is a command to psql"),
        ("\\i other.sql", "it is a command to psql"),
        ("\\q", "it is a command to psql"),
        ("\\o |sh", "it runs a program"),
        ("\\set x `id`", "it runs a program"),
        ("\\restrict", "it is a command to psql"),
        ("\\restrict a \\! id", "it runs a program|it is a command to psql"),
        ("\\unrestrict a", "a command that does not fit"),
        ("SELECT 1 \\g |sh", "it is a command to psql inside a statement"),
        ("SELECT 1 \\gexec", "it is a command to psql inside a statement"),
        ("( \\! id\n", "it is a command to psql inside a statement"),
        ("CREATE DATABASE x;", "it leaves the database"),
        ("drop\n  database x;", "it leaves the database"),
        ("DROP -- really\nDATABASE x;", "it leaves the database"),
        ("/* a /* b */ */ ALTER /**/ DATABASE x SET y = 1;", "it leaves the database"),
        ("ALTER SYSTEM SET x = 1;", "it acts on the whole server"),
        ("CREATE ROLE a SUPERUSER;", "it acts on the whole server"),
        ("ALTER USER a PASSWORD 'b';", "it acts on the whole server"),
        ("DROP GROUP a;", "it acts on the whole server"),
        ("GRANT a TO b;", "it acts on the whole server"),
        ('GRANT "on" TO b;', "it acts on the whole server"),
        ("GRANT ALL ON DATABASE x TO b;", "it acts on the whole server"),
        ("COMMENT ON DATABASE x IS 'y';", "it acts on the whole server"),
        ("CREATE TABLESPACE x LOCATION 'y';", "it acts on the whole server"),
        ("COPY t FROM PROGRAM 'id';", "it runs a program"),
        ("COPY t TO PROGRAM 'id';", "it runs a program"),
        ("COPY t FROM '/etc/passwd';", "it copies from or to something"),
        ("COPY t FROM stdin WITH (FORMAT csv);", "it copies from or to something"),
        ("COPY t FROM stdin; SELECT 1;", "something stands behind COPY on its line"),
        ("LOAD 'evil';", "it loads a library"),
        ("SET standard_conforming_strings = off;", "it changes how texts are read"),
        ("SELECT set_config('standard_conforming_strings', 'off', false);", "it changes how texts are read"),
        ('SET "standard_conforming_strings" = 0;', "it changes how texts are read"),
        ("SET client_encoding = 'SJIS';", "an encoding in which a backslash may be half a character"),
        ("SELECT E'a'\n  'b\\'; \\! id';", "a text with escapes goes on|command to psql inside"),
    ],
)
def test_what_would_go_beyond_the_database_is_refused_with_its_line(line: str, why: str) -> None:
    with pytest.raises(Refused, match=rf"line 7: .*({why})"):
        read(dump(f"CREATE TABLE t (n int);\n\n{line}\n"))
    with pytest.raises(Refused, match=why):
        read(f"SELECT 1;\n{line}\n", foreign=True)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO t VALUES ('\\! id; ALTER SYSTEM', 'it''s', E'a\\'; \\\\! b', -1, 1 / 2);",
        "COMMENT ON TABLE t IS '\\connect x\n\\! id\n';",
        "CREATE USER MAPPING FOR a SERVER b;",
        "ALTER USER MAPPING FOR a SERVER b;",
        'CREATE TABLE "x; \\! y" (n int);',
        'CREATE TABLE "ALTER SYSTEM" ("a""b" int, a$b int);',
        "CREATE FUNCTION f() RETURNS int AS $$ \\! id\n; ALTER SYSTEM $$ LANGUAGE sql;",
        "CREATE FUNCTION f() RETURNS int AS $a$ $$ ; \\! $b$ $a$ LANGUAGE sql;",
        "CREATE OR REPLACE PROCEDURE p() BEGIN ATOMIC SELECT CASE WHEN true THEN 1 END; SELECT 2; END;",
        "CREATE RULE r AS ON INSERT TO t DO ALSO (SELECT 1; SELECT ';');",
        "SELECT ((((((((('deep;')))))))));",
        'GRANT SELECT ON TABLE t TO a, "B c" WITH GRANT OPTION;',
        "-- \\! only a note; it's one",
        "/* \\! a block /* in a block */ ; */ SELECT 1;",
        "SELECT $1, $2 - -3 /4, '--', \"--\";",
        "SELECT date'2020-01-01', U&'d\\0061t', b'1', x'ff';",
        "SET standard_conforming_strings = on;",
        "SELECT pg_catalog.set_config('search_path', '', false);",
        "SET client_encoding = 'UTF8';",
        "CREATE TRIGGER t BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION begin_it();",
        'COPY public.t (a, "b c") FROM stdin;\n1\t\\\\! id\n\\.x\n\\N\t\\\\.\n-- PostgreSQL database dump complete\n\\.\n',
        "COPY public.t FROM stdin;\n\\.\n",
    ],
)
@pytest.mark.parametrize("piece", [1, 7, 1 << 17])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_what_only_looks_so_is_let_through(statement: str, piece: int, ends: str) -> None:
    read(dump(statement + "\n").replace("\n", ends), piece=piece)


def test_a_command_hidden_where_psql_would_still_be_in_a_statement_is_found() -> None:
    for opening in ("(;", "CREATE FUNCTION f() BEGIN ATOMIC SELECT 1;", "CREATE /* */ FUNCTION f() BEGIN ATOMIC ;",
                    'CREATE "x" FUNCTION f BEGIN ;', ", create function begin ;", "CREATE OR REPLACE PROCEDURE p() BEGIN CASE x;"):  # fmt: skip
        with pytest.raises(Refused, match="command to psql"):
            read(dump(f"{opening} COPY t FROM stdin;\n\\! id\n\\.\n"))


def test_a_cut_says_what_it_went_through() -> None:
    with pytest.raises(Refused, match=r"line 7: it is cut in the middle of the rows of public\.t"):
        read(BEGIN + "COPY public.t FROM stdin;\n1\n2")
    with pytest.raises(Refused, match="line 5: it is cut in the middle of a statement"):
        read(BEGIN + "CREATE TABLE t (\n  n int")
    with pytest.raises(Refused, match="the last line that pg_dump writes is missing"):
        read(BEGIN + "CREATE TABLE t (n int);\n")
    with pytest.raises(Refused, match=r"what .restrict began is not ended"):
        read(dump("\\restrict a1"))


def test_rows_that_look_like_the_end_do_not_end_anything() -> None:
    rows = "COPY t FROM stdin;\n-- PostgreSQL database dump complete\n"
    with pytest.raises(Refused, match="cut"):
        read(BEGIN + rows)
    with pytest.raises(Refused, match="the last line"):
        read(BEGIN + rows + "\\.\n")


def test_two_dumps_in_a_row_are_whole_only_when_the_second_is() -> None:
    assert read(dump("SELECT 1;") + dump("SELECT 2;")).statements == 2
    with pytest.raises(Refused, match="cut"):
        read(dump("SELECT 1;") + BEGIN + "SELECT 2;")


def test_something_behind_the_end_is_refused() -> None:
    with pytest.raises(Refused, match="something stands behind its end: DROP TABLE t;"):
        read(dump("SELECT 1;") + "DROP TABLE t;\n")
    with pytest.raises(Refused, match="something stands behind its end"):
        read(dump("SELECT 1;") + "INSERT INTO t VALUES (1);\n")


def test_all_of_a_script_or_nothing_is_restricted() -> None:
    whole = f"{BEGIN}\\restrict a1\nSELECT 1;\n{END}\\unrestrict a1\n"
    assert read(whole + whole).statements == 2
    read("\\restrict a1\nSELECT 1;\n\\unrestrict a1\n", foreign=True)
    for odd in ("SELECT 1;\n\\restrict a1\n\\unrestrict a1\n", "INSERT INTO t VALUES (1);\n\\restrict a1\n\\unrestrict a1\n",
                "\\restrict a1\n\\unrestrict a1\nSELECT 1;\n", "\\restrict a1\n\\unrestrict a1\nINSERT INTO t VALUES (1);\n",
                "\\restrict a1\n\\restrict b1\n", "\\restrict a1\n\\unrestrict b1\n"):  # fmt: skip
        with pytest.raises(Refused, match=r"does not fit|something stands behind"):
            read(odd, foreign=True)


def test_a_last_line_break_may_be_missing() -> None:
    assert read((BEGIN + END).rstrip()).statements == 0


@given(st.integers(1, 40))
def test_where_the_pieces_end_does_not_matter(piece: int) -> None:
    body = "COPY a.b FROM stdin;\n\\.a\n\n\\\n.\n\\.\nINSERT INTO t VALUES ('a'';\n\\.\n');\nCOPY c FROM stdin;\n\\.\n"
    assert read(dump(body), piece=piece).tables == ["a.b", "c"]


@given(st.binary())
def test_any_bytes_are_refused_or_let_through_and_nothing_else(content: bytes) -> None:
    for foreign in (True, False):
        try:
            read(content, foreign=foreign)
        except Refused as refused:
            assert refused.message.startswith("line ")  # noqa: PT017 - both ways are right


def test_one_huge_statement_is_read_in_time_that_is_in_proportion() -> None:
    read(dump(f"INSERT INTO t VALUES ('{'x' * 9_000_000}');"), piece=1 << 12)
