"""The pages of restores: the verdict, what a swap would lose, the swap itself and the way back, all behind a yes."""

from __future__ import annotations

from typing import Any

from fireline.postgres.connect import Target
from fireline.web.pages.restores import parts
from tests.web import losses, story
from tests.web.site import Browser, Site, field

MAYA = losses.MAYA


def test_a_restore_passes_is_compared_swapped_in_and_put_back(ward: Site, patient: Target) -> None:
    losses.school(ward, patient)
    number = losses.restored(ward, patient)
    with Browser(ward.url) as browser:
        browser.log_in("maya")
        page = browser.get(f"/restores/{number}").text
        assert "PASS: every row, sequence and object is as it was backed up." in page
        assert "What would a swap lose?" in page
        assert "The database " in page  # the way back of the restore: it is dropped
        told = browser.post(f"/restores/{number}/diff", data={"csrf": field(page, "csrf")}).text
        assert "public.users: 40 rows made since, and 1 row changed since" in told
        assert "19 users deleted since can come in again" in told
        assert told.index(">Users<") < told.index("19 rows that are not there any more")
        assert "Will be missing" in told
        sent = {
            "phase": "resolve",
            "remedy": "swap",
            "target": "main",
            "arguments.restore": number,
            "arguments.keep": "3d",
        }
        run = int(browser.submit("remedy.run", back=f"/restores/{number}", **sent).url.path.rpartition("/")[2])
        story.go_on(ward, run)
        waiting = browser.get(f"/restores/{number}").text
        assert "Wanted from you now" in waiting
        assert f'href="/runs/{run}"' in waiting
        approve(ward, run)
        page = browser.get(f"/restores/{number}").text
        assert "What it replaced" in page
        assert "Rescue newer rows" in page
        assert "What did the swap lose?" in page
        browser.submit("run.undo", back=f"/restores/{number}", run=str(run), step="1")
        assert "Its undo waits for a yes" in browser.get(f"/restores/{number}").text
        assert "Its undo waits for a yes" in browser.get("/targets/main/recovery").text
        approve(ward, run)
        assert "What would a swap lose?" in browser.get(f"/restores/{number}").text
        assert browser.get("/targets/main/restores").text.count('class="line backup"') == 1
        assert browser.get("/restores/77").status_code == 404


def approve(site: Site, run: int) -> None:
    """Somebody else says yes, and it is done."""
    asked = site.do(MAYA, "run.show", run=run)["steps"][0]["approval"]
    site.do(losses.JONAS, "run.approve", run=run, step=1, hash=asked["content_hash"])
    story.go_on(site, run)


def test_one_that_differs_failed_or_was_never_compared_says_so(site: Site) -> None:
    rows: list[tuple[str, Any, str | None]] = [
        ("differs", {"verdict": "differs", "why": "1 things are not as they were backed up", "tables": 2, "rows": 5, "seconds": 0.1,
                     "differences": [{"says": "Table public.users has 5 rows, 1 fewer than the 6 in the backup."}]}, None),
        ("unchecked", {"verdict": "unchecked", "why": "a foreign dump has no census", "tables": 1, "rows": 5, "seconds": 0.1,
                       "differences": [], "counted": [{"table": "public.users", "rows": 5}]}, None),
        ("failed", None, 'relation "users" already exists'),
        ("restoring", None, None),
    ]  # fmt: skip
    losses.rows_of_restores(site, rows)
    with site.client("maya") as browser:
        pages = [browser.get(f"/restores/{number}").text for number in range(1, 5)]
        assert "1 fewer than the 6 in the backup" in pages[0]
        assert "Why it is taken although it differs" in pages[0]
        assert "Not compared: a foreign dump has no census" in pages[1]
        assert "Why it is taken although it was not compared" in pages[1]
        assert "It failed: relation &#34;users&#34; already exists" in pages[2]
        assert "It is being loaded; nothing can be said yet" in pages[3]
        assert all("The database in use was not touched" not in page for page in pages[:2])
        shown = browser.get("/targets/main/restores?gone=true").text
        assert all(word in shown for word in ("FAIL", "NOT COMPARED", "failed", "being restored"))


def test_what_harms_people_is_told_first_and_what_is_not_known_last() -> None:
    found = {
        "swapped": True,
        "lost": [{"kind": "rows", "says": "a"}, {"kind": "grant", "says": "b"}],
        "back": [{"kind": "extension", "says": "c"}, {"kind": "users", "says": "d"}],
        "missing": [],
        "unknown": ["e"],
    }
    told = parts(found)
    assert [one["title"] for one in told] == ["Was lost", "Came back to life", "Is missing", "Not known"]
    assert [kind for one in told for kind, _ in one["kinds"]] == ["grant", "rows", "users", "extension", "not known"]
    assert [one["key"] for one in parts({**found, "unknown": [], "swapped": False})] == ["lost", "back", "missing"]
