"""`fireline optimize`: the short form of `fireline resolve optimize`."""

from __future__ import annotations

from fireline.cli.remedies import command_of

optimize = command_of("resolve", "optimize")
