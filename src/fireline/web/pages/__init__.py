"""The pages: each asks operations and shows what they say; every change is a form that carries out one operation."""

from fastapi import APIRouter

from fireline.web.pages import (
    ack,
    act,
    alerts,
    changes,
    incidents,
    people,
    postmortem,
    probes,
    recovery,
    restores,
    runbooks,
    runs,
    silences,
    snapshots,
    sources,
    targets,
)


def router() -> APIRouter:
    """All pages."""
    made = APIRouter(include_in_schema=False)
    for room in (
        act,
        incidents,
        runs,
        alerts,
        silences,
        sources,
        changes,
        probes,
        targets,
        recovery,
        restores,
        snapshots,
        runbooks,
        people,
        postmortem,
        ack,
    ):
        made.include_router(room.router)
    return made
