"""Somebody at Fireline's page and API: makes the first account, gets a token, calls operations; all over HTTP."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable
from typing import Any

import httpx

from fireline.errors import FirelineError, Refused
from fireline.redact import Secret

NAME = "you"
LOOK_EVERY = 0.15

_FIELD = re.compile(r'name="csrf"\s+value="([^"]+)"|<meta name="csrf" content="([^"]+)"')


class Person:
    """The responder. `password` opens the page, `token` the API; who has one already need not `begin`."""

    def __init__(self, url: str, token: Secret | None = None) -> None:
        self.url = url
        self.password = Secret(secrets.token_urlsafe(9))
        self.token = token
        self._client = httpx.Client(base_url=url, timeout=30)
        if token is not None:
            self._client.headers["Authorization"] = f"Bearer {token.reveal()}"

    def begin(self) -> None:
        """Make the first account on the page, as its form does, and a token with the session that follows."""
        mark = _mark(self._client.get("/first"))
        form = {"name": NAME, "password": self.password.reveal(), "csrf": mark}
        made = self._client.post("/first", data=form)
        if made.status_code != 303:  # noqa: PLR2004 - on to the start page
            raise FirelineError(f"the first account could not be made: the page answered {made.status_code}")
        headers = {"X-CSRF-Token": _mark(self._client.get("/account"))}
        answer = self._client.post("/api/v1/token/create", json={"label": "demo"}, headers=headers)
        self.token = Secret(_data(answer)["token"])
        self._client.cookies.clear()  # from here on the token alone speaks
        self._client.headers["Authorization"] = f"Bearer {self.token.reveal()}"

    def call(self, name: str, /, **arguments: Any) -> Any:
        """Carry out one operation; Refused or FirelineError with Fireline's own words."""
        group, _, verb = name.partition(".")
        return _data(self._client.post(f"/api/v1/{group}/{verb}", json=arguments))

    def watch(self, look: Callable[[], Any], wanted: Callable[[Any], bool], seconds: float) -> Any:
        """Look again and again until what is wanted is there, or the time is over; what was seen last."""
        end = time.monotonic() + seconds
        while True:
            seen = look()
            if wanted(seen) or time.monotonic() > end:
                return seen
            time.sleep(LOOK_EVERY)

    def incident(self, name: str, wanted: Callable[[dict[str, Any]], bool], seconds: float) -> dict[str, Any]:
        """The incident as soon as it is as wanted, or as it is when the time is over."""
        found: dict[str, Any] = self.watch(lambda: self.call("incident.show", incident=name), wanted, seconds)
        return found

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def _data(answer: httpx.Response) -> Any:
    try:
        body = answer.json()
    except ValueError:
        raise FirelineError(f"{answer.url.path} answered {answer.status_code} and no JSON") from None
    if answer.is_success:
        return body
    kind = Refused if answer.status_code == 409 else FirelineError  # noqa: PLR2004
    raise kind(str(body.get("error", answer.status_code)), hint=body.get("hint"))


def _mark(page: httpx.Response) -> str:
    """The mark that a form of this page must carry."""
    found = _FIELD.search(page.text)
    if found is None:
        raise FirelineError(f"{page.url.path} answered {page.status_code} and holds no form")
    return found[1] or found[2]
