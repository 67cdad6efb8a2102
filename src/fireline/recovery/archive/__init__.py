"""A dump that somebody wants restored: what it is, whether it is whole and keeps to its database, and its bytes."""

from fireline.recovery.archive.kinds import Archive, look
from fireline.recovery.archive.reading import Scanned, opened, stream
from fireline.recovery.archive.verdicts import Contents
from fireline.recovery.archive.whole import check

__all__ = ["Archive", "Contents", "Scanned", "check", "look", "opened", "stream"]
