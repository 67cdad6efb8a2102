"""The API: the registry's operations, their bodies, who may, and what an error looks like."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import psycopg
import pytest

from fireline.app.operations import OPERATIONS
from fireline.incident.people import Actor
from fireline.postgres.connect import Target
from tests.web.site import Site


@pytest.fixture
def maya(site: Site) -> Iterator[httpx.Client]:
    """A program that acts as a responder by a token."""
    actor = site.person("maya")
    token = site.do(actor, "token.create", label="tests")["token"]
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{site.url}/api/v1", headers=headers, timeout=20) as client:
        yield client


def test_every_operation_is_in_the_openapi_with_its_own_fields(site: Site) -> None:
    with site.stranger() as browser:
        document = browser.get("/api/v1/openapi.json").json()
    for name, operation in OPERATIONS.items():
        path = document["paths"][f"/api/v1/{name.replace('.', '/')}"]
        body = path["post"].get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        wanted = body.get("$ref") or next(one["$ref"] for one in body["anyOf"] if "$ref" in one)
        schema = document["components"]["schemas"][wanted.rsplit("/", 1)[-1]]
        assert set(schema.get("properties", {})) == set(operation.parameters), name
        assert schema["additionalProperties"] is False
        assert path["post"]["summary"]
        assert ("get" in path) == operation.reads
        assert path["post"]["security"] == [{"HTTPBearer": []}]


def test_a_person_declares_and_reads_an_incident(site: Site, maya: httpx.Client) -> None:
    made = maya.post("/incident/declare", json={"title": "Login is slow", "severity": "P1"})
    assert made.status_code == 200
    shown = maya.get("/incident/show", params={"incident": made.json()["incident"]}).json()
    assert shown["title"] == "Login is slow"
    assert shown["declared_by"] == "maya"
    assert shown == maya.post("/incident/show", json={"incident": "1"}).json() | {"clocks": shown["clocks"]}


def test_what_takes_nothing_needs_no_body(maya: httpx.Client) -> None:
    assert maya.post("/halt/show").json() == {"halted": False}
    assert maya.get("/person/whoami").json()["name"] == "maya"


@pytest.mark.parametrize(
    ("path", "body", "status", "error"),
    [
        ("/incident/ack", {"incident": "INC-1", "colour": "red"}, 422, "unknown field colour"),
        ("/incident/ack", {}, 422, "incident is missing"),
        ("/incident/list", {"limit": "many"}, 422, "limit: input should be a valid integer"),
        ("/incident/ack", {"incident": "INC-999"}, 404, "there is no incident INC-999"),
        ("/incident/ack", {"incident": "nonsense"}, 422, "'nonsense' is not an incident"),
        ("/halt/lift", {}, 409, "nothing is halted"),
        ("/person/add", {"name": "eve"}, 403, "needs the role admin"),
        ("/incident/nonsense", {}, 404, "nothing is at"),
    ],
)
def test_an_error_is_one_line_and_what_to_do(
    maya: httpx.Client, path: str, body: dict[str, object], status: int, error: str
) -> None:
    answer = maya.post(path, json=body)
    assert answer.status_code == status
    assert set(answer.json()) == {"error", "hint"}
    assert error in answer.json()["error"]
    assert "\n" not in answer.json()["error"]


def test_a_body_that_is_no_json_or_a_wrong_query_is_understood_as_such(maya: httpx.Client) -> None:
    broken = maya.post("/incident/ack", content=b"{nonsense", headers={"Content-Type": "application/json"})
    assert (broken.status_code, broken.json()["error"]) == (422, "the body is not JSON")
    query = maya.get("/incident/list", params={"colour": "red"})
    assert (query.status_code, query.json()["error"]) == (422, "unknown field colour")


def test_what_the_store_can_not_keep_or_count_is_no_fault_of_the_server(maya: httpx.Client) -> None:
    named = maya.get("/restore/show", params={"restore": "a\0b"})
    assert (named.status_code, named.json()["error"]) == (422, "a text can not hold a NUL character")
    inside = maya.post("/alert/list", json={"label": ["a\0b"]})
    assert (inside.status_code, inside.json()["error"]) == (422, "a text can not hold a NUL character")
    for group in ("run", "restore", "backup", "alert", "incident", "snapshot", "silence", "change"):
        for limit in (-(10**30), -1, 0, 10**30):
            assert maya.get(f"/{group}/list", params={"limit": limit}).status_code == 200
    huge = maya.get("/run/show", params={"run": 10**30})
    assert (huge.status_code, huge.json()["hint"]) in (
        (400, "Nothing was done."),
        (404, "`fireline run list` shows them."),
    )


def test_nobody_acts_without_a_token_or_with_a_revoked_one(site: Site, maya: httpx.Client) -> None:
    with site.stranger() as browser:
        answer = browser.post("/api/v1/halt/show")
        assert answer.status_code == 401
        assert answer.headers["www-authenticate"] == "Bearer"
    site.do(Actor("maya"), "token.revoke", token=1)
    assert maya.post("/halt/show").status_code == 401


def test_a_viewer_reads_and_changes_nothing(site: Site) -> None:
    with site.client("vera", "viewer") as browser:
        marked = {"X-CSRF-Token": browser.mark()}
        assert browser.get("/api/v1/incident/list").json() == []
        answer = browser.post("/api/v1/incident/declare", json={"title": "x"}, headers=marked)
        assert answer.status_code == 403
        assert "needs the role responder" in answer.json()["error"]


def test_the_pages_cookie_changes_nothing_without_its_mark(site: Site) -> None:
    with site.client("maya") as browser:
        assert browser.post("/api/v1/halt/set", json={"reason": "x"}).status_code == 403
        marked = {"X-CSRF-Token": browser.mark()}
        assert browser.post("/api/v1/halt/set", json={"reason": "x"}, headers=marked).json()["halted"] is True


def test_a_remedy_is_told_a_list_over_http(ward: Site, patient: Target) -> None:
    with psycopg.connect(patient.dsn.reveal(), autocommit=True) as conn:
        for table in ("orders", "visits"):
            conn.execute(
                f"CREATE TABLE {table} WITH (autovacuum_enabled = false) AS SELECT generate_series(1, 100) AS i".encode()
            )
    actor = ward.person("maya")
    token = ward.do(actor, "token.create", label="tests")["token"]
    headers = {"Authorization": f"Bearer {token}"}
    body = {"phase": "resolve", "remedy": "optimize", "arguments": {"tables": ["orders", "visits"], "sequences": True}}
    with httpx.Client(base_url=f"{ward.url}/api/v1", headers=headers, timeout=20) as client:
        plan = client.post("/remedy/plan", json=body).json()
        assert [part["what"] for part in plan["captured"]["parts"]] == [
            "analyze public.orders",
            "analyze public.visits",
        ]
        called = client.post("/remedy/run", json=body)
        assert called.status_code == 200
        assert called.json()["command"].endswith("--tables=orders --tables=visits --sequences=True")
        wrong = client.post("/remedy/run", json={**body, "arguments": {"only": ["all"]}})
        assert (wrong.status_code, wrong.json()["error"][:34]) == (422, "resolve optimize: only.0: input sh")
