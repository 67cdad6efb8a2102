"""The recovery pages in a real browser: a bar that moves by itself, forms that stay as they are meanwhile, no rule broken."""

from __future__ import annotations

import threading
from typing import Any

import psycopg
import pytest
from playwright.sync_api import Page, expect

from fireline.postgres.connect import Target
from tests.web import losses, story
from tests.web.screens import AXE, DESK, PHONE
from tests.web.site import Site

pytestmark = pytest.mark.browser

# An index whose making takes its time in a restored database, so that somebody can watch.
SLOW = """
CREATE FUNCTION careful(id int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$
BEGIN
    IF current_database() LIKE '%restored%' THEN PERFORM pg_sleep(3); END IF;
    RETURN id;
END $$;
CREATE TABLE slow (id int);
INSERT INTO slow VALUES (1);
CREATE INDEX ON slow (careful(id));
"""


def test_a_restore_shows_how_far_it_is_without_a_reload_and_leaves_a_half_filled_form_alone(
    ward: Site,
    patient: Target,
    screens: Any,
) -> None:
    losses.school(ward, patient)
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        conn.execute(SLOW)
    losses.backup(ward)
    run = losses.asked(ward, "resolve", "restore")
    screen = screens(ward, "maya")
    page: Page = screen.page
    page.goto("/targets/main/recovery")
    expect(page.locator("#under-way")).to_contain_text("Waits for a yes")
    expect(page.locator("#live")).to_have_text("live")
    page.locator("#raise-fence summary").click()
    page.locator("#raise-fence input[value=closed]").check()
    page.fill("#raise-fence [name='arguments.for_']", "12m")
    asked = ward.do(losses.MAYA, "run.show", run=run)["steps"][0]["approval"]
    ward.do(losses.JONAS, "run.approve", run=run, step=1, hash=asked["content_hash"])
    worker = threading.Thread(target=story.go_on, args=(ward, run))
    worker.start()
    try:
        expect(page.locator("#under-way progress")).to_be_visible()
        expect(page.locator("#under-way .far")).to_contain_text("building indexes and constraints")
        expect(page.locator("#restores")).to_contain_text("being restored")
    finally:
        worker.join()
    expect(page.locator("#restores")).to_contain_text("PASS")
    expect(page.locator("#under-way")).to_have_count(0)
    assert page.locator("#raise-fence").get_attribute("open") is not None
    assert page.locator("#raise-fence input[value=closed]").is_checked()
    assert page.input_value("#raise-fence [name='arguments.for_']") == "12m"
    assert screen.faults == []


@pytest.mark.parametrize(
    "look",
    [{"viewport": DESK}, {"color_scheme": "dark", "viewport": PHONE, "is_mobile": True, "has_touch": True}],
    ids=["desk", "dark phone"],
)
def test_the_pages_of_recovery_are_accessible_fit_and_break_no_rule(
    ward: Site,
    patient: Target,
    screens: Any,
    look: dict[str, Any],
) -> None:
    losses.school(ward, patient)
    number = losses.restored(ward, patient)
    name = ward.do(losses.MAYA, "target.backups", target="main")[0]["name"]
    losses.many(ward, 60)
    losses.remedy(ward, "contain", "snapshot")
    losses.remedy(ward, "contain", "fence", level="no-new")
    losses.asked(ward, "resolve", "swap", restore=number)
    screen = screens(ward, "maya", **look)
    page: Page = screen.page
    wrong = []
    for path, press in (
        ("/targets/main/recovery", ""), ("/targets/main/recovery", "#look-fence"), ("/targets/main/backups", ""), (f"/backups/{name}", ""),
        ("/backups/old-5", ""), (f"/restores/{number}", ""), (f"/restores/{number}", "#compare"), ("/targets/main/snapshots", "#compare button"),
        ("/snapshots/latest", ""), ("/targets/main/restores", ""), ("/targets/main", ""),
    ):  # fmt: skip
        page.goto(path.replace("latest", str(ward.do(losses.MAYA, "snapshot.list")[0]["snapshot"])))
        if press:
            page.click(press)
            page.wait_for_load_state()
        both = look["viewport"] is DESK or path in ("/targets/main/recovery", f"/restores/{number}")
        wrong += [f"{path} {press}: {one}" for one in faults(page, axe=both)]
    assert wrong == []
    assert screen.faults == []


def faults(page: Page, *, axe: bool) -> list[str]:
    """What is too wide or not accessible, with every form unfolded."""
    page.evaluate("document.querySelectorAll('details[name]').forEach((one) => one.removeAttribute('name'))")
    page.evaluate("document.querySelectorAll('main details').forEach((one) => { one.open = true; })")
    wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    if not axe:  # what could be wrong for assistive technology is the same as on a desk
        return [f"{wide} px too wide"] if wide > 0 else []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run({resultTypes: ['violations']}).then((told) => told.violations)")
    told = [
        f"{one['id']}: {[node['html'] for node in one['nodes']]}"[:300]
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
    return [*([f"{wide} px too wide"] if wide > 0 else []), *told]
