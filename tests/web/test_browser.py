"""The pages in a real browser: live, by keyboard, on a phone, in both colours, without a violation of the policy."""

from __future__ import annotations

import json
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from fireline.assess import history
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from tests.assess.faults import Faults
from tests.web import story
from tests.web.screens import AXE, DESK, PHONE
from tests.web.site import Site

pytestmark = pytest.mark.browser

PAGES = ["/incidents", "/incidents/1", "/incidents/1/postmortem", "/incidents/1/timeline", "/alerts/1", "/declare", "/report", "/alerts", "/changes", "/sources", "/runs", "/runs/1", "/runbooks",
         "/runbooks/1", "/targets", "/targets/main", "/people", "/account"]  # fmt: skip


@pytest.mark.parametrize(
    "look",
    [
        {"color_scheme": "light", "viewport": DESK},
        {"color_scheme": "dark", "viewport": DESK},
        {"color_scheme": "light", "viewport": PHONE, "has_touch": True, "is_mobile": True},
        {"color_scheme": "dark", "viewport": PHONE, "has_touch": True, "is_mobile": True},
    ],
    ids=["light", "dark", "phone", "dark phone"],
)
def test_every_page_is_accessible_fits_and_breaks_no_rule(
    ward: Site, patient: Target, screens: Any, look: dict[str, Any]
) -> None:
    story.night(ward, patient)
    story.alert(ward, Actor("maya"))
    for title in ("shop 4.2", "x" * 150, *map(str, range(6))):
        ward.do(Actor("maya"), "change.add", title=title, target="main", url="https://ci.example.org/1", text="y" * 300)
    history.look_after(ward.context.world, "main")
    screen = screens(ward, "maya", **look)
    axe = AXE.read_text(encoding="utf-8")
    wrong = []
    for path in PAGES:
        screen.page.goto(path)
        screen.page.wait_for_function("document.readyState === 'complete'")
        wide = screen.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if wide > 0:
            wrong.append(f"{path} is {wide} px too wide")
        if look["viewport"] is PHONE and path not in ("/incidents/1", "/declare"):
            continue  # what could be wrong for assistive technology is the same as on a desk
        screen.page.evaluate(axe)
        found = screen.page.evaluate("axe.run({resultTypes: ['violations']}).then((told) => told.violations)")
        for one in found:
            if one["impact"] in ("serious", "critical"):
                wrong.append(f"{path} {one['id']}: {json.dumps([node['html'] for node in one['nodes']])[:300]}")
    assert wrong == []
    assert screen.faults == []


@pytest.mark.parametrize(
    "look", [{"viewport": DESK}, {"color_scheme": "dark", "viewport": PHONE, "is_mobile": True}], ids=["desk", "phone"]
)
def test_what_is_around_an_incident_is_calm_accessible_and_written_down_in_place(
    ward: Site, patient: Target, screens: Any, look: dict[str, Any]
) -> None:
    number = story.night(ward, patient)
    story.around(ward, number, users=2_400)
    screen = screens(ward, "maya", **look)
    page: Page = screen.page
    page.goto(f"/incidents/{number}")
    expect(page.locator("#surroundings li")).to_have_count(4)
    expect(page.locator("#surroundings li.unknown")).to_contain_text("no answer within 5 s")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((told) => told.violations)")
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    page.locator("#use-estimate button").click()
    expect(page.locator("#impact")).to_contain_text("2,400 users affected")
    expect(page.locator("#estimate")).to_have_count(0)
    assert screen.faults == []


def test_forms_for_strangers_are_accessible_too(site: Site, screens: Any) -> None:
    screen = screens(site, None, color_scheme="dark")
    for path in ("/first", "/login", "/ack/wrong"):
        if path == "/login":
            site.person("maya")
        screen.page.goto(path)
        screen.page.evaluate(AXE.read_text(encoding="utf-8"))
        found = screen.page.evaluate("axe.run().then((told) => told.violations)")
        assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    assert [fault for fault in screen.faults if "404" not in fault] == []


def test_a_page_follows_what_others_do_and_keeps_what_one_is_doing(ward: Site, patient: Target, screens: Any) -> None:
    number = story.night(ward, patient)
    screen = screens(ward, "maya")
    page: Page = screen.page
    page.goto(f"/incidents/{number}")
    expect(page.locator("#live")).to_have_text("live")
    page.locator("#ruled-out summary").click()
    page.locator("#impact-fold summary").click()
    page.fill("#impact-fold [name=users]", "77")
    page.fill("#note", "half a sentence")
    page.locator("#note").focus()
    ward.do(Actor("jonas"), "incident.note", incident=str(number), text="the import has ended")
    expect(page.locator("#story")).to_contain_text("the import has ended")
    assert page.input_value("#note") == "half a sentence"
    assert page.input_value("#impact-fold [name=users]") == "77"
    assert page.evaluate("document.activeElement.id") == "note"
    assert page.locator("#ruled-out").get_attribute("open") is not None
    assert page.locator("#impact-fold").get_attribute("open") is not None
    page.keyboard.press("Enter")
    expect(page.locator("#story")).to_contain_text("half a sentence")
    expect(page.locator("#note")).to_have_value("")
    page.locator("#impact-fold button").click()
    expect(page.locator("#impact")).to_contain_text("77 users affected")
    assert page.locator("#impact-fold").get_attribute("open") is None
    assert screen.faults == []


