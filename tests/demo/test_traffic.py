from __future__ import annotations

import time

from fireline.demo.school import School
from fireline.demo.traffic import Measure, Request, Traffic, measured
from fireline.demo.trouble import Trouble


def test_figures_count_the_failed_requests_too() -> None:
    seen = [Request(1.0, 0.010, None)] * 18 + [Request(2.0, 5.0, "timeout")] * 2
    found = measured(seen, 4.0)
    assert (found.answered, found.failed, found.fault) == (18, 2, "timeout")
    assert (found.rate, found.p50, found.p95) == (4.5, 0.010, 5.0)


def test_no_request_at_all_is_no_figure() -> None:
    assert measured([], 1.0) == Measure(1.0, 0, 0, None, None, None)
    assert measured([], 0.0).rate == 0.0


def test_clients_are_served_and_hang_while_there_is_trouble(school: School, trouble: Trouble) -> None:
    traffic = Traffic(school, clients=3)
    try:
        traffic.start()
        began = time.monotonic()
        while traffic.measure(began).answered < 10:
            assert time.monotonic() - began < 20, "nobody is served"
            time.sleep(0.05)
        assert traffic.measure(began).failed == 0
        assert trouble.begin()
        time.sleep(0.5)  # what was under way ends
        hung = time.monotonic()
        time.sleep(1)
        assert traffic.measure(hung).answered == 0
    finally:
        stopping = time.monotonic()
        traffic.stop()
    assert time.monotonic() - stopping < 4, "stopping does not wait for the statements' own timeout"


def test_a_client_that_loses_its_connection_opens_another(school: School) -> None:
    traffic = Traffic(school, clients=1)
    try:
        traffic.start()
        began = time.monotonic()
        while not traffic.measure(began).answered:
            assert time.monotonic() - began < 20
            time.sleep(0.05)
        with school.connect("fireline", "test", autocommit=True) as conn:
            conn.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'school-web'")
        lost = time.monotonic()
        while not (traffic.measure(lost).answered and traffic.measure(began).failed):
            assert time.monotonic() - lost < 20
            time.sleep(0.05)
    finally:
        traffic.stop()
    assert "terminating connection" in str(traffic.measure(began).fault)
