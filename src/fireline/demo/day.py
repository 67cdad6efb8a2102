"""The first half of the story: a school by daylight, Fireline set up beside it, and the night in which it goes wrong."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

from fireline.demo.person import NAME, Person
from fireline.demo.report import Report
from fireline.demo.stage import Stage
from fireline.demo.trouble import ALTER, CANARY_SECONDS, canary
from fireline.demo.voice import Voice, span

QUIET_SECONDS = 1.5  # of traffic measured before anything is wrong
PATIENCE_SECONDS = 20.0  # for the clients to feel it


def set_up(stage: Stage, voice: Voice, report: Report, port: int) -> None:
    """Chapters 1 and 2: the database is filled while Fireline starts beside it."""
    voice.chapter("A small school app and its database")
    with voice.waiting("starting PostgreSQL"):
        stage.school.start()
        stage.sink.start()
    with voice.waiting("writing rows, and starting Fireline beside it"), ThreadPoolExecutor(1) as beside:
        filling = beside.submit(_fill, stage)
        said = stage.home.init(stage.school.dsn("fireline"), stage.school.dsn("fireline_read"), stage.sink.url)
        begun = time.monotonic()
        stage.home.up(port)
        up_after = time.monotonic() - begun
        stage.person = Person(stage.home.url)
        stage.person.begin()
        rows, seconds = filling.result()
    report.url = stage.home.url
    voice.fact("database", f"PostgreSQL {stage.school.version}, its own server, apart from Fireline's")
    voice.fact("rows", f"{rows:,} in six tables with row-level security, written in {span(seconds)}")
    _traffic(stage, voice, report)
    voice.chapter("Fireline, set up by daylight")
    voice.fact("fireline", "init read the team's runbook, as it is: incident-response.md")
    voice.fact("fireline", f"up answered after {span(up_after)}: {stage.home.url}")
    with voice.waiting("fireline doctor"):
        lines = stage.home.run("doctor")["lines"]
    for line in lines:
        if line["about"].startswith("runbook") and line["state"] != "ok":
            voice.fact("doctor", line["text"])
    unfilled = len(said["placeholders"])
    report.expect(unfilled and any(line["state"] != "ok" for line in lines), "nothing was found amiss in the runbook")
    voice.fact("on call", "is told through a webhook on this machine, which stands for your phone; nobody else is")
    voice.fact("log in", f"as {NAME} with {stage.person.password.reveal()}, if you want to follow in the browser")


def _fill(stage: Stage) -> tuple[int, float]:
    begun = time.monotonic()
    return stage.school.fill(), time.monotonic() - begun


def _traffic(stage: Stage, voice: Voice, report: Report) -> None:
    stage.traffic.start()
    time.sleep(0.5)  # the connections open
    begun = time.monotonic()
    with voice.waiting("measuring the traffic of six clients"):
        time.sleep(QUIET_SECONDS)
    before = stage.traffic.measure(begun)
    report.traffic["before"] = before.json()
    report.need(before.answered and not before.failed, "the school app did not work before the trouble")
    voice.fact("traffic", f"{before.rate:.0f} requests/s answered, p95 {span(before.p95)}, {before.failed} failed")


def go_wrong(stage: Stage, voice: Voice, report: Report) -> float:
    """Chapter 3: the trouble, measured; the moment it began."""
    voice.chapter("In the night")
    begun = time.monotonic()
    report.need(stage.trouble.begin(), "the migration did not come to wait for the report")
    voice.say(f"A nightly report reads assignments and forgets to commit (session {stage.trouble.report_pid}).")
    voice.say(f"A migration comes and must wait for it (session {stage.trouble.migration_pid}):")
    voice.block([ALTER])
    voice.say("Whoever wants assignments now waits behind the migration, even to read.")
    with voice.waiting(f"one small query, {CANARY_SECONDS:g} s to answer"):
        report.hung_before = canary(stage.school) is None
    report.need(report.hung_before, "the query on assignments still answered")
    voice.fact("canary", f"a small query on assignments did not come back within {CANARY_SECONDS:g} s", "red")
    with voice.waiting("until the app's own patience ends"):
        end = time.monotonic() + PATIENCE_SECONDS
        while not stage.traffic.measure(begun + 0.5).failed and time.monotonic() < end:
            time.sleep(0.1)
        time.sleep(0.3)  # the other clients' patience ends as well
    during = stage.traffic.measure(begun + 0.5)
    report.traffic["during"] = during.json()
    report.expect(during.failed, "the app's clients felt nothing")
    voice.fact("traffic", f"{during.answered} answered, {during.failed} failed: {during.fault}", "red")
    return begun
