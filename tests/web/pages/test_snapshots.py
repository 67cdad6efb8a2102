"""The pages of recorded states: listed, shown part by part, and compared."""

from __future__ import annotations

import psycopg

from fireline.postgres.connect import Target
from fireline.web.pages.snapshots import parts
from tests.web import losses
from tests.web.site import Browser, Site, field


def test_two_states_are_compared_and_one_with_now(ward: Site, patient: Target) -> None:
    losses.school(ward, patient)
    with Browser(ward.url) as browser:
        browser.log_in("maya")
        assert "No state of main was recorded yet" in browser.get("/targets/main/snapshots").text
        losses.remedy(ward, "contain", "snapshot")
        with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
            conn.execute("CREATE TABLE visits (id int)")
        losses.remedy(ward, "contain", "snapshot")
        page = browser.get("/targets/main/snapshots").text
        newer, older = (str(one["snapshot"]) for one in ward.do(losses.MAYA, "snapshot.list", target="main"))
        mark = field(page, "csrf")
        told = browser.post("/targets/main/snapshots", data={"csrf": mark, "before": older, "after": newer}).text
        assert "table public.visits is new" in told
        assert f'<option value="{older}" selected>' in told
        now = browser.post("/targets/main/snapshots", data={"csrf": mark, "before": newer, "after": "now"}).text
        assert "Nothing differs" in now
        shown = browser.get(f"/snapshots/{newer}").text
        assert "Settings (" in shown
        assert "recorded" in shown
        assert browser.get("/snapshots/99").status_code == 404


def test_parts_without_content_are_left_out() -> None:
    state = {"server": {"version": "18"}, "file_faults": [], "seconds": 0.2, "unknown": {}, "roles": ["a", "b"]}
    assert [(name, count) for name, count, _ in parts(state)] == [("server", 1), ("seconds", None), ("roles", 2)]
