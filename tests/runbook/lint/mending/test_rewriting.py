from __future__ import annotations

from pathlib import Path

from fireline.runbook.lint.mending.rewriting import replaced, typed
from fireline.runbook.lint.rule import Edit
from fireline.runbook.lint.subject import Command, Subject
from fireline.runbook.parse import parse_text


def of(text: str) -> tuple[Subject, Command]:
    subject = Subject(Path("a.md"), text, parse_text(text))
    return subject, subject.commands[0]


def test_a_line_keeps_the_indent_of_its_list() -> None:
    subject, command = of("# A\n\n1. **Do:**\n   ```bash\n   ls\n     wc\n   ```\n")
    assert typed(command, 2) == "  wc"
    assert replaced(subject, command, 2, "  wc -l") == Edit(6, 6, "     wc -l")


def test_several_lines_have_it_each() -> None:
    subject, command = of("# A\n\n1. **Do:**\n   ```bash\n   a | b\n   ```\n")
    assert replaced(subject, command, 1, "set -o pipefail\na | b") == Edit(5, 5, "   set -o pipefail\n   a | b")


def test_a_quotation_mark_and_a_prompt_stay() -> None:
    subject, command = of("# A\n\n> 1. **Do:**\n>    ```bash\n>    ls\n>    ```\n")
    assert replaced(subject, command, 1, "wc") == Edit(5, 5, ">    wc")
    subject, command = of("# A\n\n1. **Do:**\n   ```console\n   $ ls\n   a b\n   $ wc\n   ```\n")
    assert replaced(subject, command, 2, "du") == Edit(7, 7, "   $ du")


def test_a_line_that_is_not_found_is_not_touched() -> None:
    subject, command = of("# A\n\n1. **Do:**\n   ```bash\n   ls\n\n   wc\n   ```\n")
    assert replaced(subject, command, 2, "x") is None
