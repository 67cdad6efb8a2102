"""HTML in a page, as exports of wikis write it."""

from __future__ import annotations

from fireline.runbook.page import html
from fireline.runbook.page.outline import Block, outline


def blocks(text: str) -> list[Block]:
    return outline(text).root.blocks


def test_a_list_of_html_is_a_list_with_the_lines_of_the_file() -> None:
    (found,) = blocks(
        '<ol>\n<li><p>Look &amp; see:</p>\n<pre><code class="language-bash">ls -l\ndf -h\n</code></pre></li>\n<li>Go</li>\n</ol>\n'
    )
    assert (found.kind, found.ordered, found.line, [one.line for one in found.items]) == ("list", True, 1, [2, 6])
    words, code = found.items[0].blocks
    assert words.prose is not None
    assert (words.prose.plain, words.line) == ("Look & see:", 2)
    assert (code.kind, code.info, code.first, code.content) == ("fence", "bash", 3, "ls -l\ndf -h\n")


def test_code_goes_on_behind_a_blank_line() -> None:
    found = blocks("<ul><li>One\n<pre>\na -x\n\nb -y\n</pre></li>\n\n<li>Two</li></ul>\n\nAfter.\n")
    assert [one.kind for one in found] == ["list", "paragraph"]
    assert found[0].items[0].blocks[1].content == "a -x\n\nb -y\n"
    assert found[0].items[0].blocks[1].first == 3


def test_markdown_within_html_stays_markdown() -> None:
    found = blocks("<ol>\n<li>\n\nStop\n\n```bash\nls -l\n```\n\n</li>\n</ol>\n")
    assert "fence" in [one.kind for one in found]


def test_an_item_without_its_end_and_a_list_without_one_are_read() -> None:
    (found,) = blocks("<ul>\n<li>One\n<li>Two <b>now</b>\n")
    assert [item.prose.plain for item in found.items if item.prose] == ["One", "Two now"]


def test_bold_words_code_and_links_keep_what_they_are() -> None:
    (found,) = html.blocks('<div><strong>See</strong> <a href="x.md">there</a> and <code>ls</code></div>', 7)
    assert found.prose is not None
    assert (found.prose.lead, found.prose.links, found.line) == ("See", [("there", "x.md", 0)], 7)
    assert [run.text for run in found.prose.runs if run.code] == ["ls"]


def test_what_says_nothing_is_no_block_of_words() -> None:
    assert html.blocks("<!-- note -->", 1) == []
    assert html.blocks("<table><tr><td>x</td></tr></table>", 1) == []
    assert [one.kind for one in blocks("<!-- note -->\n")] == ["html"]


def test_html_without_end_ends() -> None:
    assert html.blocks("<div>" * 5000 + "x", 1)[0].prose is not None
    assert html.end_of(["<pre>"] * 50, 0, 1) == 1
    assert html.blocks("<li>" * 20_000, 1) == []
