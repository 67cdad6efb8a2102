"""Links within the file system and to headings are looked up as a reader's renderer would."""

from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.rule import Fault, Unknown
from fireline.runbook.lint.world import World
from fireline.runbook.rules.dead_link import rule
from tests.runbook.rules.saying import faults, look, mended, of_file


def page(body: str) -> str:
    return f"# Outage\n\n1. **Look**\n\n{body}\n"


def in_repository(folder: Path, body: str, **others: str) -> list[Fault]:
    (folder / ".git").mkdir()
    for name, text in others.items():
        file = folder / name.replace("__", "/").replace("_md", ".md")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    runbook = folder / "ops" / "runbook.md"
    runbook.parent.mkdir(exist_ok=True)
    runbook.write_text(page(body))
    said = of_file(rule, runbook)
    assert all(isinstance(one, Fault) for one in said)
    return [one for one in said if isinstance(one, Fault)]


@pytest.mark.parametrize(
    "body",
    [
        "[a](https://example.com/x) [b](mailto:ops@example.com) [c](//cdn.example.com/x)",
        "[a]({{ site.url }}/x) [b]({% link x %}) [back to the top](#)",
        "See `[a](nothing.md)` and\n\n```text\n[b](nothing.md)\n```",
        '<a id="here"></a> [a](#here) and [b](#Look-Here)\n\n## Look here!',
        "## Rücksicherung\n\n[a](#rücksicherung) [b](#rucksicherung)",
        "## 3. Stop -- now\n\n[a](#3-stop----now) [b](#stop-now)",
        "## Twice\n\n## Twice\n\n[a](#twice-1)",
        "## Own {#mine}\n\n[a](#mine)",
    ],
)
def test_what_leads_somewhere_is_clean(body: str) -> None:
    assert faults(rule, page(body)) == []


def test_files_are_found_as_wikis_and_site_generators_find_them(tmp_path: Path) -> None:
    body = "[a](other.md) [b](other) [c](other.html) [d](/docs/deep.md) [e](/deep) [f](../docs/) [g](some%20thing.md) [h](x.py#L10)"
    others = {
        "ops__other_md": "# O\n",
        "docs__deep_md": "# D\n",
        "deep_md": "# D\n",
        "ops__some thing_md": "#\n",
        "ops__x.py": "",
    }
    assert in_repository(tmp_path, body, **others) == []


def test_an_anchor_of_another_page_is_looked_up_there_and_the_nearest_one_offered(tmp_path: Path) -> None:
    good, bad = "[a](other.md#when-it-is-full)", "[b](other.md#when-its-full)"
    found = in_repository(tmp_path, f"{good}\n\n{bad}", ops__other_md="# Other\n\n## When it is full\n")
    assert [(one.line, "other.md" in one.message) for one in found] == [(7, True)]
    assert "[b](other.md#when-it-is-full)" in mended(page(f"{good}\n\n{bad}"), found[0])


def test_a_file_that_has_moved_nearby_is_named_and_linked(tmp_path: Path) -> None:
    found = in_repository(tmp_path, "[a](ROLLBACK.md)", ops__old__ROLLBACK_md="# R\n")
    assert found[0].suggestion == "There is old/ROLLBACK.md: is that meant?"
    assert "[a](old/ROLLBACK.md)" in mended(page("[a](ROLLBACK.md)"), found[0])


def test_pictures_and_html_links_count_too(tmp_path: Path) -> None:
    found = in_repository(tmp_path, '![plan](plan.png)\n\n<p><a href="gone.md">x</a></p>')
    assert [one.line for one in found] == [5, 7]


def test_an_address_without_its_scheme_is_mended() -> None:
    found = faults(rule, page("[status](www.example.com/status)"))
    assert "(https://www.example.com/status)" in mended(page("[status](www.example.com/status)"), found[0])


def test_a_link_to_nothing_is_a_warning() -> None:
    assert [one.severity for one in faults(rule, page("[Dashboard](#)"))] == ["warning"]


def test_what_can_not_be_known_is_said(tmp_path: Path) -> None:
    assert [type(one) for one in look(rule, page("[a](x.md)"), World(files=False))] == [Unknown]
    said = look(rule, page("[a](/docs/x.md)"), path=str(tmp_path / "runbook.md"))
    assert [type(one) for one in said] == [Unknown]
