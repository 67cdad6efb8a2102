"""Which calls open a session for somebody to type in."""

from __future__ import annotations

import pytest

from fireline.runbook.lint.shell.calls import calls
from fireline.runbook.lint.terminal.sessions import opened


@pytest.mark.parametrize(
    ("command", "asks"),
    [
        ("psql shop", "opens a session of psql"),
        ("psql -W -c 'select 1'", "asks for the password"),
        ("psql -XAtc 'select 1'", None),
        ("psql < f.sql", None),
        ("psql --version", None),
        ("mysql -p -e 'select 1'", "asks for the password"),
        ("bash", "opens a shell"),
        ("bash x.sh", None),
        ('bash "$SCRIPT"', None),
        ("sudo -i", "opens a shell"),
        ("sudo -l", None),
        ("su - postgres", "opens a shell"),
        ("su - postgres -c ls", None),
        ("ssh db-1", "opens a shell on another machine"),
        ("ssh db-1 uptime", None),
        ("ssh -N -f -L 1:b:2 db-1", None),
        ("python", "opens a console of python"),
        ("python manage.py shell", "opens a console"),
        ("./manage.py createsuperuser", "asks its questions (createsuperuser)"),
        ("redis-cli -h cache-1", "opens a session of redis-cli"),
        ("redis-cli -h cache-1 info", None),
        ("sqlite3 app.db", "opens a session of sqlite3"),
        ("git add -p", "asks for every change"),
        ("made-up", None),
    ],
)
def test_a_session_is_opened_by_what_is_not_given(command: str, asks: str | None) -> None:
    found = opened(calls(command)[0])
    assert (found.asks if found else None) == asks
