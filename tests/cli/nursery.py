"""Runs the program as a process of its own without starting Python for each: one that has loaded it all forks."""

from __future__ import annotations

import json
import os
import selectors
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
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
        answer, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            os.pwrite(files[0], given.encode(), 0)
            told = json.dumps([arguments, str(folder), dict(environment)]).encode()
            with theirs:
                socket.send_fds(self._ours, [told], [*files, theirs.fileno()])
            answer.settimeout(patience)
            pid = int(answer.recv(64))
            try:
                code = int(answer.recv(64))
            except TimeoutError:
                os.kill(pid, 9)
                raise
            out, err = (os.pread(file, os.fstat(file).st_size, 0).decode() for file in files[1:])
            return code, out, err
        finally:
            answer.close()
            for file in files:
                os.close(file)

    def close(self) -> None:
        """End it."""
        self._ours.close()
        self._process.wait(20)


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
    raise SystemExit(main())


def _load() -> None:
    """Load what any command may need."""
    import importlib
    import pkgutil

    import fireline

    for module in pkgutil.walk_packages(fireline.__path__, "fireline."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)


if __name__ == "__main__":
    import gc

    _load()
    gc.freeze()
    call = _serve(socket.socket(fileno=int(sys.argv[1])))
    if call:
        _be(*call)
