"""The status pages of those one depends on, in the shape of Statuspage: what of them is degraded, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from pydantic import Field

from fireline.assess.surrounding import LIMIT, Circumstances, Question, Seen, Surrounding
from fireline.settings import Duration, Model
from fireline.systems import statuspage


class VendorSettings(Model):
    """One status page with a Statuspage v2 API, such as https://status.supabase.com, https://www.githubstatus.com or https://status.expo.dev."""

    url: str = Field(description=f"the page; {statuspage.PATH} is read from it")
    components: list[str] = Field(
        default_factory=list, description="only these of its components count; all when empty"
    )
    timeout: Duration = Field(LIMIT, description="how long its answer may take")


def questions(pages: Mapping[str, VendorSettings], circumstances: Circumstances) -> list[Question]:
    """One for each page, whatever the incident is about."""
    del circumstances
    return [
        Question(name, partial(ask, page), page.timeout, ("vendor", page.url, tuple(page.components)))
        for name, page in pages.items()
    ]


def ask(page: VendorSettings) -> Seen:
    """What the page says now."""
    found = statuspage.ask(page.url, page.components, page.timeout)
    return Seen(found.state, found.title, found.detail, found.facts)


surrounding = Surrounding("vendor", "status pages in the shape of Statuspage v2", VendorSettings, questions, "supabase")
