"""Prove a backup: restore it into a server of our own and compare every row and object with what was backed up."""

from __future__ import annotations

import time
from typing import Any

from fireline import clock
from fireline.errors import Refused
from fireline.postgres import client_tools
from fireline.postgres.watch import Watch
from fireline.recovery import dump, loading, restoring, scratch, sources
from fireline.recovery.loading import Way
from fireline.recovery.restoring import Place
from fireline.recovery.sources import Source
from fireline.settings import Settings

_DATABASE = "proved"


class Spoilt(Refused):
    """the backup is not what was written"""


def prove(source: Source, settings: Settings, watch: Watch) -> dict[str, Any]:
    """The report of a restore into a scratch server: verdict, differences, seconds of each part. Raises Refused."""
    if source.made is None:
        raise Refused(f"{source.label} has no manifest, so there is nothing to compare a restore with")
    began = time.monotonic()
    expected = source.made.counted()
    major = int(source.made.server["major"])
    own = scratch.binaries_for(major, settings.store.binaries).major
    with (
        scratch.server(settings, major, roles=expected.roles) as target,
        sources.unwrapped(source, settings, watch) as opened,
    ):
        tools = client_tools.find(max(own, source.archive.tool_major or 0), configured=settings.recovery.binaries)
        try:
            sources.check(source, tools, settings, watch, deep=False)  # it is read to its end by being restored
        except Refused as bad:
            raise Spoilt(bad.message, hint=bad.hint) from None
        jobs = dump.jobs_of(settings.recovery, None)
        place = Place(target, _DATABASE, "scratch")
        restoring.create(place, expected.database)
        spent = loading.load(
            opened, place, Way(tools, own, jobs, tablespaces=False, memory=loading.memory_of(jobs, here=True)), watch
        )
        report = restoring.judge(source, place, watch, jobs=jobs)
    return {**report, **spent, "at": clock.now().isoformat(), "whole_seconds": round(time.monotonic() - began, 2)}
