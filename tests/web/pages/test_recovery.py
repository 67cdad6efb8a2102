"""The pages of backups and the fence: what is there, what was proved, who can still write; every button asks first."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from tests.web import losses, story
from tests.web.site import Browser, Site, field

MAYA = losses.MAYA


def test_no_list_asks_the_target_or_looks_for_files(site: Site) -> None:
    losses.many(site, 120)
    with site.client("vera", "viewer") as browser:
        page = browser.get("/targets/main/recovery").text
        assert "No fence stands" in page
        assert "older than the policy wants" in page
        first = browser.get("/targets/main/backups").text
        assert first.count('class="line backup"') == 50
        assert "old-50" in first
        assert "no space left on device" in first
        older = re.search(r'href="([^"]+)" rel="next"', first)
        assert older
        assert "old-51" in browser.get(older[1].replace("&amp;", "&")).text
        glance = browser.get("/targets/main").text
        assert "is the age of the newest verified backup" in glance
        assert 'action="/do/remedy.run"' not in page + first
        assert browser.get("/targets/nowhere/recovery").status_code == 404
    assert site.do(MAYA, "target.recovery", target="main")["counts"]["whole"] == 96


def test_one_whose_files_are_not_here_says_so(site: Site) -> None:
    losses.many(site, 5)
    with site.client("maya") as browser:
        page = browser.get("/backups/old-1").text
        assert "Its manifest can not be read here" in page
        assert "It lies on elsewhere" in page
        assert "Do not count on it" in browser.get("/backups/old-5").text
        assert browser.get("/backups/nothing").status_code == 404


def test_a_backup_is_asked_for_with_a_button_and_shows_what_is_in_it(ward: Site, patient: Target) -> None:
    losses.school(ward, patient)
    with Browser(ward.url) as browser:
        browser.log_in("maya")
        assert "There is no verified backup" in browser.get("/targets/main/recovery").text
        sent = browser.submit(
            "remedy.run", back="/targets/main/recovery", phase="contain", remedy="backup", target="main"
        )
        assert sent.url.path == "/runs/1"
        story.go_on(ward, 1)
        waiting = browser.get("/targets/main/recovery").text
        assert "Wanted from you now" in waiting
        assert "Waits for a yes" in waiting
        step = ward.do(MAYA, "run.show", run=1)["steps"][0]
        ward.do(losses.JONAS, "run.approve", run=1, step=1, hash=step["approval"]["content_hash"])
        story.go_on(ward, 1)
        name = ward.do(MAYA, "target.backups", target="main")[0]["name"]
        page = browser.get(f"/backups/{name}").text
        assert "public.users" in page
        assert "Never proved restorable" in page
        assert "signature, every checksum, and the archive read to its end" in page
        assert f'name="arguments.backup" value="{name}"' in page
        assert "public.users" not in browser.get(f"/backups/{name}?search=assign").text
        ruined(ward, name)
        losses.asked(ward, "contain", "verify-backup", backup=name)
        assert "not to be trusted" in browser.get("/targets/main/backups").text
        assert "It could not be read to its end" in browser.get(f"/backups/{name}").text


def ruined(site: Site, name: str) -> None:
    """Cut a file of a backup."""
    folder = Path(site.do(MAYA, "backup.show", name=name)["folder"])
    file = max((one for one in folder.rglob("*") if one.is_file()), key=lambda one: one.stat().st_size * (one.name != "manifest.json"))  # fmt: skip
    file.write_bytes(file.read_bytes()[:-7])


def test_a_fence_says_who_can_still_write_and_the_server_is_asked_by_a_button(ward: Site, patient: Target) -> None:
    losses.school(ward, patient)
    number = story.declare(ward, MAYA)
    ward.do(Actor("jonas"), "incident.ack", incident=str(number))
    import_ = psycopg.connect(patient.dsn.reveal(), application_name="<img src=x>")
    losses.remedy(ward, "contain", "fence", level="no-new", reason="rows are being spoilt")
    with import_, Browser(ward.url) as browser:
        browser.log_in("maya")
        page = browser.get("/targets/main/recovery").text
        assert "Who can still write" in page
        assert "a superuser: postgres" in page
        assert "rows are being spoilt" in page
        assert "<td>&lt;img src=x&gt;</td>" in page
        assert "<img" not in page
        assert "it may be otherwise by now" in page
        shown = browser.get(f"/incidents/{number}").text
        assert "Who can still write" in shown
        assert "fence: no-new" in shown
        mark = field(page, "csrf")
        looked = browser.post("/targets/main/fence", data={"csrf": mark}).text
        assert "the server was asked" in looked
        assert ">holds<" in looked
        assert browser.post("/targets/main/fence", data={"csrf": "another"}).status_code == 403
        losses.remedy(ward, "resolve", "unfence")
        assert "No fence stands" in browser.get("/targets/main/recovery").text


def test_where_the_gate_wants_a_backup_one_is_offered_beside_the_step(ward: Site, patient: Target) -> None:
    number = story.night(ward, patient)
    ward.do(MAYA, "run.replace", run=1, step=3, command="TRUNCATE assignments")
    story.go_on(ward, 1)
    with Browser(ward.url) as browser:
        browser.log_in("jonas")
        page = browser.get(f"/incidents/{number}").text
        assert "A backup is wanted first:" in page
        assert "a destructive step needs a verified backup younger than 24 h of main; none is known" in page
        wants = {"phase": "contain", "remedy": "backup", "target": "main", "incident": f"INC-{number}"}
        assert all(f'name="{key}" value="{value}"' in page for key, value in wants.items())
        browser.submit("remedy.run", back=f"/incidents/{number}", **wants)
        story.go_on(ward, 2)
        assert "A backup is under way: run 2" in browser.get("/runs/1").text
        asked = ward.do(MAYA, "run.show", run=2)["steps"][0]["approval"]
        ward.do(MAYA, "run.approve", run=2, step=1, hash=asked["content_hash"])
        story.go_on(ward, 2)
        for path in (f"/incidents/{number}", "/runs/1"):
            assert "A backup is wanted first" not in browser.get(path).text
        step = ward.do(MAYA, "run.show", run=1)["steps"][2]
        assert (step["level"], step["wants_backup"]) == ("destructive", None)
        ward.do(losses.JONAS, "run.approve", run=1, step=3, hash=step["approval"]["content_hash"])
