from __future__ import annotations

import textwrap

import pytest

from fireline.runbook.document import Procedure
from fireline.runbook.lint.losing.beside import is_apart, is_roles_only
from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.parse import parse_text


def procedure(command: str, title: str = "Data lost") -> Procedure:
    return parse_text(f"# {title}\n\n1. **Do:**\n   ```bash\n{textwrap.indent(command, '   ')}\n   ```\n").procedures[0]


def apart(command: str, title: str = "Data lost") -> bool:
    return is_apart(calls(command)[-1], procedure(command, title))


@pytest.mark.parametrize(
    "command",
    [
        "pg_restore -d shop_rehearsal f",
        "pg_restore --dbname=shop_restored f",
        "pg_restore -h scratch.internal -d shop f",
        'pg_restore --host="$REHEARSAL_HOST" -d shop f',
        "psql shop_test",
        "psql postgres://a@h/shop_copy",
        "dropdb --if-exists probe",
        "createdb fresh\npg_restore -d fresh f",
        "psql -c 'CREATE DATABASE fresh'\ncreatedb fresh\npsql fresh",
        "pgbackrest restore --pg1-path=/srv/restore",
    ],
)
def test_a_copy_is_told_by_its_name_or_by_who_made_it(command: str) -> None:
    assert apart(command)


@pytest.mark.parametrize(
    "command",
    [
        "pg_restore -d shop f",
        "pg_restore -d shop /backup/restore-test.dump",
        "pg_restore -d newsletter f",
        "psql shop",
        'psql "$DATABASE_URL"',
        "dropdb shop\ncreatedb shop\npg_restore -d shop f",
        "dropdb shop",
    ],
)
def test_the_one_in_use_is_not_one(command: str) -> None:
    assert not apart(command)


def test_a_rehearsal_is_on_a_copy() -> None:
    assert apart("pg_restore -d shop f", title="Monthly restore rehearsal")


def test_a_file_of_roles_holds_no_data() -> None:
    assert is_roles_only(calls("psql -X -f /backup/globals.sql postgres")[0])
    assert is_roles_only(calls("psql postgres < roles.sql")[0])
    assert not is_roles_only(calls("psql -f /backup/shop.sql")[0])
    assert not is_roles_only(calls("psql")[0])
