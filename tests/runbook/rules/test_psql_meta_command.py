"""Commands that psql has are understood, and those that it has not are found; -c takes no variables."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.psql_meta_command import rule
from tests.runbook.rules.saying import faults, lines, sql


@pytest.mark.parametrize(
    "command",
    ["\\dt+ public.*", "\\copy t to 'x.csv' csv", "\\d orders", "\\timing on", "SELECT 1 \\gx", "SELECT now() \\watch 5", "\\x auto",
     "\\i fix.sql", "\\c shop", "\\du+", "\\dx", "\\dti+", "\\dS+", "\\l+", "\\conninfo", "\\set ON_ERROR_STOP on", "\\! uptime",
     "\\echo it's fine", "SELECT 'a' AS n \\gset", "\\if :ok", "SELECT E'\\\\nope'"],
)  # fmt: skip
def test_what_psql_has_is_understood(command: str) -> None:
    assert faults(rule, sql(command)) == []


@pytest.mark.parametrize("command", ["\\bloat", "SELECT 1 \\G", "\\structure orders", "\\watchh 5"])
def test_what_psql_has_not_is_found(command: str) -> None:
    assert lines(rule, sql(command)) == [(5, "error")]


@pytest.mark.parametrize("command", ["psql -c \"SELECT * FROM t WHERE a = :'x'\" -v x=1", "psql -c 'SELECT 1 \\gx'"])
def test_an_option_takes_neither_variables_nor_a_mixture(command: str) -> None:
    assert lines(rule, sql(command, "bash")) == [(5, "error")]


@pytest.mark.parametrize(
    "command", ["psql -c '\\dt+'", "psql -c 'SELECT a::text, b[1:2] FROM t'", "psql -v x=1 <<< 'SELECT :x'"]
)
def test_an_option_takes_sql_or_one_command(command: str) -> None:
    assert faults(rule, sql(command, "bash")) == []
