import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from fireline.cli.main import command
from tests.cli.conftest import COMMAND, Fireline


def tree(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """The path of every command there is."""
    for name in group.list_commands(None):
        found = group.get_command(None, name)
        yield (*path, name)
        if hasattr(found, "list_commands"):
            yield from tree(found, (*path, name))


def test_without_a_command_it_lists_the_commands_and_says_that_this_is_wrong_use(bare: Fireline) -> None:
    done = bare()
    assert done.code == 2
    assert "respond" in done.out
    assert done.err == ""


def test_a_command_that_does_not_exist_is_an_error_of_two_lines(bare: Fireline) -> None:
    done = bare("incidnet")
    assert (done.code, done.out) == (2, "")
    assert done.err == (
        "error: no such command 'incidnet'. Did you mean 'incident', 'init'?\nhint: Try `fireline --help`.\n"
    )


@pytest.mark.parametrize(
    "arguments", [["--json", "nonsense"], ["nonsense", "--json"], ["--json"], ["ack", "--nope", "--json"]]
)
def test_an_error_is_one_json_document_on_stdout_when_json_is_asked_for_anywhere(
    bare: Fireline, arguments: list[str]
) -> None:
    done = bare(*arguments)
    assert done.code == 2
    assert set(done.data) == {"error", "hint"}
    assert done.err == ""


def test_the_version_is_told_before_and_after_a_command(bare: Fireline) -> None:
    assert bare("--version").out == "fireline 0.1.0\n"
    assert bare("incident", "list", "--version", "--json").data == {"version": "0.1.0"}


def test_what_comes_behind_two_dashes_is_never_an_option_of_ours(bare: Fireline) -> None:
    done = bare("nonsense", "--", "--json", "--version")
    assert done.err.startswith("error: no such command 'nonsense'")


def test_config_without_a_file_and_config_with_a_file_that_is_not_there_are_told_in_one_line(bare: Fireline) -> None:
    assert bare("incident", "list", "--config").err.startswith("error: --config needs a file\n")
    done = bare("incident", "list", "--config=nowhere.toml")
    assert done.code == 2
    assert (
        done.err == "error: no settings file at nowhere.toml\nhint: Check the path, or make one with `fireline init`.\n"
    )


def test_a_traceback_is_shown_with_debug_and_never_without(bare: Fireline) -> None:
    assert "Traceback" not in bare("incident", "list", "--config=nowhere.toml").err
    debugged = bare("incident", "list", "--config=nowhere.toml", "--debug")
    assert "Traceback" in debugged.err
    assert debugged.err.rstrip().splitlines()[-2] == "error: no settings file at nowhere.toml"


def test_without_a_store_it_says_which_command_starts_one(bare: Fireline) -> None:
    done = bare("incident", "list")
    assert done.code == 2
    assert "no store is running" in done.err
    assert "`fireline up`" in done.err


def test_a_reader_that_has_seen_enough_ends_it_quietly(bare: Fireline) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [*COMMAND, "--help"], stdout=writing, stderr=subprocess.PIPE, text=True, cwd=bare.folder, check=False
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")


def test_interrupted_it_ends_quietly_with_130(bare: Fireline) -> None:
    silent = "import socket; s = socket.create_server(('127.0.0.1', 0)); print(s.getsockname()[1], flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", silent], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as peer:
        assert peer.stdout is not None
        port = peer.stdout.readline().strip()
        environment = {**bare.clean, "FIRELINE_URL": f"http://127.0.0.1:{port}", "FIRELINE_TOKEN": "fl_nothing"}
        asking = subprocess.Popen(
            [*COMMAND, "incident", "list"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment,
            cwd=bare.folder,
        )
        time.sleep(1.5)  # until it waits for an answer that never comes
        asking.send_signal(signal.SIGINT)
        out, err = asking.communicate(timeout=10)
        peer.kill()
    assert (asking.returncode, out, err) == (130, "", "")


@pytest.mark.parametrize("path", list(tree(command())), ids=" ".join)
def test_every_command_explains_itself(path: tuple[str, ...]) -> None:
    found: Any = command()
    for name in path:
        found = found.get_command(None, name)
    assert found is not None
    assert found.get_short_help_str(200)
    with found.make_context(path[-1], [], resilient_parsing=True) as context:
        assert "Usage:" in found.get_help(context)
    for parameter in found.params:
        assert getattr(parameter, "help", None), f"{path}: {parameter.name} has no help"


HEAVY = {
    "fastapi",
    "starlette",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "procrastinate",
    "markdown_it",
    "postgast",
    "httpx",
}
NIGHT = ["ack INC-1", "note INC-1 seen", "incident take INC-1", "incident timeline INC-1", "halt --show"]


def test_the_list_of_commands_needs_hardly_anything(bare: Fireline) -> None:
    _, loaded = bare.each("--help", "--version")
    assert loaded & (HEAVY | {"rich", "pydantic", "psycopg"}) == set()


def test_what_is_typed_at_night_loads_only_what_it_needs(fireline: Fireline) -> None:
    fireline("declare", "odd")
    done, loaded = fireline.each(*NIGHT)
    assert [one.code for one in done] == [0] * len(done)
    assert loaded & HEAVY == set()
    _, loaded = fireline.each("incident show")
    assert loaded & HEAVY == set()
