"""Open pages are told when something changed, over one connection to the store."""

from __future__ import annotations

import httpx

from fireline.store.connect import all_rows
from tests.web import losses
from tests.web.site import Browser, Site


def listening(browser: Browser, path: str) -> httpx.Response:
    """An open stream of events."""
    return browser.send(browser.build_request("GET", path), stream=True)


def events(stream: httpx.Response, count: int) -> list[str]:
    """The next events of a stream."""
    found: list[str] = []
    for line in stream.iter_lines():
        if line.startswith("event: "):
            found.append(line.removeprefix("event: "))
        if len(found) == count:
            break
    return found


def test_a_page_is_told_to_look_when_it_connects_and_at_every_change(site: Site) -> None:
    with site.client("maya") as browser, site.client("jonas") as other:
        number = site.do(site.person("ada", "admin"), "incident.declare", title="Login is slow")["number"]
        stream = listening(browser, f"/incidents/{number}/events")
        assert stream.headers["content-type"].startswith("text/event-stream")
        lines = stream.iter_lines()
        assert [next(lines) for _ in range(2)] == ["retry: 1000", "event: changed"]
        other.submit("incident.note", incident=f"INC-{number}", text="looking at it")
        assert "event: changed" in (next(lines) for _ in range(4))
        stream.close()


def test_a_stream_is_not_for_strangers(site: Site) -> None:
    with site.stranger() as browser:
        assert browser.get("/incidents/1/events").status_code == 303


def test_a_process_listens_once_however_many_pages_are_open_and_listens_again_when_cut_off(site: Site) -> None:
    with site.client("maya") as browser:
        number = site.do(site.person("ada", "admin"), "incident.declare", title="Login is slow")["number"]
        streams = [listening(browser, f"/incidents/{number}/events") for _ in range(5)]
        lines = [stream.iter_lines() for stream in streams]
        assert [next(one) for one in lines] == ["retry: 1000"] * 5
        with site.context.store.transaction() as conn:
            found = all_rows(
                conn,
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'fireline-page' AND datname = current_database()",
            )
            assert len(found) == 1
            conn.execute("SELECT pg_terminate_backend(%s)", [found[0]["pid"]])
        assert next(lines[0]) == "event: changed"  # of the beginning
        assert "event: changed" in (next(lines[0]) for _ in range(4))  # since it listens again: something may be missed
        site.do(site.person("jonas"), "incident.note", incident=str(number), text="still here")
        assert "event: changed" in (next(lines[0]) for _ in range(4))
        for stream in streams:
            stream.close()


def test_the_page_of_recovery_is_told_of_a_backup(site: Site) -> None:
    with site.client("maya") as browser:
        stream = listening(browser, "/targets/main/recovery/events")
        lines = stream.iter_lines()
        assert [next(lines) for _ in range(2)] == ["retry: 1000", "event: changed"]
        losses.many(site, 1)
        assert "event: changed" in (next(lines) for _ in range(4))
        stream.close()
