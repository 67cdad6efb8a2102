"""The log of server and worker: one line an event on stderr, secrets taken out, JSON where no person reads along."""

from __future__ import annotations

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

from fireline import redact


def configure(*, debug: bool = False) -> None:
    """Send our own events and those of libraries to stderr, redacted."""
    reads_along = sys.stderr.isatty()
    render: Any = (
        structlog.dev.ConsoleRenderer() if reads_along else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redacted,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG if debug else logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(handlers=[handler], level=logging.INFO if debug else logging.WARNING, force=True)


def _redacted(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Every text of an event without secrets, the traceback's too."""
    clean: dict[str, Any] = redact.tree(dict(event))
    return clean


class _Redacting(logging.Formatter):
    """Takes secrets out of what libraries log."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, redacted."""
        return redact.text(super().format(record))
