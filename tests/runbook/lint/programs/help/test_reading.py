"""Help texts as programs really print them, shortened."""

from __future__ import annotations

from fireline.runbook.lint.programs.help.reading import Help, read

OCLIF = """start a build

USAGE
  $ eas build [-p android|ios|all] [--json] [--non-interactive]

FLAGS
  -p, --platform=<option>    <options: android|ios|all>
      --json                 Enable JSON output
      --[no-]wait            Wait for build(s) to complete

TOPICS
  build:version  get the latest version

COMMANDS
  build:cancel     cancel a build
  build:download   download a build by build ID or
                   fingerprint hash
"""
COBRA = """Usage:  docker container COMMAND

Manage containers

Commands:
  ls          List containers
  exec        Execute a command in a running container
  compose*    Docker Compose

Run 'docker container COMMAND --help' for more information on a command.
"""
ARGPARSE = """usage: alembic [-h] [-c CONFIG] {branches,upgrade} ...

positional arguments:
  {branches,upgrade}
    branches            Show current branch points.
    upgrade             Upgrade to a later version.

options:
  -h, --help            show this help message and exit
  -c CONFIG, --config CONFIG
                        Alternate config file
"""
GNU = """Usage:
  psql [OPTION]... [DBNAME [USERNAME]]

General options:
  -c, --command=COMMAND    run only single command
  -v, --set=, --variable=NAME=VALUE
                           set psql variable
  -1 ("one"), --single-transaction
                           execute as a single transaction
  -?, --help[=options]     show this help, then exit
"""


def test_topics_and_commands_are_subcommands_without_what_stands_before_them() -> None:
    told = read(OCLIF, ("eas", "build"))
    assert told.subcommands == ("version", "cancel", "download")
    assert not told.arguments


def test_an_option_with_a_value_is_told_from_one_without() -> None:
    told = read(OCLIF, ("eas", "build"))
    assert set(told.options or ()) == {"-p", "--platform", "--json", "--wait", "--no-wait"}
    assert told.with_value == {"-p", "--platform"}


def test_a_star_behind_a_plugin_is_no_part_of_its_name() -> None:
    assert read(COBRA, ("docker", "container")).subcommands == ("ls", "exec", "compose")


def test_the_usage_tells_whether_there_are_arguments_beside_the_subcommands() -> None:
    assert not read(COBRA, ("docker", "container")).arguments
    assert read("Usage: vercel [options] <command | path>\n\nCommands:\n  deploy   Deploys\n", ("vercel",)).arguments


def test_choices_in_braces_are_subcommands_and_arguments_with_a_name_are_none() -> None:
    assert read(ARGPARSE, ("alembic",)).subcommands == ("branches", "upgrade")
    assert read("usage: alembic upgrade revision\n\npositional arguments:\n  revision   which\n").subcommands == ()


def test_a_value_is_seen_however_it_is_written() -> None:
    assert read(ARGPARSE).with_value == {"-c", "--config"}
    told = read(GNU)
    assert {"-v", "--set", "--variable", "-1", "--single-transaction"} <= (told.options or set())
    assert told.with_value == {"-c", "--command", "-v", "--set", "--variable"}


def test_kubectl_writes_a_value_as_its_default() -> None:
    told = read(
        "Options:\n    -A, --all-namespaces=false:\n\tall\n\n    -f, --filename=[]:\n\tfiles\n    -l, --selector='':\n\tq\n"
    )
    assert set(told.options or ()) == {"-A", "--all-namespaces", "-f", "--filename", "-l", "--selector"}
    assert told.with_value == {"-f", "--filename", "-l", "--selector"}


def test_the_type_behind_a_description_counts() -> None:
    told = read(
        "GLOBAL FLAGS\n  -c, --config   Path to the configuration file  [string]\n  -h, --help     Show help  [boolean]\n"
    )
    assert told.with_value == {"-c", "--config"}


def test_names_set_to_the_right_are_read() -> None:
    told = read(
        "Usage\n\n  $ prisma [command]\n\nCommands\n\n        init   Set up\n    generate   Generate\n          db   Manage\n"
    )
    assert told.subcommands == ("init", "generate", "db")


def test_aliases_are_read_from_their_own_lines_and_from_a_listing() -> None:
    assert read("Aliases:\n  docker image ls, docker images\n").aliases == ("ls", "images")
    told = read("Commands:\n  debug-files   Locate files. [aliases: dif]\n", ("sentry-cli",))
    assert told.subcommands == ("debug-files", "dif")


def test_another_program_takes_what_follows_the_first_argument() -> None:
    assert read("Usage:  docker run [OPTIONS] IMAGE [COMMAND] [ARG...]\n", ("docker", "run")).passes
    assert not read("Usage:\n  kubectl exec POD [flags] -- COMMAND [args...]\n", ("kubectl", "exec")).passes
    assert not read(GNU, ("psql",)).passes


def test_a_help_that_names_another_for_the_rest_is_partial() -> None:
    assert read('Use "kubectl options" for a list of global command-line options (applies to all commands).\n').partial
    assert not read(GNU).partial


def test_a_sentence_that_ends_in_a_colon_is_no_heading() -> None:
    text = "The primary workflow commands are given first, followed by\nless common or more specialized commands:\n\n  the rest\n"
    assert read(text).subcommands == ()


def test_what_is_no_help_text_says_nothing() -> None:
    assert read("error: unknown flag\n") == Help(arguments=True)
    assert read("").options is None
