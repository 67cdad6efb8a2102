"""A real browser's windows for tests: who is logged in there, and what its console has complained of."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.web.site import PASSWORD, Site

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
AXE = Path(__file__).parent / "vendor" / "axe.min.js"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1440, "height": 900}
WATCH = """addEventListener('securitypolicyviolation', (event) =>
  console.error('policy: ' + event.violatedDirective + ' ' + event.blockedURI))"""


class Screen:
    """A browser's window in which somebody is logged in; `faults` are the errors its console has seen."""

    def __init__(self, chromium: Browser, site: Site, who: str | None, **options: Any) -> None:
        self.site = site
        self.context: BrowserContext = chromium.new_context(base_url=site.url, **{"viewport": DESK, **options})
        self.context.set_default_timeout(15_000)
        self.context.add_init_script(WATCH)
        self.faults: list[str] = []
        self.page: Page = self.context.new_page()
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        if who:
            self.page.goto("/login")
            self.page.fill("[name=name]", who)
            self.page.fill("[name=password]", PASSWORD)
            self.page.click("button")
            self.page.wait_for_url("**/incidents")

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def close(self) -> None:
        """Close the window."""
        self.context.close()
