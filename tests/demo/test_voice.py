from __future__ import annotations

import os
import pty
import subprocess
import sys

import pytest

from fireline.demo.voice import Voice, span
from fireline.errors import Usage

ASKS = """
from fireline.demo.voice import Voice
print("ANSWER", Voice(quiet=False).ask("Approve?", lambda: {meanwhile}))
"""


def at_a_terminal(typed: str, meanwhile: str = "False") -> str:
    """What a person sees who types this at the demo's question."""
    ours, theirs = pty.openpty()
    child = subprocess.Popen(
        [sys.executable, "-c", ASKS.format(meanwhile=meanwhile)],
        stdin=theirs, stdout=theirs, stderr=theirs, close_fds=True,
    )  # fmt: skip
    os.close(theirs)
    os.write(ours, typed.encode())
    seen = b""
    while True:
        try:
            part = os.read(ours, 4096)
        except OSError:  # the terminal is closed: the child has ended
            break
        if not part:
            break
        seen += part
    child.wait()
    os.close(ours)
    return seen.decode()


def test_chapters_are_numbered_and_facts_have_a_label(capsys: pytest.CaptureFixture[str]) -> None:
    voice = Voice(quiet=False)
    voice.chapter("The alert")
    voice.fact("door", "answered 202")
    voice.chapter("You")
    said = capsys.readouterr().out
    assert " 1  The alert" in said
    assert "door       answered 202" in said
    assert " 2  You" in said


def test_what_came_from_elsewhere_can_not_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    Voice(quiet=False).say("\x1b[2Jgone [bold]not markup[/bold]")
    said = capsys.readouterr().out
    assert "\x1b" not in said
    assert "[bold]not markup[/bold]" in said


def test_a_quiet_voice_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    voice = Voice(quiet=True)
    voice.chapter("The alert")
    with voice.waiting("long"):
        voice.say("something")
    assert capsys.readouterr().out == ""


def test_nobody_is_asked_where_nobody_is() -> None:
    with pytest.raises(Usage, match="nobody is here"):
        Voice(quiet=True).ask("Approve?", lambda: True)


def test_a_person_is_asked_until_the_answer_is_yes_or_no() -> None:
    assert "ANSWER True" in at_a_terminal("perhaps\ny\n")
    assert "ANSWER False" in at_a_terminal("N\n")


def test_a_yes_given_in_the_browser_counts() -> None:
    seen = at_a_terminal("", meanwhile="True")
    assert "Answered in the browser." in seen
    assert "ANSWER True" in seen


def test_times_are_short() -> None:
    assert [span(None), span(0.0124), span(2.44)] == ["-", "12 ms", "2.4 s"]
