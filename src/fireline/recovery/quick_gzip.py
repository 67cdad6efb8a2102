"""gzip as quick as this machine can: ISA-L's where it is there, else zlib's, which takes three times as long. The bytes are gzip's in either case."""

from __future__ import annotations

import zlib
from contextlib import suppress
from typing import Any

_engine: Any = zlib
with suppress(ImportError):  # no wheel for this processor
    from isal import isal_zlib

    _engine = isal_zlib

QUICK = _engine is not zlib
FAULTS: tuple[type[Exception], ...] = (zlib.error, _engine.error)  # what damaged data raises
_GZIP = 31  # wbits: the widest window, with gzip's head and end
_LEVEL = 1


def packer() -> Any:
    """Something with compress and flush; both let other threads run."""
    return _engine.compressobj(_LEVEL, wbits=_GZIP)


def unpacker() -> Any:
    """Something with decompress, eof and unused_data, for one member."""
    return _engine.decompressobj(wbits=_GZIP)
