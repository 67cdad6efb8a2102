"""age encryption of what lies in a backup's folder: as a stream, in constant memory, and never whole-looking when it was broken off."""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import IO, Any, Protocol

import pyrage

from fireline.errors import Refused
from fireline.redact import Secret

MAGIC = (b"age-encryption.org/v1\n", b"-----BEGIN AGE ENCRYPTED FILE-----")
_PIPE = 1 << 20


class Reader(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """At most so many; none at the end."""
        ...


class Writer(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> object:
        """Take them all."""
        ...

    def flush(self) -> object:
        """Hand on what is held back."""
        ...


def seal(reader: Reader, writer: Writer, recipients: Iterable[str]) -> None:
    """Encrypt everything to these recipients (age1…). Raises Refused for one that is none; what the reader raises."""
    _through(pyrage.encrypt_io, reader, writer, _recipients(recipients))


def unseal(reader: Reader, writer: Writer, identity: Secret) -> None:
    """Decrypt everything; what was written before an error is right, but not all. Raises Refused; what the reader raises."""
    _through(pyrage.decrypt_io, reader, writer, _identities(identity))


@contextmanager
def sealed(writer: Writer, recipients: Iterable[str]) -> Iterator[Callable[[bytes], None]]:
    """A function that encrypts what it is given into `writer`. When the block fails the stream has no end: nobody can take it for whole."""
    keys = _recipients(recipients)
    source, sink = _pipe()
    piped = _Piped(source)
    work = _Work(pyrage.encrypt_io, piped, writer, keys, source.close)
    try:
        yield lambda data: _give(work, sink, data)
    except BaseException:
        piped.broken = True
        raise
    finally:
        with suppress(OSError):  # age has ended already: `check` tells why
            sink.close()
        work.join()
    work.check()


@contextmanager
def unsealed(reader: Reader, identity: Secret) -> Iterator[Reader]:
    """What is encrypted there, to be read piece by piece; a broken end raises Refused when it is reached."""
    keys = _identities(identity)
    source, sink = _pipe()
    work = _Work(pyrage.decrypt_io, reader, sink, keys, sink.close)
    try:
        yield _Checked(source, work)
    finally:
        source.close()  # whoever stops early ends the work
        work.join()


def check_recipients(texts: Iterable[str]) -> None:
    """Raise Refused for a text that is no recipient."""
    _recipients(texts)


def _recipients(texts: Iterable[str]) -> list[Any]:
    found = []
    for text in texts:
        try:
            found.append(pyrage.x25519.Recipient.from_str(text.strip()))
        except pyrage.RecipientError:
            raise Refused(
                f"{text!r} is no age recipient", hint="One looks like age1…; `age-keygen` makes one with its key."
            ) from None
    if not found:
        raise Refused("there is nobody to encrypt to", hint="Name a recipient (age1…) with recovery.encrypt.")
    return found


def _identities(secret: Secret) -> list[Any]:
    """One key, or all of a key file with its comments."""
    lines = [line.strip() for line in secret.reveal().splitlines()]
    try:
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:  # not in its words: it is a secret
        found = []
    if not found:
        raise Refused("recovery.identity is no age identity", hint="One looks like AGE-SECRET-KEY-1….")
    return found


def _through(turn: Callable[..., None], reader: Reader, writer: Writer, keys: list[Any]) -> None:
    """Run one of age's two functions, with our own errors and the reader's and writer's own."""
    ends = _Ends(reader, writer)
    try:
        turn(ends, ends, keys)
    except (pyrage.DecryptError, pyrage.EncryptError, OSError) as failed:
        if ends.error is not None:
            raise ends.error from None
        if "No matching keys" in str(failed):
            raise Refused(
                "it is encrypted to somebody else", hint="Set recovery.identity to the key of one of its recipients."
            ) from None
        raise Refused(f"it is cut or was altered: age says {failed}") from None


class _Ends:
    """A reader and a writer that remember their own error: age would turn it into one of its words."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader, self._writer = reader, writer
        self.error: BaseException | None = None

    def read(self, size: int = -1, /) -> bytes:
        data: bytes = self._kept(self._reader.read, size)
        return data

    def write(self, data: bytes, /) -> int:
        self._kept(self._writer.write, bytes(data))
        return len(data)

    def flush(self) -> None:
        self._kept(self._writer.flush)

    def _kept(self, act: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return act(*arguments)
        except BaseException as error:
            self.error = error
            raise


class _Work(threading.Thread):
    """age at work in a thread of its own: it pushes and pulls by itself, and others want to do so, too."""

    def __init__(
        self, turn: Callable[..., None], reader: Reader, writer: Writer, keys: list[Any], after: Callable[[], None]
    ) -> None:
        super().__init__(name="age", daemon=True)
        self._work, self._after = (turn, reader, writer, keys), after
        self._error: BaseException | None = None
        self.start()

    def run(self) -> None:
        """Do it, and keep what went wrong for those who wait."""
        try:
            _through(*self._work)
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asks
            self._error = error
        finally:
            with suppress(OSError):
                self._after()

    def check(self) -> None:
        """Raise what went wrong."""
        self.join()
        if self._error is not None:
            raise self._error


class _Piped:
    """The reading end of what others push; an end that came too early is an error, not an end."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.broken = source, False

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        if not data and self.broken:
            raise Refused("it was broken off")
        return data


class _Checked:
    """The reading end of what age pushes; at its end age is asked whether it was the right one."""

    def __init__(self, source: IO[bytes], work: _Work) -> None:
        self._source, self._work = source, work

    def read(self, size: int, /) -> bytes:
        data = self._source.read(size)
        if not data:
            self._work.check()
        return data


def _give(work: _Work, sink: IO[bytes], data: bytes) -> None:
    try:
        sink.write(data)
    except BrokenPipeError:
        work.check()
        raise


def _pipe() -> tuple[IO[bytes], IO[bytes]]:
    """Both ends of a roomy pipe."""
    source, sink = os.pipe()
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        with suppress(OSError):  # a user may have too many large ones
            fcntl.fcntl(sink, fcntl.F_SETPIPE_SZ, _PIPE)
    return os.fdopen(source, "rb", buffering=0), os.fdopen(sink, "wb", buffering=1 << 16)
