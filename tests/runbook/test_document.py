"""A runbook as data: found by id or title, and all of it JSON."""

from __future__ import annotations

import json

from fireline.runbook.parse import parse_text


def test_a_procedure_is_found_by_its_id_or_title_whatever_the_case() -> None:
    book = parse_text("# R\n## Group\n### Pool Exhausted\n1. Look\n")
    for wanted in ("group/pool-exhausted", "POOL exhausted"):
        found = book.procedure(wanted)
        assert found is not None
        assert found.line == 3
    assert book.procedure("pool") is None


def test_a_runbook_is_json() -> None:
    whole = parse_text("---\nreviewed: 2026-11-23\n---\n# R\n1. **Look** if needed\n").json()
    assert whole["front_matter"] == {"reviewed": "2026-11-23"}
    assert json.loads(json.dumps(whole))["procedures"][0]["steps"][0]["decision"] == "if needed"
