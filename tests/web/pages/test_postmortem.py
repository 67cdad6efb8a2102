"""The post-mortem page."""

from __future__ import annotations

from fireline.incident.people import Actor
from tests.web import story
from tests.web.site import Site


def test_a_post_mortem_is_read_edited_and_taken_away(site: Site) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        browser.submit("incident.resolve", incident=str(number), resolution="fixed")
        place = f"/incidents/{number}/postmortem"
        assert "drafted by Fireline" in browser.get(place).text
        markdown = "# What happened\n\nIt **broke**. <script>alert(1)</script> [x](javascript:alert(1))"
        page = browser.submit(
            "incident.edit-postmortem", back=place, incident=str(number), markdown=markdown, revision="1"
        )
        assert "<strong>broke</strong>" in page.text
        assert "<script>alert" not in page.text
        assert 'href="javascript:' not in page.text
        file = browser.get(f"{place}.md")
        assert file.headers["content-disposition"] == f'attachment; filename="INC-{number}-post-mortem.md"'
        assert file.text.startswith("# What happened")
        late = browser.submit(
            "incident.edit-postmortem", back=place, incident=str(number), markdown="mine", revision="1"
        )
        assert late.status_code == 409
