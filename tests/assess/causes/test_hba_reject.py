"""Who is shut out by pg_hba.conf."""

from __future__ import annotations

import pytest

from fireline.assess.causes.hba_reject import judge
from fireline.assess.checks.hba import Hba, Rule
from fireline.assess.checks.roles import Role
from tests.assess.refusals import AT, away, facts, hba, log, roles, said, snap, the

NONE = 'no pg_hba.conf entry for host "10.0.0.9", user "web", database "shop", SSL off'
REJECTS = 'pg_hba.conf rejects connection for host "10.0.0.9", user "web", database "shop", no encryption'
KNOWN = roles(Role("web"), Role("postgres"))
ALL = Rule(9, "host", ("all",), ("all",), "10.0.0.0", "255.0.0.0", "scram-sha-256")
REJECT = Rule(4, "host", ("shop",), ("web",), "10.0.0.0", "255.255.255.0", "reject")


def test_the_rule_that_rejects_is_named_with_its_line() -> None:
    found = the(judge(snap(f"FATAL:  {REJECTS}", roles=KNOWN, hba=hba(REJECT, ALL))))
    assert found.objects[0] == "/etc/pg_hba.conf line 4"
    assert "the first rule that fits is line 4: host shop web 10.0.0.0 reject" in facts(found)
    assert "host shop web 10.0.0.9/32 scram-sha-256" in found.remedy.text
    assert "line_number = 4" in found.probe.sql


def test_where_no_rule_fits_one_is_to_be_added() -> None:
    local = Rule(3, "local", ("all",), ("all",), None, None, "peer")
    found = the(judge(snap(roles=KNOWN, hba=hba(local), log=log(said("FATAL", NONE)))))
    assert "none of the 1 rules fits" in facts(found)
    assert "add a rule" in found.remedy.text


def test_a_file_that_is_right_and_not_loaded_wants_a_reload() -> None:
    found = the(judge(snap(roles=KNOWN, hba=hba(ALL), log=log(said("FATAL", NONE)))))
    assert found.remedy.sql == ("SELECT pg_reload_conf()",)
    assert found.remedy.text.startswith("The file is right already")


def test_strangers_and_what_is_mended_are_silent() -> None:
    stranger = 'no pg_hba.conf entry for host "198.51.100.7", user "oracle", database "x", SSL off'
    assert judge(snap(roles=KNOWN, hba=hba(ALL), log=log(said("FATAL", stranger)))) == ()
    assert judge(snap(NONE, roles=KNOWN, hba=hba(ALL, loaded=30), log=log(said("FATAL", NONE)))) == ()
    assert judge(snap("the app is slow", roles=KNOWN, hba=hba(REJECT))) == ()


def test_who_may_not_read_the_rules_tells_by_the_times() -> None:
    unread = Hba(AT.replace(hour=2), "pg_hba.conf", None)
    assert the(judge(snap(roles=KNOWN, hba=unread, log=log(said("FATAL", NONE))))).confidence < 0.95
    assert judge(snap(NONE, roles=KNOWN, hba=Hba(AT, "pg_hba.conf", None), log=log(said("FATAL", NONE)))) == ()


@pytest.mark.parametrize("words", [NONE, REJECTS])
def test_the_refused_role_itself_needs_no_more_than_the_refusal(words: str) -> None:
    found = the(judge(away("hba", words)))
    assert found.title == "pg_hba.conf does not let role web from 10.0.0.9 into shop."
