from __future__ import annotations

import pytest

from fireline.runbook.rules.acts_on_local_stack import rule
from tests.runbook.rules.saying import faults, mended
from tests.runbook.rules.shelling import finds, mends, of, page


@pytest.mark.parametrize(
    "command",
    [
        "supabase status",
        "npx supabase status",
        "supabase --debug stop",
        "supabase --workdir infra stop",
        "supabase stop --no-backup",
        "supabase db reset",
        "supabase db start",
        "supabase migration up",
        "wrangler d1 execute shop --command 'select 1'",
    ],
)
def test_what_acts_here_is_found(command: str) -> None:
    assert finds(rule, command)


@pytest.mark.parametrize(
    "command",
    [
        "supabase db reset --linked",
        "supabase db push",
        "supabase projects list",
        "supabase functions deploy status",
        "supabase stop --help",
        'supabase migration up --db-url "$URL"',
        "wrangler d1 execute shop --remote --command 'select 1'",
        "systemctl status supabase",
        "supabase status # the local stack",
    ],
)
def test_what_acts_there_or_is_meant_for_here_is_not(command: str) -> None:
    assert not finds(rule, command)


def test_a_procedure_about_the_local_stack_is_left_alone() -> None:
    assert not faults(rule, page("supabase start", title="Local development"))


def test_a_restart_of_the_stack_becomes_one_of_the_server() -> None:
    assert mends(rule, "supabase status") == "fireline health"
    assert mends(rule, "supabase stop && supabase start") == "fireline resolve restart"
    assert mends(rule, "supabase db reset") == "supabase db reset"
    assert mends(rule, "supabase status | grep DB") == "supabase status | grep DB"


def test_the_target_is_the_one_that_the_runbook_names() -> None:
    text = "---\nfireline: 1\ntargets:\n  shop: {kind: postgres}\n---\n" + page("supabase status")
    [fault] = faults(rule, text)
    assert "fireline health --target shop" in mended(text, fault)
    assert "fireline health --target shop" in fault.suggestion


def test_every_call_is_told_with_what_it_does() -> None:
    first, second = of(rule, "supabase stop && supabase start")
    assert "stops containers on this machine" in first.message
    assert (first.line, first.column, second.column) == (5, 4, 21)
