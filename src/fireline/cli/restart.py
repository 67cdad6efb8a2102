"""`fireline restart`: the short form of `fireline resolve restart`."""

from __future__ import annotations

from fireline.cli.remedies import command_of

restart = command_of("resolve", "restart")
