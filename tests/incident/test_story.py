from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fireline.incident import story
from fireline.incident.story import sentence

STEP = {"run": 3, "position": 2, "title": "Check slow queries"}

# The kinds and payloads that the rooms agreed upon, each with the sentence a tired person reads.
TOLD: list[tuple[str, str, dict[str, Any], str]] = [
    ("alert", "alertmanager", {"alert_id": 1, "source": "alertmanager", "title": "HighLatency", "key": "k", "reason": "r"},
     "Alert from alertmanager: HighLatency"),
    ("alert_resolved", "alertmanager", {"alert_id": 1, "title": "HighLatency"}, "The alert “HighLatency” is resolved"),
    ("alert_stale", "fireline", {"alerts": "The alert “A”", "number": 1},
     "The alert “A” has not been repeated for long: stale"),
    ("alert_stale", "fireline", {"alerts": "The alerts “A”, “B”", "number": 2},
     "The alerts “A”, “B” have not been repeated for long: stale"),
    ("alert_again", "fireline", {"alert_id": 1, "title": "A"}, "The alert “A” is repeated again"),
    ("flapping", "fireline", {"alert_id": 1, "title": "A", "changes": 5, "window": "10 min"},
     "The alert “A” changed 5 times within 10 min: held until it is calm for so long"),
    ("calm", "fireline", {"alert_id": 1, "title": "A", "changes": 9, "state": "it fires"},
     "The alert “A” is calm after 9 changes; it fires"),
    ("merged", "anna", {"into": "INC-1", "alerts": 2, "reason": "same cause"}, "anna merged this into INC-1: same cause"),
    ("took_in", "anna", {"incident": "INC-2", "title": "Slow", "alerts": 2, "reason": ""},
     "anna merged INC-2 “Slow” into this, with 2 alerts"),
    ("split_off", "anna", {"into": "INC-3", "alerts": 1, "titles": ["DiskFull"]},
     "anna split 1 alert off into INC-3: DiskFull"),
    ("split_from", "anna", {"incident": "INC-1", "alerts": 2, "titles": ["A", "B"]},
     "anna split this off INC-1, with 2 alerts: A, B"),
    ("opened", "fireline", {"severity": "P1", "title": "Slow", "target": "main", "reason": "label severity"},
     "Fireline opened the incident as P1: Slow; label severity"),
    ("severity", "anna", {"from": "P1", "to": "P0", "reason": "logins fail"},
     "anna changed the severity from P1 to P0: logins fail"),
    ("severity_proposed", "fireline", {"severity": "P0", "rank": 0, "reason": "data is lost"},
     "Fireline proposes P0: data is lost"),
    ("status", "fireline", {"from": "detected", "to": "assessing", "reason": ""},
     "Fireline moved the incident from detected to assessing"),
    ("acknowledged", "anna", {"door": "mail"}, "anna acknowledged by the link in a message"),
    ("acknowledged", "anna", {"door": "cli"}, "anna acknowledged on the command line"),
    ("acknowledged", "anna", {"door": "system"}, "anna acknowledged"),
    ("commander", "anna", {"person": "anna"}, "anna took command"),
    ("commander", "anna", {"person": "ben"}, "anna gave command to ben"),
    ("role", "anna", {"role": "scribe", "person": "ben"}, "anna made ben scribe"),
    ("silenced", "fireline", {"until": "2026-03-01T03:00:00+00:00", "silences": "silence 1 “moving” by ana"},
     "Nobody is told: silence 1 “moving” by ana (until 2026-03-01 03:00 UTC)"),
    ("unsilenced", "fireline", {"reason": "Told only now: silence 1 held it, and holds it no longer."},
     "Told only now: silence 1 held it, and holds it no longer."),
    ("unsilenced", "fireline", {}, "People are told again: a silence holds it no longer"),
    ("note", "anna", {"text": "checkout\nis fine"}, "anna noted: checkout is fine"),
    ("impact", "anna", {"text": "Nobody can save", "users": 400},
     "anna described the impact: 400 users affected; Nobody can save"),
    ("impact", "anna", {"text": "", "users": 0}, "anna described the impact: 0 users affected"),
    ("told", "fireline", {"event": "opened", "contact": "oncall", "channel": "email", "seconds": 0.31},
     "oncall was told by email (opened, in 0.3 s)"),
    ("telling_failed", "fireline",
     {"event": "at_risk", "contact": "oncall", "channel": "email", "error": "refused", "permanent": True},
     "oncall could not be told by email (at risk), it is given up: refused"),
    ("telling_failed", "fireline",
     {"event": "at_risk", "contact": "oncall", "channel": "email", "error": "refused", "permanent": False},
     "oncall could not be told by email (at risk), it is tried again: refused"),
    ("clock_at_risk", "fireline", {"kind": "response", "due_at": "2026-11-23T03:00:00.000000+00:00"},
     "The response clock is at risk, due 2026-11-23 03:00 UTC"),
    ("clock_breached", "fireline", {"kind": "postmortem", "due_at": "2026-11-23T03:00:00.000000+00:00"},
     "The post-mortem clock ran out, due 2026-11-23 03:00 UTC"),
    ("matched", "fireline",
     {"procedure": "db/slow", "title": "Slow", "score": 0.7, "words": ["slow", "timeout"], "alternatives": []},
     "The procedure “Slow” fits because of slow, timeout (score 0.7)"),
    ("no_match", "fireline", {"best": "Slow", "score": 0.1}, "No procedure fits well enough; the nearest is Slow (score 0.1)"),
    ("no_match", "fireline", {"best": None, "score": 0}, "No procedure fits well enough"),
    ("chosen", "anna", {"procedure": "db/slow", "title": "Slow"}, "anna chose the procedure “Slow”"),
    ("run_started", "fireline", {"run": 3, "title": "Slow", "reason": "matched slow"},
     "Fireline started run 3, “Slow”: matched slow"),
    ("step", "fireline", {**STEP, "state": "failed", "level": "read", "summary": "", "error": "no column mean_time"},
     "Step 2 “Check slow queries” failed: no column mean_time"),
    ("step", "fireline", {**STEP, "state": "succeeded", "level": "read", "summary": "4 rows", "rows": 4, "ms": 12},
     "Step 2 “Check slow queries” succeeded: 4 rows"),
    ("step", "fireline", {**STEP, "state": "timed_out"}, "Step 2 “Check slow queries” ran out of time"),
    ("approval_wanted", "fireline", {**STEP, "command": "SELECT 1", "expires_at": "x"},
     "Approval is wanted for step 2 “Check slow queries”: SELECT 1"),
    ("approved", "anna", {**STEP, "door": "page", "break_glass": False, "reason": ""},
     "anna approved step 2 “Check slow queries” on the page"),
    ("approved", "anna", {**STEP, "door": "cli", "break_glass": True, "reason": "alone at night"},
     "anna approved step 2 “Check slow queries” by break-glass on the command line: alone at night"),
    ("rejected", "anna", {**STEP, "reason": "wrong target"}, "anna rejected step 2 “Check slow queries”: wrong target"),
    ("decided", "anna", {**STEP, "choice": "yes", "reason": ""}, "anna decided “yes” at step 2 “Check slow queries”"),
    ("ticked", "anna", {**STEP, "note": "done by hand"}, "anna did step 2 “Check slow queries”: done by hand"),
    ("skipped", "anna", {**STEP, "reason": "not needed"}, "anna skipped step 2 “Check slow queries”: not needed"),
    ("replaced", "anna", {**STEP, "command": "SELECT 2", "reason": "typo"},
     "anna replaced the command of step 2 “Check slow queries”: typo; now: SELECT 2"),
    ("undone", "fireline", {**STEP, "summary": "setting put back"},
     "Fireline undid step 2 “Check slow queries”: setting put back"),
    ("undo_failed", "fireline", {**STEP, "summary": "locked"}, "The undo of step 2 “Check slow queries” failed: locked"),
    ("retried", "anna", STEP, "anna asked for another try of step 2 “Check slow queries”"),
    ("approval_void", "fireline", {**STEP, "reason": "the command changed"},
     "The approval of step 2 “Check slow queries” is void: the command changed"),
    ("cancel_asked", "anna", {"run": 3, "position": 2, "reason": "stuck"}, "anna asked to stop step 2 of run 3: stuck"),
    ("cancel_asked", "anna", {"run": 3, "position": None, "reason": ""}, "anna asked to stop all of run 3"),
    ("run_finished", "fireline", {"run": 3, "title": "Slow", "state": "succeeded"}, "Run 3, “Slow”, was carried out"),
    ("finding", "fireline",
     {"cause": "idle_tx", "title": "A lock", "severity": "critical", "confidence": 0.97, "target": "main", "ms": 8},
     "Root cause on main: A lock (idle_tx, confidence 0.97)"),
    ("no_finding", "fireline", {"target": "main", "unknown": []}, "No cause was found on main"),
    ("no_finding", "fireline", {"target": "main", "unknown": ["locks"]}, "No cause was found on main; could not see: locks"),
    ("changed", "fireline", {"target": "main", "since": "2026-03-01T02:40:00Z", "statements": ["SELECT 1: slower"]},
     "Statements on main that do something else than before it began: SELECT 1: slower"),
    ("changed", "fireline", {"target": "main", "statements": ["a: new", "b: gone", "c: slower", "d: slower"]},
     "Statements on main that do something else than before it began: a: new; b: gone; c: slower; and 1 more"),
    ("surroundings", "fireline",
     {"changes": [{"source": "application", "name": "shop", "state": "ailing", "title": "answers 503 instead of 200", "again": False},
                  {"source": "vendor", "name": "acme", "state": "unknown", "title": "no answer within 5 s", "again": False},
                  {"source": "sentry", "name": "issue 7", "state": "ailing", "title": "“Timeout”", "again": False},
                  {"source": "vendor", "name": "GitHub", "state": "well", "title": "no trouble", "again": False},
                  {"source": "users", "name": "users affected", "state": "ailing", "title": "about 412 users", "again": False,
                   "estimate": 412}]},
     "Around it: shop: answers 503 instead of 200; acme could not be seen (no answer within 5 s); Sentry issue 7: “Timeout”; "
     "users affected: about 412 users; GitHub is well"),
    ("surroundings", "fireline",
     {"changes": [{"source": "application", "name": "shop", "state": "well", "title": "answers 200", "again": True}]},
     "Around it: shop is well now"),
    ("surroundings", "fireline",
     {"changes": [{"source": "vendor", "name": name, "state": "well", "title": "x", "again": False} for name in "abcdefgh"]},
     "Around it: a, b, c, d, e, f and 2 more are well"),
    ("surroundings", "fireline",
     {"changes": [{"source": "sentry", "name": "settings", "state": "unknown", "title": "surroundings.sentry.token: Field required",
                   "again": False}]},
     "Around it: Sentry settings could not be seen (surroundings.sentry.token: Field required)"),
    ("surroundings", "fireline",
     {"changes": [{"source": "application", "name": name, "state": "ailing", "title": "x", "again": False} for name in "abcdefgh"]},
     "Around it: a: x; b: x; c: x; d: x; e: x; f: x; and 2 more"),
    ("logged", "fireline",
     {"source": "the journal", "kinds": ["ERROR: deadlock detected: 1 in the 15 min before, 340 since", "FATAL: x: 0 in the 15 min before, 2 since"]},
     "In the log around the start (the journal): ERROR: deadlock detected: 1 in the 15 min before, 340 since; "
     "FATAL: x: 0 in the 15 min before, 2 since"),
    ("probe", "fireline", {"state": "green", "cause": "idle_tx", "target": "main"}, "The cause idle_tx on main is gone"),
    ("resolved", "anna", {"resolution": "ended it", "red": False, "reason": ""}, "anna resolved the incident: ended it"),
    ("resolved", "anna", {"resolution": "", "red": True, "reason": "vendor"},
     "anna resolved the incident although its cause was still there because: vendor"),
    ("reopened", "anna", {"reason": "again"}, "anna opened the incident again: again"),
    ("dismissed", "anna", {"reason": "a test"}, "anna dismissed the incident: a test"),
    ("closed", "anna", {}, "anna closed the incident"),
    ("postmortem_drafted", "fireline", {}, "The post-mortem was drafted"),
    ("postmortem_edited", "anna", {"by": "anna"}, "anna worked on the post-mortem"),
    ("halted", "anna", {"reason": "wrong server"}, "anna stopped all changes: wrong server"),
    ("lifted", "anna", {}, "anna allowed changes again"),
    ("fence", "anna", {"event": "raised", "target": "main", "level": "drained", "says": "proved: nobody is left", "reason": "rows vanish"},
     "anna raised a fence around main, drained: proved: nobody is left; because: rows vanish"),
    ("fence", "fireline", {"event": "fell", "target": "main", "level": "drained", "says": "", "reason": "rows vanish"},
     "Fireline let the fence around main fall, as its time had come"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "actor", "payload", "said"), TOLD)
