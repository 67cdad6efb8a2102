"""Severities, contacts, channels and the post-mortem, in the shapes that teams write them in."""

from __future__ import annotations

import pytest

from fireline.runbook.page.outline import outline
from fireline.runbook.reading import directory


def test_severities_in_a_table() -> None:
    text = "# Severity\n| Severity | Name | Impact | Response Time | Escalation |\n|--|--|--|--|--|\n| **SEV-1** | Critical | Shop down | <15 min | CTO |\n| SEV-2 | Major | Slow | 1 hour | Lead |\n"
    assert [
        (one.id, one.name, one.rank, one.criteria, one.response, one.line)
        for one in directory.severities(outline(text).root)
    ] == [
        ("SEV-1", "Critical", 0, ("Shop down",), "<15 min", 4),
        ("SEV-2", "Major", 1, ("Slow",), "1 hour", 5),
    ]


def test_a_table_of_severities_and_response_times_needs_no_heading() -> None:
    text = (
        "# Disk\n\n| Severity | Respond within |\n|--|--|\n| SEV1 | 10 minutes |\n| SEV2 | when somebody has time |\n"
    )
    assert [(one.id, one.response) for one in directory.severities(outline(text).root)] == [
        ("SEV1", "10 minutes"),
        ("SEV2", "when somebody has time"),
    ]
    other = "# Alerts\n\n| Severity | Alert |\n|--|--|\n| SEV1 | disk |\n"
    assert directory.severities(outline(other).root) == ()


def test_severities_as_headings_with_tables_and_other_lists() -> None:
    text = "# Severity levels\n## P1 – Critical\n| Criteria | Threshold |\n|--|--|\n| **Impact** | all users |\n| **Response Time** | 5 minutes |\n\n**Actions required:**\n- Page\n## Low\n- Typos\n- **Response time**: next day\n"
    assert [(one.id, one.name, one.criteria, one.response) for one in directory.severities(outline(text).root)] == [
        ("P1", "Critical", ("all users",), "5 minutes"),
        ("Low", "Low", ("Typos",), "next day"),
    ]


def test_severities_in_a_list() -> None:
    text = "# Severity\n- **P0 (Critical)**: everything down\n  - Response: immediate\n- P1 - High: slow\n- Note: ask\n"
    assert [(one.id, one.name, one.criteria, one.response) for one in directory.severities(outline(text).root)] == [
        ("P0", "Critical", ("everything down",), "immediate"),
        ("P1", "High", ("slow",), None),
    ]


def test_contacts_in_lists_and_tables() -> None:
    text = "# Contacts\n- **On-call**: Ada, +49 30 1234567\n- **DBA**: [Name]\n- **Boss**: TBD\n- **Legal**:\n## More\n| Role | Phone | Email |\n|--|--|--|\n| Ops | - | ops@example.org |\n| Night | ??? | |\n"
    assert [(one.role, one.address, one.placeholder) for one in directory.contacts(outline(text).root)] == [
        ("On-call", "Ada, +49 30 1234567", None),
        ("DBA", None, "[Name]"),
        ("Boss", None, "TBD"),
        ("Legal", None, None),
        ("Ops", "ops@example.org", None),
        ("Night", None, "???"),
    ]


def test_channels() -> None:
    text = "# Communication\n- **Teams**: https://teams.example.org/x\n## Internal\n- **Slack**: post in #ops-alerts\n- **Mail**: ops@example.org\n## Customers\n- **Status page**: https://status.example.org\n- **Affected users**: by mail\n"
    assert [(one.kind, one.name, one.address, one.audience) for one in directory.channels(outline(text).root)] == [
        ("slack", "Slack", "#ops-alerts", "internal"),
        ("email", "Mail", "ops@example.org", "internal"),
        ("status_page", "Status page", "https://status.example.org", "external"),
        ("users", "Affected users", None, "external"),
        ("other", "Teams", "https://teams.example.org/x", "internal"),
    ]


def test_the_post_mortem_has_a_time_and_severities() -> None:
    root = outline("# Severity\n## SEV-1 a\n## SEV-2 b\n# Retrospective (SEV1)\nHold it within 3 business days.\n").root
    assert directory.postmortem(root, directory.severities(root)) == ("within 3 business days", ("SEV-1",))
    assert directory.postmortem(outline("# X\nwithin 2 days\n").root, ()) == (None, ())


@pytest.mark.parametrize(
    "column",
    [
        "Ack within",
        "Respond in",
        "Response SLA",
        "SLA",
        "Target response",
        "Acknowledge in",
        "Time to respond",
        "応答時間",
    ],
)
def test_response_times_have_many_names(column: str) -> None:
    text = f"# A\n\n## Severity\n\n| Level | Slack channel | {column} | Target resolution |\n|---|---|---|---|\n| SEV1 | #a | 5 min | 1 h |\n"
    assert [one.response for one in directory.severities(outline(text).root)] == ["5 min"]
