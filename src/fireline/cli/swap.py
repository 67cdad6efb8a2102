"""`fireline swap`: the short form of `fireline resolve swap`."""

from __future__ import annotations

from fireline.cli.remedies import command_of

swap = command_of("resolve", "swap")
