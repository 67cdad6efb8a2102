"""An alert in the night: besides the cause, what is around the database is seen by itself, read-only, and never set by itself."""

from __future__ import annotations

from tests.acceptance.place import Place, View, place, trouble
from tests.assess.surroundings.test_sentry import EVENT, ISSUE, TOKEN
from tests.assess.surroundings.test_vendor import component, summary
from tests.systems import peer as peers
from tests.systems.peer import Peer


def prepare(here: Place, peer: Peer) -> None:
    """A page in trouble, one that hangs, a vendor in trouble, an issue; and a Fireline that knows of them."""
    peer.answer("/health", "no connection to the database", status=503)
    peer.hang("/till")
    peer.answer("/api/v2/summary.json", summary(component("Pooler", "partial_outage"), indicator="minor"))
    peer.answer("/api/0/issues/4509/", ISSUE)
    peer.answer("/api/0/issues/4509/events/latest/", EVENT)
    with here.home.settings.open("a") as file:
        file.write(
            f"""
[surroundings.application.school]
url = "{peer.url}/health?key=open-sesame-key"
[surroundings.application.till]
url = "{peer.url}/till"
timeout = "1m"
[surroundings.vendor.supabase]
url = "{peer.url}"
[surroundings.sentry]
token = "{TOKEN}"
url = "{peer.url}"
"""
        )
    here.start_again()


def seen(view: View) -> dict[str, str]:
    return {one["name"]: f"{one['state']}: {one['title']}" for one in view["surroundings"]}


def test_what_is_around_it_is_seen_by_itself_and_delays_nothing() -> None:
    with peers.running() as peer, place() as here:
        prepare(here, peer)
        with trouble(here.school):
            assert here.post(sentry_issue="4509").status_code == 202
            (found,) = here.opened()
            view = here.show(found["id"], lambda view: view["verdict"])
            assert view["surroundings"] == [], "the cause does not wait for the page that hangs"
            peer.over.set()
            view = here.show(found["id"], lambda view: len(view["surroundings"]) == 4 and view["estimate"])
        till = seen(view).pop("till")
        assert till.startswith("unknown: no answer: ")
        assert seen(view) == {
            "till": till,
            "school": "ailing: answers 503 instead of 200",
            "supabase": "ailing: Pooler: partial outage",
            "issue 4509": f"ailing: “{ISSUE['title']}” in {ISSUE['culprit']}",
        }
        assert (view["estimate"]["number"], view["estimate"]["unit"]) == (412, "users")
        assert view["users_affected"] is None
        told = [one["text"] for one in view["timeline"] if one["kind"] == "surroundings"]
        assert any("school: answers 503 instead of 200" in text and "till could not be seen" in text for text in told)
        here.cli("incident", "impact", found["id"], "--users", "412")
        assert here.show(found["id"])["users_affected"] == 412
        kept = here.everything_stored()
        assert TOKEN not in kept
        assert "open-sesame" not in kept
