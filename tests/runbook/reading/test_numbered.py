"""Paragraphs that are steps by their number."""

from __future__ import annotations

import pytest

from fireline.runbook.parse import parse_text


def steps(text: str) -> list[tuple[int, str, str]]:
    """Line, title and command of each step."""
    (one,) = parse_text(text).procedures
    return [(step.line, step.title, step.action.command if step.action else "") for step in one.steps]


STYLES = {
    "chapters": "# A\n\n3.1 Look.\n\n    df -h\n\n3.2 Restart it.\n\n    systemctl restart app\n",
    "spoken": "# A\n\nStep 1: Look.\n\n    df -h\n\nStep 2: Restart it.\n\n    systemctl restart app\n",
    "bold": "# A\n\n**Schritt 1.** Look.\n\n    df -h\n\n**Schritt 2.** Restart it.\n\n    systemctl restart app\n",
    "bold title": "# A\n\n**1. Look**\n\n    df -h\n\n**2. Restart it**\n\n    systemctl restart app\n",
    "escaped": "# A\n\n1\\. Look.\n\n    df -h\n\n2\\. Restart it.\n\n    systemctl restart app\n",
    "keycaps": "# A\n\n1️⃣ Look.\n\n    df -h\n\n2️⃣ Restart it.\n\n    systemctl restart app\n",
    "circled": "# A\n\n① Look\n\n    df -h\n\n② Restart it\n\n    systemctl restart app\n",
    "cjk": "# A\n\n手順1 Look\n\n    df -h\n\n手順2 Restart it\n\n    systemctl restart app\n",
}


@pytest.mark.parametrize("text", STYLES.values(), ids=STYLES)
def test_a_paragraph_with_the_next_number_is_a_step_with_the_code_below_it(text: str) -> None:
    assert steps(text) == [(3, "Look", "df -h"), (7, "Restart it", "systemctl restart app")]


def test_a_paragraph_is_cut_at_its_breaks() -> None:
    text = "# A\n\nDo this:<br>1) Stop it<br>2) Start `app`\nnow<br>3) Look\n"
    assert steps(text) == [(3, "Stop it", ""), (3, "Start app", ""), (4, "Look", "")]


def test_what_follows_belongs_to_the_step_up_to_the_next_label() -> None:
    (one,) = parse_text(
        "# A\n\nStep 1: Stop it.\n\n    systemctl stop app\n\nUndo: `systemctl start app`\n\nWait a minute.\n\n**Contacts**\n\nAna\n"
    ).procedures
    (step,) = one.steps
    assert step.undo_text == "systemctl start app"
    assert "Wait a minute." in step.text
    assert "Ana" not in step.text


@pytest.mark.parametrize(
    "text",
    [
        "# A\n\n2.5 GB are free.\n\n3.5 GB are used.\n",
        "# Policy\n\n1.1 The commander decides.\n\n1.2 The scribe writes.\n",
        "# A\n\n1. \n",
        "# A\n\n2026-01-01 All was well.\n",
    ],
)
def test_other_numbers_are_no_steps(text: str) -> None:
    from fireline.errors import NoProcedure

    with pytest.raises(NoProcedure):
        steps(text)