def test_a_pile_up_on_a_target_appears_on_its_page_as_a_tree_with_its_root(
    ward: Site, patient: Target, screens: Any
) -> None:
    history.look_after(ward.context.world, "main")
    screen = screens(ward, "maya")
    page: Page = screen.page
    page.goto("/targets/main")
    expect(page.locator("h1")).to_have_text("main")
    expect(page.locator(".curve")).to_be_visible()
    expect(page.locator(".tree")).to_have_count(0)
    well = int(page.locator(".head .score.big").inner_text())
    with Faults(patient) as faults:
        faults.owner.execute("CREATE TABLE orders (id int PRIMARY KEY); INSERT INTO orders VALUES (1), (2)")
        root = faults.idle("worker", "UPDATE orders SET id = id + 10 WHERE id = 1")
        for number in range(4):
            faults.waiting(f"web-{number}", "UPDATE orders SET id = 3 WHERE id = 1")
        history.look_after(ward.context.world, "main")
        expect(page.locator(".tree b")).to_contain_text(f"pid {root}")
    expect(page.locator(".tree")).to_contain_text("web-3@local")
    expect(page.locator("h3").first).to_contain_text("An idle transaction")
    assert int(page.locator(".head .score.big").inner_text()) < well
    page.locator("#connections-2 summary").click()
    expect(page.locator("#connections-2 table")).to_contain_text("worker")
    assert screen.faults == []


def test_an_incident_is_worked_by_keyboard_alone(site: Site, screens: Any) -> None:
    number = story.declare(site, site.person("maya", "admin"))
    screen = screens(site, "maya")
    page: Page = screen.page
    page.goto(f"/incidents/{number}")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("n")
    page.keyboard.type("a jack knows about all")
    assert page.locator("#ack").count() == 1  # typing acknowledged nothing
    page.keyboard.press("Enter")
    expect(page.locator("#story")).to_contain_text("a jack knows about all")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Control+a")
    assert page.locator("#ack").count() == 1
    page.keyboard.press("a")
    expect(page.locator("#story")).to_contain_text("maya acknowledged on the page")
    expect(page.locator("#ack")).to_have_count(0)
    page.keyboard.press("?")
    expect(page.locator(".keys dl")).to_be_visible()
    assert screen.faults == []


def test_the_steps_are_walked_with_j_and_k_and_a_form_is_folded_with_escape(
    ward: Site, patient: Target, screens: Any
) -> None:
    number = story.night(ward, patient)
    page: Page = screens(ward, "maya").page
    page.goto(f"/incidents/{number}")
    here = "document.activeElement.id"
    page.keyboard.press("j")
    assert page.evaluate(here) == "run-1-step-1"
    page.keyboard.press("j")
    assert page.evaluate(here) == "run-1-step-2"
    page.keyboard.press("k")
    assert page.evaluate(here) == "run-1-step-1"
    page.locator("#impact-fold summary").press("Enter")
    page.focus("#impact-fold textarea")
    page.keyboard.press("Escape")
    assert page.locator("#impact-fold").get_attribute("open") is None


def test_a_step_is_approved_on_a_phone_and_its_change_undone(ward: Site, patient: Target, screens: Any) -> None:
    number = story.night(ward, patient)
    screen = screens(ward, "jonas", viewport=PHONE, is_mobile=True, has_touch=True)
    page: Page = screen.page
    page.goto(f"/incidents/{number}")
    wanted = page.locator("#wanted")
    expect(wanted).to_contain_text("CREATE INDEX")
    expect(wanted).to_contain_text("DROP INDEX")
    wanted.locator("select[name=level]").first.select_option("reversible")
    wanted.get_by_role("button", name="Approve", exact=True).tap()
    expect(wanted).not_to_contain_text("CREATE INDEX")
    story.go_on(ward, 1)
    expect(page.locator("#run-1-step-3 .dot")).to_contain_text("succeeded")
    expect(page.locator("#changes")).to_contain_text("Add the missing index")
    page.locator("#changes").get_by_role("button", name="Undo").tap()
    expect(wanted).to_contain_text("Undoes")
    wanted.get_by_role("button", name="Approve", exact=True).tap()
    expect(wanted).not_to_contain_text("Undoes")
    story.go_on(ward, 1)
    expect(page.locator("#changes")).to_contain_text("undone")
    assert screen.faults == []


