"""The pages of what is watched."""

from __future__ import annotations

from datetime import timedelta

from fireline import clock
from fireline.settings import ProbeSettings
from fireline.web.pages.probes import shares
from tests.web.site import Site


def test_what_is_watched_is_shown_with_how_it_was(site: Site) -> None:
    site.settings.probes["shop"] = ProbeSettings.model_validate({"url": "https://u:pw@shop.example/?key=sesame"})
    now = clock.now()
    with site.context.store.transaction() as conn:
        conn.execute(
            "INSERT INTO probe (name, kind, state, since, checked_at, ms, late_ms, title, seen)"
            " VALUES ('shop', 'http', 'ailing', %(at)s, %(at)s, 31, 9000, 'answers <b>503</b>', 'ailing')",
            {"at": now},
        )
        for minute in range(30):
            told = {"at": now - timedelta(minutes=minute), "state": "ailing" if minute < 5 else "well"}
            conn.execute(
                "INSERT INTO probe_result (probe, at, state, ms, late_ms, title)"
                " VALUES ('shop', %(at)s, %(state)s, 31, 0, 'answers')",
                told,
            )
        conn.execute(
            "INSERT INTO beat (name, source, slug, provisioned, period, grace, since, state, due_at)"
            " VALUES ('backup', 's', 'backup', false, '1 day', '1 hour', %(at)s, 'late', %(at)s)",
            {"at": now},
        )
    with site.client("maya") as browser:
        listed = browser.get("/probes").text
        assert "answers &lt;b&gt;503&lt;/b&gt;" in listed
        assert "9 s late" in listed
        assert "Never heard" in listed
        assert "sesame" not in listed
        shown = browser.get("/probes/shop?hours=1").text
        assert "polyline" in shown
        assert "Looks that were well, in percent, over the last" in shown
        assert "Slowest look in milliseconds over the last" in shown
        assert browser.get("/probes/nobody").status_code == 404


def test_what_could_not_be_seen_counts_neither_way() -> None:
    history = [{"at": 1, "looks": 4, "unknown": 2, "ailing": 1}, {"at": 2, "looks": 1, "unknown": 1, "ailing": 0}]
    assert shares(history) == [{"at": 1, "score": 50}, {"at": 2, "score": None}]