def test_every_kind_of_event_is_one_plain_sentence(kind: str, actor: str, payload: dict[str, Any], said: str) -> None:
    assert sentence(kind, actor, payload) == said


def test_every_sentence_there_is_has_been_read_here() -> None:
    assert set(story._SENTENCES) == {kind for kind, *_ in TOLD}


def test_a_kind_nobody_taught_is_readable() -> None:
    assert sentence("disk_grown", "fireline", {"by": "10 GB", "of": None}) == "Fireline: disk grown (by 10 GB)"
    assert sentence("disk_grown", "", {}) == "Somebody: disk grown"


LEAF = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
JSON = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner))
KEYS = st.sampled_from(["run", "position", "title", "state", "reason", "door", "due_at", "seconds", "unknown", "x"])
KINDS = st.sampled_from(sorted(story._SENTENCES)) | st.text(max_size=10)


@given(KINDS, st.text(max_size=10), st.dictionaries(KEYS, JSON))
def test_whatever_an_event_holds_its_sentence_is_one_line(kind: str, actor: str, payload: dict[str, Any]) -> None:
    said = sentence(kind, actor, payload)
    assert "\n" not in said.replace(actor, "").replace(kind, "").replace(kind.replace("_", " "), "")


def test_a_long_value_is_cut() -> None:
    said = sentence("note", "anna", {"text": "x" * 5000})
    assert len(said) < 350
    assert re.search("x…$", said)
