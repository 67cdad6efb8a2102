"""Small real dumps of one database in every form that people keep them in."""

from __future__ import annotations

import bz2
import gzip
import lzma
import subprocess
from collections.abc import Callable
from pathlib import Path

import lz4.frame
import psycopg
import pyrage
import zstandard

from fireline.postgres.client_tools import ClientTools, environment
from fireline.redact import Secret

KEY = pyrage.x25519.Identity.generate()
IDENTITY, RECIPIENT = Secret(str(KEY)), str(KEY.to_public())
PACKED: dict[str, Callable[[bytes], bytes]] = {
    "gz": gzip.compress,
    "zst": zstandard.ZstdCompressor().compress,
    "lz4": lz4.frame.compress,
    "bz2": bz2.compress,
    "xz": lzma.compress,
    "age": lambda data: pyrage.encrypt(data, [KEY.to_public()]),
    "gz.age": lambda data: pyrage.encrypt(gzip.compress(data), [KEY.to_public()]),
    "zst.age": lambda data: pyrage.encrypt(zstandard.ZstdCompressor().compress(data), [KEY.to_public()]),
    "armored.age": lambda data: pyrage.encrypt(data, [KEY.to_public()], armored=True),
}
PLAIN = {
    "sql": [],
    "inserts.sql": ["--inserts"],
    "rows.sql": ["--rows-per-insert=7"],
    "clean.sql": ["--clean", "--if-exists"],
}
OTHERS = {
    "dump": ["--format=custom"],
    "raw.dump": ["--format=custom", "--compress=0"],
    "tar": ["--format=tar"],
    "directory": ["--format=directory"],
    "raw.directory": ["--format=directory", "--compress=0"],
}
ROWS = 300
MADE = r"""
CREATE SCHEMA "Odd; Name";
CREATE TABLE "Odd; Name".notes (id int PRIMARY KEY, body text, raw bytea, at timestamptz DEFAULT now());
INSERT INTO "Odd; Name".notes SELECT n, E'it''s \\. \\! \\connect\n\\.x\n-- PostgreSQL database dump complete\n; COPY a FROM stdin;\t"q" $$ /* ' || n,
    decode(md5(n::text), 'hex') FROM generate_series(1, 300) n;
CREATE TABLE parent (id int PRIMARY KEY);
CREATE TABLE child (id int REFERENCES parent, price numeric CHECK (((((price > (((0)))))))));
INSERT INTO parent SELECT generate_series(1, 50);
INSERT INTO child SELECT n, n FROM generate_series(1, 50) n;
CREATE TABLE empty (nothing int);
CREATE VIEW seen AS SELECT id, E'a\\b' AS odd, 'x;--' AS more FROM parent;
CREATE RULE two AS ON INSERT TO empty DO ALSO (SELECT 1; SELECT ';');
CREATE FUNCTION atomic(n int) RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT CASE WHEN n > 1 THEN 2 ELSE 3 END; SELECT 4; END;
CREATE FUNCTION body() RETURNS void LANGUAGE plpgsql AS $f$ BEGIN PERFORM '$$'; -- \! no program
    /* COPY a FROM PROGRAM 'no'; */ END $f$;
CREATE TRIGGER t BEFORE INSERT ON empty EXECUTE FUNCTION suppress_redundant_updates_trigger();
CREATE EXTENSION hstore;
COMMENT ON TABLE parent IS 'ALTER SYSTEM SET x = 1; \connect y';
ALTER TABLE parent OWNER TO dump_owner;
GRANT SELECT ON parent TO "Dump Reader";
ALTER DEFAULT PRIVILEGES FOR ROLE dump_owner GRANT SELECT ON TABLES TO dump_default;
ALTER TABLE parent ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON parent TO dump_policy USING (true);
SELECT lo_from_bytea(0, decode(repeat('00ff27', 3000), 'hex'));
"""
ROLES = {"dump_owner", "Dump Reader", "dump_default", "dump_policy"}


def fill(url: str) -> None:
    """Make something of everything that is hard to read."""
    with psycopg.connect(url, autocommit=True) as conn:
        for role in ROLES:
            if not conn.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                conn.execute(psycopg.sql.SQL("CREATE ROLE {}").format(psycopg.sql.Identifier(role)))
        conn.execute(MADE)


def dump(tools: ClientTools, url: str, path: Path, *options: str) -> Path:
    """One dump of it."""
    with environment(Secret(url)) as access:
        argv = [tools.program("pg_dump"), "--no-password", *options, f"--file={path}", f"--dbname={access.conninfo}"]
        subprocess.run(argv, env=access.env, check=True, capture_output=True)
    return path


def make(tools: ClientTools, url: str, folder: Path) -> dict[str, Path]:
    """Every form of it: the name's ending to the path."""
    made = {name: dump(tools, url, folder / f"all.{name}", *options) for name, options in (PLAIN | OTHERS).items()}
    for inner in ("sql", "dump", "tar"):
        for ending, pack in PACKED.items():
            path = folder / f"all.{inner}.{ending}"
            path.write_bytes(pack(made[inner].read_bytes()))
            made[f"{inner}.{ending}"] = path
    return made


FORMS = [*PLAIN, *OTHERS, *(f"{inner}.{ending}" for inner in ("sql", "dump", "tar") for ending in PACKED)]
