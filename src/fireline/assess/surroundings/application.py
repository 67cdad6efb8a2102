"""The team's own pages, as somebody outside sees them: status, time, certificate, and whether a text stands in them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path

from pydantic import Field

from fireline.assess.surrounding import LIMIT, Circumstances, Question, Seen, Surrounding
from fireline.settings import Duration, Model
from fireline.systems import web_page
from fireline.systems.web_page import Page


class ApplicationSettings(Model):
    """One page of your own that tells whether the application is well; asked with a GET."""

    url: str = Field(description="what is asked; a password or a token in it is never shown", repr=False)
    status: int | None = Field(None, description="the status it must answer; anything from 200 to 299 when left out")
    expect: str | None = Field(None, description="a text that must stand in the first megabyte of its body")
    timeout: Duration = Field(LIMIT, description="how long an answer may take")
    ca: Path | None = Field(
        None, description="PEM file of the authority that signed its certificate, if it is your own"
    )


def questions(pages: Mapping[str, ApplicationSettings], circumstances: Circumstances) -> list[Question]:
    """One for each page, whatever the incident is about."""
    del circumstances
    return [
        Question(name, partial(ask, page), page.timeout, ("application", page.url, page.status, page.expect))
        for name, page in pages.items()
    ]


def ask(page: ApplicationSettings) -> Seen:
    """What the page answers."""
    found = web_page.ask(Page(page.url, page.timeout, page.status, page.expect, page.ca))
    return Seen(found.state, found.title, found.detail, found.facts)


surrounding = Surrounding(
    "application", "the team's own pages: status, time, certificate, text", ApplicationSettings, questions, "shop"
)
