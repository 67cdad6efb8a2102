"""The list of incidents, the forms that begin one, and the incident page."""

from __future__ import annotations

from datetime import timedelta

from fireline import clock
from fireline.incident import surroundings
from fireline.incident.people import Actor
from fireline.incident.surroundings import Answer
from fireline.store.connect import Store, one
from tests.web import story
from tests.web.site import Site

MAYA = Actor("maya", role="admin")


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


def test_errors_in_the_log_around_the_start_are_shown_with_the_cause_and_are_no_markup(site: Site) -> None:
    kind = {"severity": "ERROR", "code": None, "message": "x", "before": 12, "since": 340}
    kind["text"] = f"ERROR: {story.HOSTILE}: 12 in the 15 min before, 340 since"
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        story.look(site, number)
        assert 'id="log-around"' not in browser.get(f"/incidents/{number}").text
        start = clock.now().isoformat()
        story.look(site, number, log={"source": "the journal", "start": start, "until": start, "kinds": [kind]})
        page = browser.get(f"/incidents/{number}").text
    assert "12 in the 15 min before, 340 since" in page
    assert 'id="log-around"' in page
    assert story.HOSTILE not in page


def test_what_is_around_it_is_shown_the_ailing_first_and_the_unknown_never_as_well(site: Site) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        assert 'id="surroundings"' not in browser.get(f"/incidents/{number}").text
        story.around(site, number)
        page = browser.get(f"/incidents/{number}").text
    assert (
        page.index("answers 503 instead of 200")
        < page.index("no answer within 5 s")
        < page.index("no trouble is known")
    )
    assert page.count('<li class="unknown">') == 1
    assert '<a href="https://acme.sentry.io/issues/4509/" rel="noreferrer">Sentry issue 4509</a>' in page


def test_what_others_send_becomes_no_link_and_no_markup(site: Site) -> None:
    seen = Answer("sentry", "issue 1", "ailing", story.HOSTILE, facts={"link": "javascript:alert(1)"})
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        with site.context.store.transaction() as conn:
            surroundings.keep(conn, number, [seen], clock.now())
        page = browser.get(f"/incidents/{number}").text
    assert "&lt;script&gt;alert" in page
    assert "<script>alert" not in page
    assert "javascript:" not in page


def test_the_estimate_is_written_down_by_a_person_and_then_offered_no_more(site: Site) -> None:
    with site.client("maya") as browser, site.client("vera", "viewer") as viewer:
        number = story.declare(site, Actor("maya"))
        story.around(site, number)
        page = browser.get(f"/incidents/{number}").text
        assert "about 1200 users" in page
        assert "Sentry counts them on SCHOOL-7K" in page
        assert 'id="use-estimate"' in page
        assert 'id="use-estimate"' not in viewer.get(f"/incidents/{number}").text
        assert site.do(MAYA, "incident.show", incident=str(number))["users_affected"] is None
        page = browser.submit("incident.impact", back=f"/incidents/{number}", incident=str(number), users="1200").text
        assert 'id="estimate"' not in page
        story.around(site, number, users=2_400)
        assert "about 2400 users" in browser.get(f"/incidents/{number}").text
    assert site.do(MAYA, "incident.show", incident=str(number))["users_affected"] == 1200


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


def test_a_report_is_a_signal(site: Site, store: Store) -> None:
    with site.client("maya") as browser:
        page = browser.submit(
            "report.send", back="/report?sent=yes", title="Export is broken", text="it hangs", target="", severity=""
        )
        assert "it is on record" in page.text
    with store.transaction() as conn:
        assert one(conn, "SELECT source FROM signal") == {"source": "report"}


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


def test_what_changed_before_is_told_calmly_with_how_long_before(site: Site) -> None:
    with site.client("maya") as browser:
        number = story.declare(site, Actor("maya"))
        assert "Nothing is known to have" in browser.get(f"/incidents/{number}").text
        for minutes in range(8, 80, 10):
            at = (clock.now() - timedelta(minutes=minutes, seconds=5)).isoformat()
            said = {"title": f"{story.HOSTILE} {minutes}", "at": at, "target": "main"}
            site.do(MAYA, "change.add", url="https://ci.example.org/1", **said)
        page = browser.get(f"/incidents/{number}").text
    assert "What changed before" in page
    assert page.index("8 min before") < page.index("18 min before") < page.index("3 further changes")
    assert 'href="https://ci.example.org/1"' in page
    assert "Nothing is known to have" not in page
    assert story.HOSTILE not in page
