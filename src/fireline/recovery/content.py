"""How the content of a table becomes one number: the same in every version, in any order of rows and columns, after any restore.

Each column is hashed with a key made of its name, the hashes of a row are joined and mixed (so that values exchanged
between rows are seen), and the rows' hashes are added up (so that doubled rows are seen). What PostgreSQL hashes by its
bytes goes in directly; all else goes in as the text that a dump writes, because its own hash would depend on object
numbers (enums), or be the same for values that are not (1.0 and 1.00, one month and 30 days, -0 and 0, text under a
collation that ignores case). Where PostgreSQL's hash has 32 bits (bigint is hashed in two halves, times are not), a
single changed value goes unseen once in four thousand million times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from fireline.recovery.names import identifier

# By type, the extended hash of {c} with the key {k}. All are there from 13 on; ARRAY[…] reaches those without a name.
_BY_VALUE = {
    "int2": "hashint2extended({c}, {k})",
    "int4": "hashint4extended({c}, {k})",
    "int8": "hashint8extended({c}, {k}) # hashint4extended(({c} >> 32)::int4, {k} # 1)",
    "oid": "hashoidextended({c}, {k})",
    "bool": "hashint4extended({c}::int4, {k})",
    "char": "hashcharextended({c}, {k})",
    "name": "hashnameextended({c}, {k})",
    "text": 'hashtextextended({c} COLLATE "C", {k})',
    "varchar": 'hashtextextended({c}::text COLLATE "C", {k})',
    "uuid": "uuid_hash_extended({c}, {k})",
    "time": "time_hash_extended({c}, {k})",
    "timestamp": "timestamp_hash_extended({c}, {k})",
    "inet": "hashinetextended({c}, {k})",
    "cidr": "hashinetextended({c}, {k})",
    "macaddr": "hashmacaddrextended({c}, {k})",
    "macaddr8": "hashmacaddr8extended({c}, {k})",
    **dict.fromkeys(("date", "timestamptz", "bytea"), "hash_array_extended(ARRAY[{c}], {k})"),
}
_AS_TEXT = 'hashtextextended(textin({out}({c})) COLLATE "C", {k})'


def row_hash(columns: Sequence[dict[str, Any]]) -> str | None:
    """The hash of one row as an SQL expression; None when there is no column to hash.

    columns: name, type, domain (whether the type is what a domain is of), builtin (its name if PostgreSQL's own), out.
    """
    if not columns:
        return None
    hashes = [f"coalesce({_column(one)}, {_key(one['name'], 'null')})" for one in columns]
    # int8 to float8 and its hash: the cheapest way to mix 64 bits that every version has
    return f"hashfloat8extended(({' # '.join(hashes)})::float8, 0)"


def _column(column: dict[str, Any]) -> str:
    name = identifier(column["name"])
    value = f"{name}::{column['type']}" if column["domain"] else name
    rule = _BY_VALUE.get(column["builtin"] or "", _AS_TEXT)
    out = ".".join(identifier(part) for part in column["out"])
    return rule.format(c=f"({value})", k=_key(column["name"], "value"), out=out)


def _key(name: str, what: str) -> str:
    """A number of a column's own, as SQL."""
    seed = hashlib.sha256(f"{what} {name}".encode(errors="replace")).digest()[:8]
    return f"'{int.from_bytes(seed, signed=True)}'::int8"


def total(number: Any) -> str:
    """The sum of the rows' hashes as it is written down."""
    return f"{int(number or 0) % 2**128:032x}"
