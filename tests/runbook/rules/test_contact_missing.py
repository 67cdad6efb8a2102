"""A contact without a way to reach it is told, in lists, tables and several languages."""

from __future__ import annotations

import pytest

from fireline.runbook.rules.contact_missing import rule
from tests.runbook.rules.saying import lines


def page(heading: str, *rows: str) -> str:
    return f"# Outage\n\n1. **Look**\n\n## {heading}\n\n" + "\n".join(rows) + "\n"


@pytest.mark.parametrize(
    ("heading", "row"),
    [
        ("Contacts", "- **DBA**: TBD"),
        ("Contacts", "- DBA: [phone number]"),
        ("Contacts", "* Ops on call - [phone]"),
        ("Contacts", "- **DBA**: to be confirmed"),
        ("Ansprechpartner", "- **Lager:** wird nachgetragen"),
        ("Contatti", "- **Segreteria:** [telefono]"),
        ("Contatos", "- **Banco:** a definir"),
        ("連絡先", "- **データベース**: 未定"),
        ("Contacts", "- **DBA**: +1-XXX-XXX-XXXX"),
    ],
)
def test_an_open_one_is_an_error(heading: str, row: str) -> None:
    assert lines(rule, page(heading, row)) == [(7, "error")]


def test_a_row_with_a_name_and_no_number_is_an_error() -> None:
    rows = (
        "| Role | Name | Phone |",
        "| --- | --- | --- |",
        "| Holder | Priya N. | [insert phone] |",
        "| DBA | Jo | +49 30 5550 123 |",
    )
    assert lines(rule, page("Contacts", *rows)) == [(9, "error")]


def test_a_bare_name_is_a_warning_among_contacts_only() -> None:
    assert lines(rule, page("Contacts", "- **DBA**: Jane Doe")) == [(7, "warning")]
    assert lines(rule, page("Escalation", "- **L2**: Engineering Manager")) == []


@pytest.mark.parametrize(
    "row",
    [
        "- **DBA**: PagerDuty `database`",
        "- **DBA**: jane@example.com",
        "- **DBA**: #team-db on Slack",
        "- **DBA**: +49 30 5550 123",
        "- **DBA**: [schedule](https://example.com/rota)",
        "- **DBA**: ask whoever has the week in the team calendar",
        "- **Manager**: `/pd trigger imoc` in Slack",
    ],
)
def test_a_way_to_reach_somebody_is_clean(row: str) -> None:
    assert lines(rule, page("Contacts", row)) == []


def test_a_table_in_japanese_is_read() -> None:
    rows = (
        "| 役割 | 連絡先 |",
        "|---|---|",
        "| 一次対応 | 03-5550-0110 |",
        "| 夜間 | 内線 110 |",
        "| データベース | 未定 |",
    )
    assert lines(rule, page("連絡先", *rows)) == [(11, "error")]
