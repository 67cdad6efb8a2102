"""The key that manifests are signed with, and whose signatures are believed: Ed25519, named by its fingerprint."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from fireline.errors import Refused


@dataclass(frozen=True)
class Signature:
    """A signature with the public key that checks it; all it needs to be checked without us."""

    public: bytes  # 32 bytes, raw
    value: bytes  # 64 bytes

    @property
    def fingerprint(self) -> str:
        """The public key's name, as the settings have it."""
        return fingerprint(self.public)

    def json(self) -> dict[str, str]:
        """As the signature's file has it."""
        public, value = (base64.b64encode(one).decode() for one in (self.public, self.value))
        return {"algorithm": "ed25519", "key": public, "fingerprint": self.fingerprint, "signature": value}

    @classmethod
    def of(cls, data: object) -> Signature:
        """Of a signature file's JSON; ValueError for anything else."""
        if not isinstance(data, dict) or data.get("algorithm") != "ed25519":
            raise ValueError("not an ed25519 signature")
        return cls(*(base64.b64decode(str(data.get(name)), validate=True) for name in ("key", "signature")))

    def check(self, data: bytes, trusted: Collection[str]) -> None:
        """Raise Refused unless a trusted key signed exactly this."""
        if self.fingerprint not in trusted:
            raise Refused(
                f"the manifest is signed by a key that is not trusted here: {self.fingerprint}",
                hint="If that key is yours, add its fingerprint to recovery.trusted.",
            )
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(self.value, data)
        except (InvalidSignature, ValueError):
            raise Refused(
                "the manifest does not match its signature: it was altered", hint="Take another backup."
            ) from None


class Signer:
    """The private key of this installation."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        self._key = key
        raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
        self.public: bytes = key.public_key().public_bytes(*raw)

    @property
    def fingerprint(self) -> str:
        """The public key's name."""
        return fingerprint(self.public)

    def sign(self, data: bytes) -> Signature:
        """Sign it."""
        return Signature(self.public, self._key.sign(data))


def fingerprint(public: bytes) -> str:
    """SHA-256 of the raw public key, as ssh-keygen writes fingerprints."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(public).digest()).decode().rstrip("=")


def signer(file: Path) -> Signer:
    """The key in this file, made at the first use, readable for its owner alone. Raises Refused when it can not be used."""
    try:
        found = _load(file) or _make(file)
    except OSError as denied:
        raise Refused(f"the signing key {file} can not be used: {denied.strerror}", hint="See recovery.key.") from None
    return Signer(found)


def trusted(file: Path, further: Collection[str]) -> set[str]:
    """The fingerprints that are believed: those of the settings, and our own key's where there is one."""
    try:
        own = _load(file)
    except (OSError, Refused):  # another account's, or a spoilt one: what others signed can still be read
        own = None
    return {*further, *([Signer(own).fingerprint] if own else [])}


def _load(file: Path) -> Ed25519PrivateKey | None:
    try:
        found = serialization.load_pem_private_key(file.read_bytes(), password=None)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError):
        found = None
    if not isinstance(found, Ed25519PrivateKey):
        raise Refused(f"{file} is no Ed25519 key", hint="Put the right file there, or set recovery.key.")
    return found


def _make(file: Path) -> Ed25519PrivateKey:
    """A new key; of two processes that make one at once, the first wins."""
    key = Ed25519PrivateKey.generate()
    kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = file.with_name(f".{file.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        out.write(key.private_bytes(*kind))
        out.flush()
        os.fsync(out.fileno())
    try:
        os.link(fresh, file)
    except FileExistsError:
        key = _load(file) or key
    finally:
        fresh.unlink()
    return key
