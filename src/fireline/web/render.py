"""Templates to pages: the environment, the figures it knows, and what every page shows around its own part."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path, PurePosixPath
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markdown_it import MarkdownIt
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from fireline import clock
from fireline.incident.story import beside
from fireline.recovery.fence.planning import MEANS
from fireline.settings import Settings
from fireline.web import figures

ROOM = Path(str(files("fireline.web")))
STATIC = ROOM / "static"


@cache
def environment() -> Environment:
    """The templates: everything escaped, a misspelt name is an error."""
    made = Environment(
        loader=FileSystemLoader(ROOM / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    for name in (
        "at",
        "countdown",
        "countup",
        "between",
        "ms",
        "shape",
        "number",
        "plural",
        "pretty",
        "span",
        "quantity",
        "column",
        "age",
        "progress",
        "size",
    ):
        made.globals[name] = made.filters[name] = getattr(figures, name)
    made.globals["static"] = static
    made.globals["levels"] = MEANS
    made.filters["clockname"] = lambda kind: {"postmortem": "post-mortem"}.get(kind, kind)
    made.filters["markdown"] = markdown
    made.filters["beside"] = beside
    made.filters["is_link"] = lambda text: str(text).startswith(("https://", "http://"))
    made.filters["basename"] = lambda path: PurePosixPath(str(path)).name
    return made


def page(request: Request, template: str, status: int = 200, /, **values: Any) -> HTMLResponse:
    """A template as an answer, with what stands around it: who looks, the halt, who is on call, the time."""
    return HTMLResponse(text(request, template, **values), status)


def text(request: Request, template: str, /, **values: Any) -> str:
    """A template as text."""
    visitor = getattr(request.state, "visitor", None)
    session = visitor.session if visitor else None
    around = {
        "now": clock.now(),
        "here": _room(request.url.path),
        "back": request.url.path + (f"?{request.url.query}" if request.url.query else ""),
        "actor": visitor.actor if visitor else None,
        "csrf": session.csrf if session else "",
        "halt": visitor.halted if visitor else None,
        "oncall": on_call(request.app.state.context.settings) if visitor else [],
    }
    return environment().get_template(template).render({**around, **values})


def _room(path: str) -> str:
    """The page of the menu that a path belongs to: what was saved or restored belongs to its target."""
    first = "/" + path.strip("/").partition("/")[0]
    return "/targets" if first in ("/backups", "/restores", "/snapshots") else first


def on_call(settings: Settings) -> list[str]:
    """Who would be told now, in the order of the settings: only those whose address somebody has confirmed."""
    return [one.role or name for name, one in settings.contacts.items() if one.confirmed]


@cache
def static(name: str) -> str:
    """The address of a static file, with a mark of its content, so that browsers may keep it."""
    mark = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:10]
    return f"/static/{name}?v={mark}"


@cache
def _markdown() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")


def markdown(text: str) -> Markup:
    """Markdown as HTML; HTML in it stays text, pictures stay links."""
    return Markup(_markdown().render(text))  # noqa: S704 - rendered with html disabled
