"""Runs the program as a process of its own without starting Python for each: one that has loaded it all forks."""

from __future__ import annotations

import atexit
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NoReturn

LONGEST = 1 << 20  # bytes of a call: its words, its folder, its environment


class Nursery:
    """A loaded program, and the way to call it."""

    def __init__(self) -> None:
        self._ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST)
            self._process = subprocess.Popen(
                [sys.executable, "-W", "error", __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            )  # fmt: skip

    def run(
        self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], given: str, patience: float = 60
    ) -> tuple[int, str, str]:
        """Call the program to its end: its code, its output, its errors."""
        files = [os.memfd_create(name) for name in ("in", "out", "err")]
        try:
            os.pwrite(files[0], given.encode(), 0)
            with self._called(arguments, folder, environment, files) as (pid, answer):
                code = _ended(pid, answer, patience)
            out, err = (os.pread(file, os.fstat(file).st_size, 0).decode() for file in files[1:])
            return code, out, err
        finally:
            for file in files:
                os.close(file)

    @contextmanager
    def running(
        self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], log: int
    ) -> Iterator[int]:
        """Call the program and ask it to end with the block; its number. What it says goes to the open file."""
        with (
            Path(os.devnull).open() as nothing,
            self._called(arguments, folder, environment, [nothing.fileno(), log, log]) as (pid, answer),
        ):
            try:
                yield pid
            finally:
                os.kill(pid, signal.SIGTERM)
                _ended(pid, answer, 30)

    @contextmanager
    def _called(
        self, arguments: tuple[str, ...], folder: Path, environment: Mapping[str, str], files: list[int]
    ) -> Iterator[tuple[int, socket.socket]]:
        answer, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with answer:
            told = json.dumps([arguments, str(folder), dict(environment)]).encode()
            with theirs:
                socket.send_fds(self._ours, [told], [*files, theirs.fileno()])
            answer.settimeout(60)
            yield int(answer.recv(64)), answer

    def close(self) -> None:
        """End it."""
        self._ours.close()
        self._process.wait(20)


def _ended(pid: int, answer: socket.socket, patience: float) -> int:
    """The code of a call that ends by itself; one that does not is killed."""
    answer.settimeout(patience)
    try:
        return int(answer.recv(64))
    except TimeoutError:
        os.kill(pid, signal.SIGKILL)
        raise


def _serve(calls: socket.socket) -> tuple[bytes, list[int]] | None:
    """Fork for each call, and tell its caller how it ended, until the caller is gone; in a fork, the call."""
    waiting = selectors.DefaultSelector()
    waiting.register(calls, selectors.EVENT_READ)
    while True:
        for key, _ in waiting.select():
            if key.fileobj is calls:
                told, files, *_rest = socket.recv_fds(calls, LONGEST, 4)
                if not told:
                    return None
                pid = os.fork()
                answer = socket.socket(fileno=files.pop())
                if not pid:
                    _forget(waiting, answer)
                    return told, files
                for file in files:
                    os.close(file)
                answer.send(str(pid).encode())
                waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, answer))
            else:
                pid, answer = key.data
                waiting.unregister(key.fileobj)
                os.close(key.fd)
                with answer, suppress(OSError):  # who asked may have lost patience
                    answer.send(str(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])).encode())


def _forget(waiting: selectors.BaseSelector, *others: socket.socket) -> None:
    """Close in a fork what is the parent's."""
    for key in waiting.get_map().values():
        if isinstance(key.fileobj, socket.socket):
            key.fileobj.close()
        else:
            os.close(key.fd)
            key.data[1].close()
    waiting.close()
    for other in others:
        other.close()


def _be(told: bytes, files: list[int]) -> NoReturn:
    """Be the program, in the place and with the words of the call."""
    from fireline.cli.main import main

    arguments, folder, environment = json.loads(told)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["fireline", *arguments]
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 - as Python itself opens them
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", buffering=1, closefd=False)  # noqa: SIM115
    code = main()
    threading._shutdown()  # type: ignore[attr-defined]  # as Python does at its end: threads, then what was asked for
    atexit._run_exitfuncs()
    gc.collect()  # what was not closed says so
    sys.stdout.flush()
    os._exit(code)  # to take all that was loaded apart, page by page, would be most of the work of a call


def _load() -> None:
    """Load what any command may need."""
    import importlib
    import pkgutil

    import fireline

    for module in pkgutil.walk_packages(fireline.__path__, "fireline."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    _load()
    gc.freeze()
    call = _serve(socket.socket(fileno=int(sys.argv[1])))
    if call:
        _be(*call)