def test_a_checklist_a_decision_and_a_placeholder_are_answered_in_place(
    ward: Site, patient: Target, screens: Any
) -> None:
    number = story.night(ward, patient)
    screen = screens(ward, "jonas")
    page: Page = screen.page
    page.goto(f"/incidents/{number}")
    wanted = page.locator("#wanted")
    wanted.locator("summary", has_text="Skip").click()
    wanted.locator("form[action='/do/run.skip'] [name=reason]").fill("not tonight")
    wanted.get_by_role("button", name="Skip this step").click()
    expect(page.locator("#run-1-step-3 .dot")).to_contain_text("skipped")
    story.go_on(ward, 1)
    wanted.get_by_label("Deployments").check()
    wanted.get_by_role("button", name="Done").click()
    expect(wanted).to_contain_text("1 left")
    expect(wanted.get_by_label("Deployments")).to_be_checked()
    wanted.get_by_label("Migrations").check()
    wanted.get_by_role("button", name="Done").click()
    expect(page.locator("#run-1-step-4 .dot")).to_contain_text("succeeded")
    story.go_on(ward, 1)
    wanted.get_by_role("button", name="No, not needed").click()
    expect(page.locator("#run-1-step-5 .dot")).to_contain_text("skipped")
    story.go_on(ward, 1)
    wanted.locator("input[name^='answers.']").fill("4711")
    wanted.get_by_role("button", name="Fill in").click()
    expect(page.locator("#run-1-step-6 .dot")).to_contain_text("planned")
    story.go_on(ward, 1)
    expect(wanted).to_contain_text("4711")
    assert screen.faults == []


def test_what_was_refused_is_said_beside_its_button(site: Site, screens: Any) -> None:
    number = story.declare(site, site.person("maya", "admin"))
    screen = screens(site, "maya")
    page: Page = screen.page
    page.route("**/events", lambda route: route.abort())
    page.route("**/parts/all", lambda route: route.abort())
    page.goto(f"/incidents/{number}")
    site.do(Actor("maya"), "incident.dismiss", incident=str(number), reason="a drill")
    page.locator("#status-fold summary").click()
    page.fill("#status-fold [name=reason]", "it goes on")
    page.locator("#status-fold button").click()
    expect(page.locator("#status-fold .fault")).to_contain_text(f"INC-{number} is dismissed. Open it again")
    assert page.input_value("#status-fold [name=reason]") == "it goes on"


def test_without_the_stream_a_page_looks_every_twenty_seconds_and_says_so(site: Site, screens: Any) -> None:
    number = story.declare(site, site.person("maya", "admin"))
    page: Page = screens(site, "maya").page
    page.clock.install()
    page.route("**/events", lambda route: route.abort())
    page.goto(f"/incidents/{number}")
    site.do(Actor("maya"), "incident.note", incident=str(number), text="told by nobody")
    page.clock.run_for(21_000)
    expect(page.locator("#story")).to_contain_text("told by nobody")


def test_times_are_the_readers_and_clocks_tick(site: Site, screens: Any) -> None:
    number = story.declare(site, site.person("maya", "admin"))
    page: Page = screens(site, "maya", timezone_id="Asia/Tokyo").page
    page.clock.install()
    page.goto(f"/incidents/{number}")
    moment = page.locator("#story time").first
    title = moment.get_attribute("title") or ""
    assert title.endswith("UTC")
    assert (int(title[11:13]) + 9) % 24 == int(moment.inner_text()[:2])
    expect(page.locator("#zone")).to_contain_text("Asia/Tokyo")
    due = page.locator("[data-due]").first
    before = due.inner_text()
    page.clock.run_for(61_000)
    assert before.startswith(("60:00", "1:00:00", "59:5"))
    assert due.inner_text().startswith("58:")
    page.clock.run_for(3_600_000)
    assert due.inner_text().startswith("−")


def test_everything_works_without_javascript(ward: Site, patient: Target, screens: Any) -> None:
    number = story.night(ward, patient)
    page: Page = screens(ward, "jonas", java_script_enabled=False).page
    page.goto(f"/incidents/{number}")
    expect(page.locator("#zone")).to_have_text("Times are UTC.")
    page.fill("#note", "plain and simple")
    page.locator("#note-form button").click()
    expect(page.locator("#story")).to_contain_text("plain and simple")
    page.locator("#wanted select[name=level]").first.select_option("reversible")
    page.locator("#wanted").get_by_role("button", name="Approve", exact=True).click()
    story.go_on(ward, 1)
    page.goto(f"/incidents/{number}")
    expect(page.locator("#run-1-step-3 .dot")).to_contain_text("succeeded")
