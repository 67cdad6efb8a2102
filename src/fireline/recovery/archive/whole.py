"""Read a dump to its end before anything is restored from it, and refuse it in one line when anything is wrong."""

from __future__ import annotations

from fireline.errors import Refused
from fireline.postgres import client_tools
from fireline.postgres.client_tools import ClientTools, ToolFailed
from fireline.postgres.watch import Watch
from fireline.recovery.archive.files import check_files, check_tar
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
) -> Contents:
    """Read it to its end; what is in it. server_major: of the server it is to be restored into. foreign: let a script made by hand in.

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
        elif archive.kind == "tar" and not archive.wrapped:
            check_tar(archive.path)
        return _listed(archive, tools, watch)


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


def _listed(archive: Archive, tools: ClientTools, watch: Watch) -> Contents:
    """Let pg_restore turn all of it into a script, and read that."""
    script = Script()
    argv = [tools.program("pg_restore"), "--file=-"]

    def read(output: bytes) -> None:
        script.feed(output)

    try:
        if archive.wrapped:
            with opened(archive, watch) as reader:
                client_tools.run(argv, {}, watch=watch, stdin=reader, on_output=read, to_end=False)
                while reader.read(PIECE):  # what pg_restore does not care for may be what is cut
                    watch.cancel.check()
        else:
            client_tools.run([*argv, str(archive.path)], {}, watch=watch, on_output=read)
    except ToolFailed as failed:
        words = failed.message.removeprefix("pg_restore failed: ")
        raise Refused(f"it is cut or damaged: {words}", hint="Take another backup of it.") from None
    return script.finish()
