from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from fireline.demo.person import Person
from fireline.errors import FirelineError, Refused

ANSWERS = {
    "/api/v1/run/approve": (409, '{"error": "it is halted", "hint": "Lift it."}'),
    "/api/v1/run/show": (200, '{"run": 3}'),
    "/api/v1/run/list": (502, "<html>bad gateway</html>"),
    "/api/v1/run/skip": (403, '{"error": "you may not"}'),
    "/first": (200, "<html>nothing here</html>"),
}


@pytest.fixture
def person() -> Iterator[Person]:
    """A person in front of a server that answers as written above."""

    class Answering(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            status, body = ANSWERS[self.path]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body.encode())

        def do_GET(self) -> None:
            self.headers["Content-Length"] = "0"
            self.do_POST()

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002 - the name in the base class

    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, args=[0.05], daemon=True)
    thread.start()
    made = Person(f"http://127.0.0.1:{server.server_address[1]}")
    yield made
    made.close()
    server.shutdown()
    server.server_close()
    thread.join()


def test_an_answer_is_its_data(person: Person) -> None:
    assert person.call("run.show", run=3) == {"run": 3}


def test_a_refusal_comes_in_firelines_own_words(person: Person) -> None:
    with pytest.raises(Refused, match="it is halted") as refused:
        person.call("run.approve", run=3, step=1)
    assert refused.value.hint == "Lift it."
    with pytest.raises(FirelineError, match="you may not"):
        person.call("run.skip", run=3, step=1)


def test_what_is_no_json_is_told_as_such(person: Person) -> None:
    with pytest.raises(FirelineError, match="answered 502 and no JSON"):
        person.call("run.list")


def test_a_page_without_its_form_is_told_as_such(person: Person) -> None:
    with pytest.raises(FirelineError, match="/first answered 200 and holds no form"):
        person.begin()


def test_watching_ends_with_what_was_seen_last(person: Person) -> None:
    seen = iter([1, 2, 3, 4])
    assert person.watch(lambda: next(seen), lambda number: number == 3, 10) == 3
    assert person.watch(lambda: 0, bool, 0.05) == 0
