"""Every page without JavaScript: what it shows, what its forms do, who may, and what an error looks like."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from fireline import clock
from fireline.incident import ack_link
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from fireline.store.connect import Store, one
from tests.web import story
from tests.web.site import PASSWORD, Browser, Site

MAYA = Actor("maya", role="admin")
PAGES = ["/incidents", "/incidents?status=all", "/declare", "/report", "/alerts", "/runs", "/runbooks", "/runbooks/1", "/people",
         "/account"]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_a_page_has_one_title_one_main_and_no_inline_script_or_style(site: Site, path: str) -> None:
    with site.client("maya", "admin") as browser:
        page = browser.get(path)
    assert page.status_code == 200
    assert page.text.count("<h1") == 1
    assert page.text.count("<main") == 1
    assert not re.search(r"<script(?![^>]*\bsrc=)|\son[a-z]+=|\sstyle=|javascript:|hx-on", page.text)


@pytest.mark.parametrize("path", PAGES)
def test_a_viewer_sees_a_page_without_a_single_control_that_changes_something(site: Site, path: str) -> None:
    with site.client("vera", "viewer") as browser:
        page = browser.get(path).text
    own = {"/do/person.password"}
    assert set(re.findall(r'action="(/do/[^"]+)"', page)) <= own


def test_declaring_leads_to_the_incident_whose_page_asks_for_an_acknowledgement(site: Site) -> None:
    with site.client("maya") as browser:
        page = browser.submit(
            "incident.declare", title="Login is slow", severity="P1", target="main", symptom="timeouts"
        )
        assert page.url.path == "/incidents/1"
        assert "Login is slow" in page.text
        assert "Acknowledge" in page.text
        page = browser.submit("incident.ack", back="/incidents/1", incident="INC-1")
        assert page.url.path == "/incidents/1"
    assert site.do(MAYA, "incident.show", incident="1")["acknowledged_by"] == "maya"


@pytest.mark.parametrize(
    ("operation", "fields", "kind"),
    [
        ("incident.take", {}, "commander"),
        ("incident.note", {"text": "looking"}, "note"),
        ("incident.severity", {"severity": "P0", "reason": "all users"}, "severity"),
        ("incident.status", {"status": "containing"}, "status"),
        ("incident.impact", {"text": "nobody can save", "users": "12"}, "impact"),
        ("incident.impact", {"text": "", "users": "0"}, "impact"),
        ("incident.role", {"role": "scribe", "person": "maya"}, "role"),
        ("incident.resolve", {"resolution": "it was ended"}, "resolved"),
        ("incident.dismiss", {"reason": "a drill"}, "dismissed"),
    ],
)
def test_each_form_of_an_incident_does_its_operation(
    site: Site, operation: str, fields: dict[str, str], kind: str
) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        page = browser.get(f"/incidents/{number}")
        assert f'action="/do/{operation}"' in page.text
        page = browser.submit(operation, back=f"/incidents/{number}", incident=f"INC-{number}", **fields)
        assert page.status_code == 200
    kinds = [event["kind"] for event in site.do(MAYA, "incident.timeline", incident=str(number))]
    assert kind in kinds


def test_after_the_end_an_incident_is_reopened_or_closed(site: Site) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"), severity="P2")
        browser.submit("incident.resolve", incident=str(number), resolution="fixed")
        page = browser.get(f"/incidents/{number}").text
        assert 'action="/do/incident.close"' in page
        assert 'action="/do/incident.note"' in page
        assert 'action="/do/incident.severity"' not in page
        browser.submit("incident.reopen", incident=str(number), reason="it came back")
        assert site.do(MAYA, "incident.show", incident=str(number))["status"] == "assessing"
        browser.submit("incident.resolve", incident=str(number), resolution="fixed")
        browser.submit("incident.close", incident=str(number))
    assert site.do(MAYA, "incident.show", incident=str(number))["status"] == "reviewed"


def test_resolving_while_the_cause_is_seen_wants_a_reason_and_says_why(site: Site) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        story.look(site, number)
        page = browser.get(f"/incidents/{number}").text
        assert "The cause still stands" in page
        refused = browser.submit(
            "incident.resolve", back=f"/incidents/{number}", incident=str(number), resolution="done"
        )
        assert refused.status_code == 409
        assert f'href="/incidents/{number}"' in refused.text
        browser.submit("incident.resolve", incident=str(number), resolution="done", reason="traffic is fenced away")
    shown = site.do(MAYA, "incident.show", incident=str(number))
    assert (shown["status"], shown["resolved_red"]) == ("resolved", True)


def test_the_verdict_is_a_sentence_with_its_proof(site: Site) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        story.look(site, number)
        page = browser.get(f"/incidents/{number}").text
    assert story.VERDICT["title"] in page
    assert "└─ pid 5102  ALTER TABLE" in page
    assert "   ├─ 38 × SELECT" in page
    assert "   └─ 4 × INSERT" in page
    assert "still there" in page
    assert "no waiter waits for a transaction id" in page


def test_hostile_texts_stay_texts_everywhere(site: Site) -> None:
    with site.client("maya", "admin") as browser:
        number = story.declare(site, MAYA, title=story.HOSTILE, symptom=story.HOSTILE)
        story.look(
            site, number, title=story.HOSTILE, tree=[{"pid": 1, "depth": 0, "text": story.HOSTILE, "root": True}]
        )
        site.do(MAYA, "incident.note", incident=str(number), text=story.HOSTILE)
        site.do(MAYA, "halt.set", reason=story.HOSTILE)
        for path in (
            "/incidents",
            f"/incidents/{number}",
            f"/incidents/{number}/postmortem",
            "/incidents?search=%3Cscript%3E",
        ):
            page = browser.get(path).text
            assert "<script>alert" not in page, path
            assert "&lt;script&gt;" in page, path


def test_a_halt_is_on_every_page_until_it_is_lifted(site: Site) -> None:
    with site.client("maya") as browser:
        page = browser.submit("halt.set", back="/runs", reason="wrong target")
        assert page.url.path == "/runs"
        assert "wrong target" in page.text
        assert "wrong target" in browser.get("/people").text
        assert "Lift the halt" in page.text
        assert "wrong target" not in browser.submit("halt.lift", back="/runs").text


def test_the_list_searches_by_every_word_and_shows_the_worst_first(site: Site) -> None:
    with site.client("maya") as browser:
        story.declare(site, MAYA, title="Export does nothing", severity="P3")
        story.declare(site, MAYA, title="Everything is down", severity="P0")
        story.declare(site, MAYA, title="Login is slow", severity="P2")
        page = browser.get("/incidents").text
        assert page.index("Everything is down") < page.index("Login is slow") < page.index("Export does nothing")
        found = browser.get("/incidents", params={"search": "SLOW login", "status": "all"}).text
        assert "Login is slow" in found
        assert "Everything is down" not in found
        assert "Nothing matches" in browser.get("/incidents", params={"search": "zebra"}).text
        assert browser.get("/incidents", params={"status": "nonsense"}).status_code == 422


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/incidents/99",
        "/incidents/99/postmortem",
        "/runs/99",
        "/alerts/99",
        "/runbooks/99",
        "/ack/wrong",
        "/static/no.css",
    ],
)
def test_what_is_not_there_is_said_calmly(site: Site, path: str) -> None:
    with site.client("maya") as browser:
        page = browser.get(path)
    assert page.status_code == 404
    assert "There is no such thing" in page.text
    assert "Traceback" not in page.text


def test_an_error_in_place_is_a_sentence_beside_the_form(site: Site) -> None:
    with site.client("maya") as browser:
        data = {"csrf": browser.mark(), "incident": "INC-99", "text": "<b>"}
        answer = browser.post("/do/incident.note", data=data, headers={"HX-Request": "true"})
        assert answer.status_code == 404
        assert answer.text.startswith("There is no incident INC-99. ")
        number = story.declare(site, Actor("maya"))
        done = browser.post("/do/incident.note", data={**data, "incident": str(number)}, headers={"HX-Request": "true"})
        assert (done.status_code, done.headers["HX-Trigger"]) == (204, "changed")


def test_a_form_with_an_unknown_field_or_operation_does_nothing(site: Site) -> None:
    with site.client("maya") as browser:
        assert browser.submit("incident.ack", incident="1", colour="red").status_code == 422
        assert browser.submit("incident.explode").status_code == 404


def test_acknowledging_from_a_message_needs_no_login_and_looking_changes_nothing(site: Site) -> None:
    number = story.declare(site, site.person("maya"), title="Login is slow")
    with site.context.store.transaction() as conn:
        token = ack_link.make(conn, number, "primary")
    with Browser(site.url) as phone:
        page = phone.get(f"/ack/{token}")
        assert "Login is slow" in page.text
        assert "timeouts" not in page.text
        assert site.do(MAYA, "incident.show", incident=str(number))["acknowledged_at"] is None
        assert "Acknowledged by primary" in phone.post(f"/ack/{token}").text
        assert "Acknowledged by primary" in phone.post(f"/ack/{token}").text
    assert site.do(MAYA, "incident.show", incident=str(number))["acknowledged_by"] == "primary"
    with clock.moved(timedelta(days=2)), Browser(site.url) as phone:
        assert phone.get(f"/ack/{token}").status_code == 409


def test_an_admin_adds_changes_and_lets_people_go_and_others_can_not(site: Site) -> None:
    with site.client("ada", "admin") as admin, site.client("maya") as browser:
        admin.submit(
            "person.add",
            back="/people",
            name="nora",
            role="viewer",
            password=PASSWORD,
            display="Nora N",
            email="",
            os_user="",
        )
        assert "Nora N" in admin.get("/people").text
        admin.submit("person.change", name="nora", role="responder")
        assert {one["name"]: one["role"] for one in site.do(MAYA, "person.list")}["nora"] == "responder"
        admin.submit("person.disable", name="nora")
        assert "has left" in admin.get("/people").text
        refused = browser.submit("person.add", name="eve", role="admin")
        assert refused.status_code == 403
        assert "You may not do that" in refused.text


def test_a_token_is_shown_once_and_opens_the_api(site: Site) -> None:
    with site.client("maya") as browser:
        page = browser.post("/account/token", data={"csrf": browser.mark(), "label": "laptop", "days": "30"})
        token = re.search(r"fl_[\w-]+", page.text)
        assert token
        assert token[0] not in browser.get("/account").text
        with site.stranger() as program:
            answer = program.get("/api/v1/person/whoami", headers={"Authorization": f"Bearer {token[0]}"})
            assert answer.json()["name"] == "maya"
        browser.submit("token.revoke", back="/account", token="1")
        assert "revoked" in browser.get("/account").text


def test_changing_the_password_ends_every_session(site: Site) -> None:
    with site.client("maya") as browser, Browser(site.url) as other:
        other.log_in("maya")
        page = browser.submit("person.password", back="/account", name="maya", password="four green lamps")
        assert page.url.path == "/login"
        assert other.get("/account").url.path == "/login"
        assert browser.log_in("maya", "four green lamps").url.path == "/incidents"


def test_a_report_is_a_signal(site: Site, store: Store) -> None:
    with site.client("maya") as browser:
        page = browser.submit(
            "report.send", back="/report?sent=yes", title="Export is broken", text="it hangs", target="", severity=""
        )
        assert "it is on record" in page.text
    with store.transaction() as conn:
        assert one(conn, "SELECT source FROM signal") == {"source": "report"}


def test_a_post_mortem_is_read_edited_and_taken_away(site: Site) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        browser.submit("incident.resolve", incident=str(number), resolution="fixed")
        place = f"/incidents/{number}/postmortem"
        assert "drafted by Fireline" in browser.get(place).text
        markdown = "# What happened\n\nIt **broke**. <script>alert(1)</script> [x](javascript:alert(1))"
        page = browser.submit(
            "incident.edit-postmortem", back=place, incident=str(number), markdown=markdown, revision="1"
        )
        assert "<strong>broke</strong>" in page.text
        assert "<script>alert" not in page.text
        assert 'href="javascript:' not in page.text
        file = browser.get(f"{place}.md")
        assert file.headers["content-disposition"] == f'attachment; filename="INC-{number}-post-mortem.md"'
        assert file.text.startswith("# What happened")
        late = browser.submit(
            "incident.edit-postmortem", back=place, incident=str(number), markdown="mine", revision="1"
        )
        assert late.status_code == 409


def test_the_whole_timeline_tells_whether_it_was_rewritten(site: Site, store: Store) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        site.do(Actor("maya"), "incident.note", incident=str(number), text="a note")
        assert "✓ whole" in browser.get(f"/incidents/{number}/timeline").text
        with store.transaction() as conn:
            conn.execute("ALTER TABLE timeline DISABLE TRIGGER append_only")
            conn.execute("UPDATE timeline SET actor = 'somebody' WHERE seq = 1")
        page = browser.get(f"/incidents/{number}/timeline").text
    assert "! changed" in page
    assert "event 1 does not fit" in page


def test_a_procedure_is_chosen_for_an_incident_or_started_by_itself(ward: Site, patient: Target) -> None:
    story.school(patient)
    number = story.declare(ward, ward.person("ada", "admin"))
    with ward.client("maya") as browser:
        listed = browser.get("/runbooks", params={"incident": f"INC-{number}", "search": "locks"}).text
        assert "Everything Waits" in listed
        assert "Queries Hang" not in listed
        assert f"Use for INC-{number}" in listed
        chosen = browser.submit(
            "incident.choose", back=f"/incidents/{number}", incident=str(number), procedure="Everything Waits"
        )
        assert "Everything Waits" in chosen.text
        alone = browser.submit("run.start", back="/runbooks", procedure="Everything Waits")
        assert alone.url.path == "/runs/2"
        story.go_on(ward, 2)
        assert "succeeded" in browser.get("/runs/2").text
        assert "Everything Waits" in browser.get("/runs").text


def test_a_run_is_shown_step_by_step_with_what_may_be_done(ward: Site, patient: Target) -> None:
    number = story.night(ward, patient)
    with Browser(ward.url) as browser:
        browser.log_in("maya")
        page = browser.get(f"/incidents/{number}").text
        assert "backend_type" in page
        assert "background writer" in page
        assert "pg_stat_statements&#34; does not exist" in page
        assert "DROP INDEX IF EXISTS assignments_user" in page
        assert 'action="/do/run.approve"' in page
        run = ward.do(MAYA, "incident.show", incident=str(number))["runs"][0]
        assert browser.get(f"/runs/{run['run']}").status_code == 200
        waiting = next(step for step in run["steps"] if step["state"] == "waiting")
        sent = {"run": str(run["run"]), "step": str(waiting["position"]), "hash": waiting["approval"]["content_hash"]}
        level = {} if waiting["level"] else {"level": "reversible"}
        done = browser.submit("run.approve", back=f"/incidents/{number}", **sent, **level)
        assert done.status_code == 200
    story.go_on(ward, run["run"])
    after = ward.do(MAYA, "run.show", run=run["run"])
    assert after["steps"][waiting["position"] - 1]["state"] == "succeeded"


@pytest.mark.parametrize(
    ("operation", "fields", "after"),
    [
        ("run.reject", {"reason": "not now"}, "cancelled"),
        ("run.skip", {"reason": "not needed"}, "skipped"),
        ("run.replace", {"command": "SELECT 1", "language": "sql", "reason": "safer"}, "planned"),
    ],
)
def test_each_form_of_a_step_does_its_operation(
    ward: Site, patient: Target, operation: str, fields: dict[str, Any], after: str
) -> None:
    number = story.night(ward, patient)
    run = ward.do(MAYA, "incident.show", incident=str(number))["runs"][0]
    waiting = next(step for step in run["steps"] if step["state"] == "waiting")
    with Browser(ward.url) as browser:
        browser.log_in("maya")
        assert f'action="/do/{operation}"' in browser.get(f"/incidents/{number}").text
        page = browser.submit(
            operation, back=f"/incidents/{number}", run=run["run"], step=waiting["position"], **fields
        )
        assert page.status_code == 200
    steps = ward.do(MAYA, "run.show", run=run["run"])["steps"]
    assert next(step for step in steps if step["position"] == waiting["position"])["state"] == after


def test_ten_thousand_alerts_on_one_incident_are_counted_and_paged_not_all_shown(site: Site) -> None:
    number = story.declare(site, site.person("ada", "admin"))
    with site.context.store.transaction() as conn:
        conn.execute(
            """INSERT INTO alert (key, key_reason, source, title, status, first_at, last_at, group_key, incident_id)
            SELECT 'key ' || n, 'all labels', 'prom', 'HighLatency on pod ' || n, 'firing', %(now)s, %(now)s, 'g', %(incident)s
            FROM generate_series(1, 10000) AS n""",
            {"now": clock.now(), "incident": number},
        )
        conn.execute("ANALYZE alert")
    with site.client("maya") as browser:
        page = browser.get(f"/incidents/{number}")
        assert "10,000 alerts" in page.text
        assert len(page.text) < 200_000
        listed = browser.get("/alerts", params={"search": f"INC-{number}"})
        assert listed.text.count('class="line') == 50
        following = re.search(r'href="([^"]+)" rel="next"', listed.text)
        assert following
        older = browser.get(following[1].replace("&amp;", "&"))
        assert older.text.count('class="line') == 50
        first = re.findall(r"HighLatency on pod \d+", listed.text)
        assert not set(first) & set(re.findall(r"HighLatency on pod \d+", older.text))
        assert "HighLatency on pod 777" in browser.get("/alerts", params={"search": "pod 777"}).text
