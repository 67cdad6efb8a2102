import pytest

from fireline.cli.desk import incident_and
from fireline.errors import Usage


def test_the_incident_before_a_text_may_be_left_out() -> None:
    assert incident_and(["INC-7", "restarted"], "text") == ("INC-7", ["restarted"])
    assert incident_and(["7", "restarted"], "text") == ("7", ["restarted"])
    assert incident_and(["restarted"], "text") == (None, ["restarted"])
    assert incident_and(["inc-1", "lead", "anna"], "role", "person") == ("inc-1", ["lead", "anna"])


@pytest.mark.parametrize("words", [["3 replicas", "left"], ["INC-7", "two", "words"], []])
def test_a_text_without_quotes_is_refused_before_it_lands_on_another_incident(words: list[str]) -> None:
    with pytest.raises(Usage, match="expected <text>") as wrong:
        incident_and(words, "text")
    assert wrong.value.hint == "Put a text of several words in quotes."
