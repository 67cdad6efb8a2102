"""A whole site for tests: a store, a server that listens, people who are logged in."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from fireline import clock
from fireline.app import desk
from fireline.app.context import Context, make
from fireline.incident.people import FIRELINE, Actor
from fireline.settings import Settings
from fireline.web.protocol import Protocol
from fireline.web.server import make_app

PASSWORD = "three blue lamps"
RUNBOOKS = (Path(__file__).parent / "data" / "night.md", Path(__file__).parents[1] / "data" / "incident-response.md")
LOG = "error"
PAGES = ("/incidents", "/incidents?status=all", "/declare", "/report", "/alerts", "/silences", "/sources", "/changes", "/probes", "/runs", "/targets", "/targets/main", "/runbooks", "/runbooks/1", "/people",
         "/account")  # fmt: skip
NOBODY = "postgresql://nobody@127.0.0.1:1/nothing"
DOOR = "door-token-of-tests"


class Server(uvicorn.Server):
    """Ends the streams of open pages when it stops, as `fireline server` does."""

    async def shutdown(self, sockets: Any = None) -> None:
        """Stop."""
        self.config.app.state.hub.close()  # type: ignore[union-attr]
        await super().shutdown(sockets)


class Site:
    """One server on a port of its own; `person` makes people, `client` logs them in."""

    def __init__(
        self,
        store_url: str,
        folder: Path,
        target: str = NOBODY,
        sources: dict[str, Any] | None = None,
        tls: tuple[Path, Path] | None = None,
        beats: dict[str, Any] | None = None,
        **server: Any,
    ) -> None:
        runbooks = [str(shutil.copy(file, folder)) for file in RUNBOOKS]
        self.settings = Settings.model_validate(
            {
                "store": {"url": store_url, "folder": str(folder / "state")},
                "server": server,
                "targets": {"main": {"dsn": target}},
                "runbook": {"files": runbooks},
                "recovery": {"folder": str(folder / "backups"), "key": str(folder / "signing.key")},
                "sources": {"prom": {"format": "generic", "token": DOOR, "target": "main"}, **(sources or {})},
                "beats": beats or {},
                "contacts": {
                    "primary": {"role": "primary", "address": "primary@example.org", "confirmed": True},
                    "dba": {"role": "database admin", "address": "dba@example.org", "confirmed": False},
                },
            }
        )
        self.context: Context = make(self.settings, application="fireline-test")
        self.app = make_app(self.context)
        self._scheme = "https" if tls else "http"
        config = uvicorn.Config(
            self.app,
            port=0,
            log_level=LOG,
            lifespan="on",
            http=Protocol,
            ws="none",
            timeout_keep_alive=60,
            ssl_certfile=tls[0] if tls else None,
            ssl_keyfile=tls[1] if tls else None,
        )
        self._server = Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)

    def __enter__(self) -> Site:
        self._thread.start()
        while not self._server.started:
            self._thread.join(0.01)
            if not self._thread.is_alive():
                raise RuntimeError("the server did not start")
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self.context.close()

    @property
    def url(self) -> str:
        """Where it listens."""
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"{self._scheme}://127.0.0.1:{port}"

    def person(self, name: str, role: str = "responder") -> Actor:
        """Somebody with an account."""
        self.do(FIRELINE, "person.add", name=name, role=role, password=PASSWORD)
        return Actor(name, role=role, door="page")

    def stranger(self) -> httpx.Client:
        """A browser that nobody has logged in with."""
        return httpx.Client(base_url=self.url, timeout=20)

    @contextmanager
    def client(self, name: str, role: str = "responder") -> Iterator[Browser]:
        """A browser in which this person, made for it, is logged in."""
        self.person(name, role)
        with Browser(self.url) as browser:
            browser.log_in(name)
            yield browser

    def do(self, actor: Actor, name: str, /, **arguments: Any) -> Any:
        """Carry out an operation as somebody."""
        with self.context.store.transaction() as conn:
            return desk.perform(self.context, conn, actor, name, arguments)

    def now(self) -> Any:
        """The time as the site sees it."""
        return clock.now()


class Browser(httpx.Client):
    """A browser without JavaScript: it fills in the forms of the page it looks at."""

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, timeout=20, follow_redirects=True)

    def log_in(self, name: str, password: str = PASSWORD) -> httpx.Response:
        """Fill in the login form."""
        mark = field(self.get("/login").text, "csrf")
        return self.post("/login", data={"name": name, "password": password, "csrf": mark})

    def mark(self) -> str:
        """This session's mark against forgery."""
        return field(self.get("/account").text, "csrf")

    def submit(self, operation: str, back: str = "/", **fields: Any) -> httpx.Response:
        """Send the form of an operation."""
        return self.post(f"/do/{operation}", data={"csrf": self.mark(), "back": back, **fields})


def field(html: str, name: str) -> str:
    """The value of the first hidden field of this name."""
    found = re.search(rf'name="{name}" value="([^"]*)"', html)
    assert found, f"no field {name} in the page"
    return found[1]
