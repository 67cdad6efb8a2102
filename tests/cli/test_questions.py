import io

import pytest

from fireline.cli import questions
from fireline.cli.questions import Left, ask_parameters, choose


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """What the person will say; to be filled before the question."""
    lines = io.StringIO()
    monkeypatch.setattr("sys.stdin", lines)
    monkeypatch.setattr(questions, "_explained", set())
    return lines


def says(said: io.StringIO, *lines: str) -> None:
    """Put lines into the person's mouth."""
    said.write("".join(f"{line}\n" for line in lines))
    said.seek(0)


def test_a_question_is_asked_until_one_of_its_letters_is_said(
    said: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    says(said, "", "maybe", "?", "Y")
    assert choose("Go?", {"y": "go on", "n": "stay"}, "It is safe.") == "y"
    shown = capsys.readouterr().out
    assert "'maybe' is not one of y/n/?/q" in shown
    assert "  It is safe." in shown
    assert "  q  leave; nothing is lost" in shown


def test_letters_are_explained_when_they_are_new_and_not_again(
    said: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    says(said, "y", "y")
    choose("Go?", {"y": "go on"})
    assert "  y  go on" in capsys.readouterr().out
    choose("And now?", {"y": "go on"})
    assert "  y  go on" not in capsys.readouterr().out


def test_q_and_the_end_of_input_leave(said: io.StringIO) -> None:
    says(said, "q")
    with pytest.raises(Left):
        choose("Go?", {"y": "go on"})
    with pytest.raises(Left):
        choose("Go?", {"y": "go on"})


def test_a_value_is_asked_for_each_parameter_that_has_none_and_no_secret(
    said: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    base = {"type": "text", "choices": [], "secret": False, "value": None, "question": ""}
    says(said, "", "b-17")
    found = ask_parameters(
        [
            {**base, "name": "BUILD_ID", "question": "Which build?"},
            {**base, "name": "KEY", "secret": True},
            {**base, "name": "ENV", "value": "prod"},
        ]
    )
    assert found == {"BUILD_ID": "b-17"}
    assert "Which build? (text):" in capsys.readouterr().out


def test_a_long_sentence_is_broken_between_words(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    questions.tell("word " * 30, indent=4)
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) < 60
    assert lines[1].startswith("    word")
