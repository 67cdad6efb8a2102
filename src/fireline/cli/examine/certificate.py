"""When a certificate ends, read from its PEM file: Python's own `ssl` tells this only of a connection."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime
from pathlib import Path

_LONG = 0x80
_VERSION = 0xA0
_UTC_TIME = 0x17


def not_after(path: Path) -> datetime:
    """The end of validity of the first certificate in the file; ValueError when there is none."""
    text = path.read_text(encoding="ascii", errors="replace")
    begin, end = text.find("-----BEGIN CERTIFICATE-----"), text.find("-----END CERTIFICATE-----")
    if begin < 0 or end < begin:
        raise ValueError("no certificate in the file")
    body = ssl.PEM_cert_to_DER_cert(text[begin : end + len("-----END CERTIFICATE-----")])
    fields = _children_of(_children(body)[0][1])  # of the Certificate, its first part, the TBSCertificate
    fields = fields[1:] if fields[0][0] == _VERSION else fields
    tag, value = _children_of(fields[3][1])[1]  # serial, algorithm, issuer, then validity: not before, not after
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(value.decode("ascii"), form).replace(tzinfo=UTC)


def _children(der: bytes) -> list[tuple[int, bytes]]:
    """The parts inside the first element."""
    return _children_of(_element(der, 0)[1])


def _children_of(content: bytes) -> list[tuple[int, bytes]]:
    found, place = [], 0
    while place < len(content):
        tag, value, place = _element(content, place)
        found.append((tag, value))
    return found


def _element(der: bytes, place: int) -> tuple[int, bytes, int]:
    """Tag, content and the place behind it, of the DER element at a place."""
    tag, length, place = der[place], der[place + 1], place + 2
    if length & _LONG:
        size = length & ~_LONG
        length, place = int.from_bytes(der[place : place + size]), place + size
    return tag, der[place : place + length], place + length
