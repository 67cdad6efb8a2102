"""Questions to a target's catalog that take no lock on anybody's table: what functions, operators, views and types are."""

# ruff: noqa: S608 - these texts are put together from each other, never from what somebody typed
from __future__ import annotations

_FUNCTION = """
    p.oid::int8 AS oid, n.nspname AS schema, p.proname AS name, p.provolatile AS volatility,
    (SELECT e.extname FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid
      WHERE p.oid >= 16384 AND d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
        AND d.refclassid = 'pg_extension'::regclass) AS extension,
    'cstring'::regtype = ANY (p.proargtypes::oid[]) AS takes_raw
"""
_AS_JSON = f"(SELECT to_jsonb(f) FROM (SELECT {_FUNCTION}) f) AS function"
_FROM = "pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace"

FUNCTIONS_BY_NAME = f"""
SELECT {_FUNCTION},
    p.pronargs >= 1 AND p.pronargs - p.pronargdefaults <= 1
    AND (t.typtype IN ('c', 'd', 'p')
         OR EXISTS (SELECT FROM pg_cast c JOIN pg_type s ON s.oid = c.castsource WHERE s.typtype = 'c')) AS takes_row
FROM {_FROM} LEFT JOIN pg_type t ON t.oid = p.proargtypes[0]
WHERE p.proname = ANY (%(names)s)
"""

FUNCTIONS_BY_OID = f"SELECT {_FUNCTION} FROM {_FROM} WHERE p.oid = ANY (%(oids)s::oid[])"

_OPERATOR = f"""
SELECT ons.nspname AS schema, o.oprname AS name, {_AS_JSON}
FROM pg_operator o JOIN pg_namespace ons ON ons.oid = o.oprnamespace JOIN {_FROM} ON p.oid = o.oprcode
"""
OPERATORS_BY_NAME = _OPERATOR + "WHERE o.oprname = ANY (%(names)s)"
OPERATORS_BY_OID = _OPERATOR + "WHERE o.oid = ANY (%(oids)s::oid[])"

# Casts that are not PostgreSQL's own.
CASTS = f"""
SELECT c.castcontext = 'i' AS implicit, {_AS_JSON}
FROM pg_cast c JOIN {_FROM} ON p.oid = c.castfunc
WHERE c.oid >= 16384
"""

TYPES = """
SELECT t.oid::int8 AS oid, n.nspname AS schema, t.typname AS name
FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace WHERE t.typname = ANY (%(names)s)
"""

RELATIONS_BY_NAME = """
SELECT c.oid::int8 AS oid, n.nspname AS schema, c.relname AS name
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relname = ANY (%(names)s)
"""

# Behind a table or view: the trees of its view query and of the policies that apply, the types of its columns, and
# a foreign table under it. Through a view the policies of the view's owner apply, so then all of them count.
INSIDE = """
WITH RECURSIVE under AS (
    SELECT c.oid AS root, c.oid FROM pg_class c WHERE c.oid = ANY (%(oids)s::oid[]) AND c.oid >= 16384
    UNION SELECT under.root, i.inhrelid FROM under JOIN pg_inherits i ON i.inhparent = under.oid
)
SELECT c.relname,
    (SELECT min(f.oid::regclass::text) FROM under JOIN pg_class f ON f.oid = under.oid
      WHERE under.root = c.oid AND f.relkind = 'f') AS foreign_table,
    (SELECT array_agg(tree) FROM (
        SELECT r.ev_action::text AS tree FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type = '1'
        UNION ALL SELECT p.polqual::text FROM pg_policy p
         WHERE p.polrelid = c.oid AND p.polcmd IN ('*', 'r') AND p.polqual IS NOT NULL
           AND CASE WHEN %(through_view)s THEN c.relrowsecurity ELSE row_security_active(c.oid) END
        UNION ALL SELECT d.adbin::text FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
         WHERE d.adrelid = c.oid AND a.attgenerated = 'v') AS trees) AS trees,
    (SELECT array_agg(DISTINCT a.atttypid::int8) FROM pg_attribute a
      WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid >= 16384) AS types
FROM pg_class c WHERE c.oid = ANY (%(oids)s::oid[]) AND c.oid >= 16384
"""

# Inside types that are not PostgreSQL's own: elements, bases, attributes, ranges' subtypes; domains' checks; in and out.
TYPE_PARTS = """
SELECT ARRAY(
        SELECT part::int8 FROM (
            SELECT t.typelem AS part UNION SELECT t.typbasetype
            UNION SELECT a.atttypid FROM pg_attribute a WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
            UNION SELECT r.rngsubtype FROM pg_range r WHERE r.rngtypid = t.oid) AS parts
        WHERE part >= 16384) AS parts,
    CASE WHEN t.typtype = 'b' AND t.typelem = 0 THEN ARRAY[t.typinput::oid::int8, t.typoutput::oid::int8] END AS functions,
    (SELECT array_agg(c.conbin::text) FROM pg_constraint c WHERE c.contypid = t.oid AND c.conbin IS NOT NULL) AS trees
FROM pg_type t WHERE t.oid = ANY (%(oids)s::oid[]) AND t.oid >= 16384
"""
