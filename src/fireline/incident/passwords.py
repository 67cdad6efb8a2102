"""Passwords as argon2id hashes, and the one way to compare them, which takes the same time for people who do not exist."""

from __future__ import annotations

import secrets
import threading
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from fireline.errors import Usage

SHORTEST = 10  # characters
_DIFFERENT = 4  # letters that are not the same
_LONGEST = 1024  # bytes: hashing a novel is work an attacker should not get for nothing

# OWASP's smaller choice: 19 MiB, so that logins can not eat the memory that alerts need.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
_at_once = threading.BoundedSemaphore(2)


def hashed(password: str, name: str) -> str:
    """The hash to be stored; Usage when the password is too weak to be one."""
    if len(password) < SHORTEST:
        raise Usage(f"the password is shorter than {SHORTEST} characters", hint="A sentence makes a good one.")
    raw = _bytes(password)
    if len(raw) > _LONGEST:
        raise Usage(f"the password is longer than {_LONGEST} bytes", hint="A sentence is enough.")
    mostly_name = name in password.casefold() and len(password) < SHORTEST + len(name)
    if mostly_name or len(set(password)) < _DIFFERENT:
        raise Usage("the password is too easy to guess", hint="Take one without your name, of more than a few letters.")
    with _at_once:
        return _hasher.hash(raw)


def fits(password: str, stored: str | None) -> bool:
    """Whether the password is the one; without a stored hash the same work is done, and the answer is no."""
    nobody = _nobody()  # before anything is known, or the first call would tell by its time
    compared = stored or nobody
    raw = _bytes(password)
    with _at_once:
        try:
            same = len(raw) <= _LONGEST and _hasher.verify(compared, raw)
        except (VerificationError, InvalidHashError):
            return False
    return same and stored is not None


def outdated(stored: str) -> bool:
    """Whether the hash was made with other parameters than those of today."""
    return _hasher.check_needs_rehash(stored)


def rehashed(password: str) -> str:
    """The hash of a password that was just found right, with the parameters of today."""
    with _at_once:
        return _hasher.hash(_bytes(password))


@cache
def _nobody() -> str:
    """The hash that is compared when there is none: of a password nobody knows."""
    return _hasher.hash(secrets.token_bytes(32))


def _bytes(password: str) -> bytes:
    return password.encode("utf-8", "surrogatepass")
