from hypothesis import given
from hypothesis import strategies as st

from fireline.assess.ramp import ramp, taken


def test_it_takes_nothing_up_to_well_and_all_from_bad_on() -> None:
    assert [ramp(value, 0.7, 0.9) for value in (0.1, 0.7, 0.9, 5.0)] == [0, 0, 1, 1]
    assert ramp(0.8, 0.7, 0.9) == 0.5000000000000002
    assert [ramp(days, 30, 10) for days in (40, 30, 20, 10, 1)] == [0, 0, 0.5, 1, 1]


def test_a_degree_of_nothing_is_no_symptom() -> None:
    assert taken("headroom", 500, 0.0, "it") == ()
    assert taken("headroom", 500, 0.0004, "it") == ()
    (one,) = taken("headroom", 500, 0.5, "half", "storage")
    assert (one.takes, one.because, one.of) == (250, "half", ("storage",))


@given(st.floats(0, 1), st.floats(0, 1))
def test_worse_never_takes_less(one: float, other: float) -> None:
    assert ramp(min(one, other), 0.3, 0.8) <= ramp(max(one, other), 0.3, 0.8)
