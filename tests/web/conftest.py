"""A running site, and one with a patient to act upon."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fireline import redact
from fireline.postgres.connect import Target
from tests import servers
from tests.servers import Patient
from tests.web.site import Site

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture
def site(store_url: str, tmp_path: Path) -> Iterator[Site]:
    """A site whose target does not answer."""
    with Site(store_url, tmp_path) as running:
        yield running


@pytest.fixture(scope="module")
def still(server: Patient, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The same for all tests of a file that only look at it."""
    before = redact._forms
    with servers.database(server, template=template) as url, Site(url, tmp_path_factory.mktemp("still")) as running:
        yield running
    redact._forms = before


@pytest.fixture
def ward(store_url: str, patient: Target, tmp_path: Path) -> Iterator[Site]:
    """A site with a patient."""
    with Site(store_url, tmp_path, patient.dsn.reveal()) as running:
        yield running


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for all tests of a file."""
    from playwright.sync_api import sync_playwright  # most tests need none

    from tests.web.screens import ARGUMENTS, CHROMIUM

    if not CHROMIUM.exists():
        pytest.skip(f"{CHROMIUM} is not installed: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def screens(chromium: Browser) -> Iterator[Any]:
    """Opens windows, and closes them."""
    from tests.web.screens import Screen

    opened: list[Screen] = []

    def show(site: Site, who: str | None, **options: Any) -> Screen:
        opened.append(Screen(chromium, site, who, **options))
        return opened[-1]

    yield show
    for screen in opened:
        screen.close()
