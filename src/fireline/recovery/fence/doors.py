"""Which door new sessions are stopped at, by what our role may do: the limit, the right to connect, or the login."""

from __future__ import annotations

from typing import Literal

from fireline.recovery.fence.ground import Ground

Door = Literal["limit", "connect", "login"]


def door(ground: Ground) -> Door:
    """limit: for a superuser, or an owner who has another database to act from; connect: for an owner who has none;
    login: for anybody else, role by role.
    """
    if ground.superuser or (ground.owns and ground.outside):
        return "limit"
    return "connect" if ground.owns else "login"
