"""The story of the demo, played by a person at the page, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from tests.acceptance.place import Place, place

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "incident.png"
SLOW = 20_000  # milliseconds for what Fireline does by itself


@pytest.fixture(scope="module")
def there() -> Iterator[Place]:
    with place() as made:
        yield made


@pytest.fixture
def page() -> Iterator[Page]:
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        opened = browser.new_page(viewport={"width": 1440, "height": 1200}, device_scale_factor=1)
        opened.set_default_timeout(SLOW)
        yield opened
        browser.close()


def keep_picture(page: Page) -> None:
    """Only when asked: a test run does not dirty the tree."""
    if os.environ.get("FIRELINE_KEEP_SCREENSHOT"):
        page.screenshot(path=PICTURE, full_page=True)
