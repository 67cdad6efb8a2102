"""Read a dump to its end before anything is restored from it, and refuse it in one line when anything is wrong."""

from __future__ import annotations

from collections.abc import Callable

from fireline.errors import Refused
from fireline.postgres import client_tools
from fireline.postgres.client_tools import ClientTools, ToolFailed
from fireline.postgres.watch import Watch
from fireline.recovery.archive.files import check_files, check_listed, check_tar
from fireline.recovery.archive.kinds import Archive, named
from fireline.recovery.archive.reading import PIECE, opened, stream
from fireline.recovery.archive.script import Script
from fireline.recovery.archive.verdicts import Contents


def check(
    archive: Archive,
    tools: ClientTools,
    watch: Watch,
    *,
    server_major: int | None = None,
    foreign: bool = False,
    signed: bool = False,
) -> Contents:
    """Read it to its end; what is in it. server_major: of the server it is to be restored into. foreign: let a script made by hand in.

    signed: pg_dump wrote it for us and its checksums hold, so that rows in files of their own are not searched for commands.
    Raises Refused for one that is cut, damaged, too new, or would do something beyond its database; StatementFailed when cancelled.
    """
    with named(archive.path):
        _fits(archive, tools, server_major)
        if archive.kind == "sql":
            with stream(archive, foreign=foreign, watch=watch) as reader:
                while reader.read(PIECE):
                    watch.cancel.check()
                return reader.contents
        if archive.kind == "directory":
            check_files(archive.path, watch)
            if signed:
                check_listed(archive.path, _said(archive, tools, watch, "--list"))
                return _read(archive, tools, watch, "--section=pre-data", "--section=post-data")
        elif archive.kind == "tar" and not archive.wrapped:
            check_tar(archive.path)
        return _read(archive, tools, watch)


def _fits(archive: Archive, tools: ClientTools, server_major: int | None) -> None:
    """Whether these tools and that server understand it."""
    if server_major is not None and archive.server_major is not None and archive.server_major > server_major:
        raise Refused(
            f"it was taken from PostgreSQL {archive.server_major}, which is newer than the server's {server_major}",
            hint=f"Restore it on a server of PostgreSQL {archive.server_major} or newer.",
        )
    if archive.kind == "sql":
        return
    if archive.tool_major is not None and archive.tool_major > tools.major:
        raise Refused(
            f"pg_dump {archive.tool_major} made it, which pg_restore {tools.major} does not understand",
            hint=f"Install newer ones (`apt install postgresql-client-{archive.tool_major}`).",
        )
    if not archive.wrapped and archive.compression not in tools.compressions:
        raise Refused(
            f"it is compressed with {archive.compression}, which the pg_restore in {tools.folder} was built without",
            hint="Name a folder with others by recovery.binaries.",
        )


def _read(archive: Archive, tools: ClientTools, watch: Watch, *which: str) -> Contents:
    """Let pg_restore turn all of it, or some sections of a folder, into a script, and read that."""
    script = Script()

    def read(output: bytes) -> None:
        script.feed(output)

    _tell(archive, tools, watch, "--file=-", *which, on_output=read)
    return script.finish()


def _said(archive: Archive, tools: ClientTools, watch: Watch, *options: str) -> bytes:
    pieces: list[bytes] = []
    _tell(archive, tools, watch, *options, on_output=pieces.append)
    return b"".join(pieces)


def _tell(
    archive: Archive, tools: ClientTools, watch: Watch, *options: str, on_output: Callable[[bytes], None]
) -> None:
    """What pg_restore makes of it. Raises Refused when it can not."""
    argv = [tools.program("pg_restore"), *options]
    try:
        if archive.wrapped:
            with opened(archive, watch) as reader:
                client_tools.run(argv, {}, watch=watch, stdin=reader, on_output=on_output, to_end=False)
                while reader.read(PIECE):  # what pg_restore does not care for may be what is cut
                    watch.cancel.check()
        else:
            client_tools.run([*argv, str(archive.path)], {}, watch=watch, on_output=on_output)
    except ToolFailed as failed:
        words = failed.message.removeprefix("pg_restore failed: ")
        raise Refused(f"it is cut or damaged: {words}", hint="Take another backup of it.") from None
