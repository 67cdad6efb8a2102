"""The story of the demo, played by a person at the page, in a real browser."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from fireline.demo import alertmanager
from fireline.demo.traffic import Traffic
from fireline.demo.trouble import Trouble, canary
from tests.acceptance.place import Place, place, trouble, waits

pytestmark = pytest.mark.browser

CHROMIUM = Path("/usr/bin/chromium")
PICTURE = Path(__file__).parents[2] / "docs" / "images" / "incident.png"
SLOW = 30_000  # milliseconds for what Fireline does by itself


@pytest.fixture
def fresh() -> Iterator[Place]:
    """A place where nothing has happened: the picture is of the first incident."""
    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    with place() as made:
        yield made


@pytest.fixture
def wrong(fresh: Place) -> Iterator[Trouble]:
    """The app's users hang behind the migration."""
    traffic = Traffic(fresh.school)
    traffic.start()
    try:
        with trouble(fresh.school) as begun:
            time.sleep(1)  # the users' next requests run into it
            yield begun
    finally:
        traffic.stop()


@pytest.fixture
def page() -> Iterator[Page]:
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        opened = browser.new_page(viewport={"width": 1440, "height": 1640}, timezone_id="UTC", color_scheme="light")
        opened.set_default_timeout(SLOW)
        expect.set_options(timeout=SLOW)
        yield opened
        browser.close()


def test_a_person_at_the_page_takes_the_incident_from_the_alert_to_the_closed_post_mortem(
    fresh: Place, wrong: Trouble, page: Page
) -> None:
    there = fresh
    faults: list[str] = []
    page.on("pageerror", lambda fault: faults.append(str(fault)))
    assert there.post().status_code == 202
    (incident,) = there.opened()
    there.show(incident["id"], lambda view: view["verdict"] and waits(view))
    log_in(page, there)
    page.get_by_role("link", name=re.compile(re.escape(alertmanager.SUMMARY))).first.click()
    reads_what_is_known(page, wrong)
    page.locator("#wanted").get_by_role("button", name="Acknowledge").click()
    expect(page.locator("#wanted-title")).to_contain_text("Run optimization")
    puts_the_remedy_in_the_place_of_the_step(page, wrong)
    assert there.school.has_session(wrong.report_pid), "nothing was ended before the yes"
    keep_picture(page)
    page.locator("#wanted").get_by_role("button", name="Approve", exact=True).click()
    expect(page.locator("#run-1-step-4")).to_have_class("done")
    assert not there.school.has_session(wrong.report_pid)
    assert canary(there.school) is not None
    expect(page.locator("#verdict .tag.green")).to_contain_text("gone")
    resolves_and_closes(page)
    assert there.show(incident["id"])["status"] == "reviewed"
    assert faults == []


def log_in(page: Page, there: Place) -> None:
    page.goto(there.home.url)
    page.get_by_label("Name").fill("you")
    page.get_by_label("Password").fill(there.person.password.reveal())
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("link", name="Your account: you")).to_be_visible()


def reads_what_is_known(page: Page, wrong: Trouble) -> None:
    expect(page.locator("#verdict .label")).to_have_text("ddl_queue_behind_idle_tx")
    expect(page.locator("#verdict .tree b")).to_contain_text(f"pid {wrong.report_pid}")
    expect(page.locator("#remedy code")).to_have_text(
        f"fireline resolve terminate-session {wrong.report_pid} --target main"
    )
    expect(page.locator("#run-1-title")).to_have_text("Database Performance Issues")
    for position, words in enumerate(
        ("calculate_database_health_score", "detect_performance_bottlenecks", "mean_time"), 1
    ):
        expect(page.locator(f"#run-1-step-{position}")).to_have_class("fail")
        expect(page.locator(f"#run-1-step-{position}")).to_contain_text(words)


def puts_the_remedy_in_the_place_of_the_step(page: Page, wrong: Trouble) -> None:
    asked = page.locator("#wanted")
    asked.get_by_text("Replace…").click()
    asked.get_by_label("Command").fill(page.locator("#remedy code").inner_text())
    asked.get_by_label("Language").select_option("bash")
    asked.get_by_label("Why").locator("visible=true").fill("optimizing would wait in the same queue")
    asked.get_by_role("button", name="Put this in its place").click()
    expect(asked.locator("code.command")).to_have_text(
        f"fireline resolve terminate-session {wrong.report_pid} --target main"
    )
    expect(asked).to_contain_text(f"End session {wrong.report_pid}")
    expect(asked).to_contain_text("A session can not be brought back")


def resolves_and_closes(page: Page) -> None:
    asked = page.locator("#wanted")
    asked.get_by_label("What resolved it").fill("Ended the idle session of the nightly report")
    asked.get_by_role("button", name="Resolve the incident").click()
    asked.get_by_role("link", name="Open the post-mortem").click()
    expect(page.locator("#prose")).to_contain_text("Ended the idle session of the nightly report")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#postmortem .bar")).to_contain_text("edited by you")
    page.locator("#postmortem .bar").get_by_role("link", name="INC-1").click()
    page.locator("#wanted").get_by_role("button", name="Close the incident").click()
    expect(page.locator("#wanted-title")).to_contain_text("INC-1 is closed")


def keep_picture(page: Page) -> None:
    """Only when asked for: a test run does not dirty the tree."""
    if os.environ.get("FIRELINE_KEEP_SCREENSHOT"):
        page.mouse.move(0, 0)
        page.screenshot(path=PICTURE)
