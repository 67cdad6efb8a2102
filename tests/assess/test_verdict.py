"""The shape of a verdict, which the store, the page and the command line all read."""

from __future__ import annotations

import json

from fireline.assess.verdict import Branch, Cure, Evidence, Probe, Rejected, Verdict


def test_a_verdict_as_json_has_the_agreed_keys() -> None:
    verdict = Verdict(
        cause="idle_in_tx_row_lock",
        title="A title.",
        severity="high",
        confidence=0.9,
        objects=("pid 1",),
        evidence=(Evidence("pg_locks", "a fact"),),
        explains=("updates hang",),
        rejected=(Rejected("hot_row_contention", "a fact"),),
        remedy=Cure("End it.", ("SELECT 1",), command="fireline resolve terminate-session 1 --target main"),
        probe=Probe("SELECT 1", "rows = 0"),
        tree=(Branch(1, 0, "idle", root=True),),
        hurt=7,
    )
    assert json.loads(json.dumps(verdict.json())) == {
        "cause": "idle_in_tx_row_lock",
        "title": "A title.",
        "severity": "high",
        "confidence": 0.9,
        "objects": ["pid 1"],
        "evidence": [{"source": "pg_locks", "fact": "a fact"}],
        "explains": ["updates hang"],
        "rejected": [{"cause": "hot_row_contention", "because": "a fact"}],
        "remedy": {
            "text": "End it.",
            "sql": ["SELECT 1"],
            "level": "reversible",
            "undo": [],
            "command": "fireline resolve terminate-session 1 --target main",
        },
        "probe": {"sql": "SELECT 1", "expect": "rows = 0"},
        "tree": [{"pid": 1, "depth": 0, "text": "idle", "root": True}],
    }
