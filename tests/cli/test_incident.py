from datetime import timedelta
from pathlib import Path

from fireline import clock
from fireline.incident import surroundings
from fireline.incident.surroundings import Answer
from fireline.store.connect import Store
from tests.cli.conftest import Fireline
from tests.cli.me import ME


def test_an_incident_is_declared_acknowledged_noted_resolved_and_closed(fireline: Fireline) -> None:
    said = fireline("declare", "checkout is down", "--severity", "P2")
    assert said.out.splitlines()[0] == "INC-1 opened as P2 (Medium): checkout is down"
    assert fireline("ack").out.startswith("INC-1 acknowledged")
    assert fireline("note", "restarted the pooler").out == "Noted on INC-1.\n"
    fireline("incident", "status", "resolving")
    fireline("incident", "impact", "--text", "no checkout", "--users", "20")
    fireline("incident", "role", "scribe", ME)
    assert fireline("incident", "resolve", "--resolution", "restarted").code == 0
    assert fireline("incident", "close", "INC-1").code == 0
    shown = fireline.data("incident", "show", "INC-1")
    assert (shown["status"], shown["resolution"], shown["users_affected"]) == ("reviewed", "restarted", 20)
    kinds = [event["kind"] for event in fireline.data("incident", "timeline", "1")]
    assert [kind for kind in kinds if kind in ("opened", "acknowledged", "note", "resolved", "closed")] == [
        "opened", "acknowledged", "note", "resolved", "closed",
    ]  # fmt: skip


def test_the_only_open_incident_need_not_be_named_and_one_of_several_must(fireline: Fireline) -> None:
    assert "no incident is open" in fireline("ack").err
    fireline("declare", "one")
    fireline("declare", "two")
    done = fireline("ack")
    assert done.code == 2
    assert done.err == ("error: which incident? 2 are open\nhint: Name one: INC-2 two; INC-1 one.\n")
    assert fireline("ack", "2").out.startswith("INC-2 acknowledged")


def test_what_is_wanted_from_you_stands_before_everything_else(fireline: Fireline) -> None:
    fireline("declare", "checkout is down")
    lines = fireline("incident", "show").out.splitlines()
    assert lines[0].startswith("INC-1  P1  checkout is down")
    now = next(line for line in lines if line.startswith("Now"))
    assert "Acknowledge" in now
    assert "        fireline ack INC-1" in lines
    assert lines.index(now) < next(n for n, line in enumerate(lines) if line.startswith("Cause"))
    assert lines[-1].endswith("assumed until somebody judges it")


def test_a_refusal_is_exit_code_1_and_a_thing_that_is_not_there_2(fireline: Fireline) -> None:
    fireline("declare", "once")
    fireline("incident", "dismiss", "INC-1", "--reason", "none")
    done = fireline("incident", "take", "INC-1")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith("error: INC-1 is dismissed")
    assert fireline("incident", "show", "INC-9").code == 2
    assert fireline("incident", "show", "nonsense", "--json").data["error"]


def test_the_post_mortem_goes_to_a_file_and_comes_back_from_it(fireline: Fireline, tmp_path: Path) -> None:
    fireline("declare", "checkout is down")
    fireline("incident", "resolve", "INC-1", "--resolution", "gone")
    assert fireline("incident", "postmortem", "INC-1", "--out", "draft.md").out == "written to draft.md\n"
    draft = (tmp_path / "draft.md").read_text(encoding="utf-8")
    assert draft.startswith("# Post-mortem of INC-1: checkout is down")
    (tmp_path / "draft.md").write_text(draft + "\nRoot cause: a full disk.\n", encoding="utf-8")
    assert fireline("incident", "postmortem", "INC-1", "--edit", "draft.md").out.startswith(
        "The post-mortem of INC-1 is saved"
    )
    assert (
        fireline("incident", "postmortem", "1", "--edit", "gone.md").err
        == "error: gone.md: No such file or directory\n"
    )
    assert "a full disk" in fireline("incident", "postmortem", "INC-1").out
    assert fireline("incident", "close", "INC-1").code == 0


def test_a_title_from_outside_can_not_steer_the_terminal(fireline: Fireline) -> None:
    fireline("declare", "red \x1b[31malert[bold]")
    out = fireline("incident", "list").out
    assert "\x1b" not in out
    assert "[bold]" in out


def test_verify_tells_that_nobody_has_rewritten_the_story(fireline: Fireline) -> None:
    fireline("declare", "once")
    assert fireline("incident", "verify").out == "the timeline is whole\n"
    assert fireline.data("incident", "verify")["whole"] is True


def test_colours_only_for_a_terminal_that_wants_them(fireline: Fireline) -> None:
    fireline("declare", "once")
    assert "\x1b" not in fireline("incident", "show").out
    assert "\x1b" not in fireline("incident", "show", NO_COLOR="1", TERM="xterm").out


def test_what_is_around_it_stands_under_the_cause_and_the_estimate_with_the_line_that_takes_it(
    fireline: Fireline, store: Store
) -> None:
    fireline("declare", "checkout is down")
    assert "Around" not in fireline("incident", "show").out
    facts = {"estimate": 412, "unit": "users", "at_least": False}
    seen = [
        Answer("application", "shop", "ailing", "answers 503 instead of 200", "in 90 ms"),
        Answer("vendor", "acme", "unknown", "no answer within 5 s"),
        Answer("users", "users affected", "ailing", "about 412 users", "Sentry counts them on SHOP-7K", facts),
    ]
    with store.transaction() as conn:
        surroundings.keep(conn, 1, seen, clock.now())
    lines = fireline("incident", "show").out.splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("Around"))
    assert lines[place].split() == ["Around", "!", "shop", "answers", "503", "instead", "of", "200", "in", "90", "ms"]
    assert lines[place + 1].split() == ["?", "acme", "no", "answer", "within", "5", "s"]
    assert place > next(n for n, line in enumerate(lines) if line.startswith("Cause"))
    assert "Seen    about 412 users  (Sentry counts them on SHOP-7K)" in lines
    assert "        fireline incident impact INC-1 --users 412" in lines
    shown = fireline.data("incident", "show", "1")
    assert [one["state"] for one in shown["surroundings"]] == ["ailing", "unknown"]
    assert (shown["estimate"]["number"], shown["users_affected"]) == (412, None)
    fireline("incident", "impact", "--users", "412")
    assert "Seen " not in fireline("incident", "show").out


def test_what_changed_before_stands_under_the_cause(fireline: Fireline) -> None:
    fireline("declare", "checkout is down")
    assert "nothing is known to have changed in the 24 hours before" in fireline("incident", "show").out
    for minutes in range(8, 80, 10):
        at = (clock.now() - timedelta(minutes=minutes, seconds=5)).isoformat()
        assert fireline("change", "add", f"shop {minutes}", "--at", at).code == 0
    lines = fireline("incident", "show").out.splitlines()
    place = next(n for n, line in enumerate(lines) if line.startswith("Change"))
    assert " ".join(lines[place].split()).startswith("Change 8 min before deploy: shop 8")
    assert lines[place + 4].split()[:2] == ["4", "more:"]
    assert "shop 78" in fireline("incident", "show", "--full").out
    assert [one["title"] for one in fireline.data("incident", "show")["changed"]][:2] == ["shop 8", "shop 18"]
