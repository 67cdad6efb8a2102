from __future__ import annotations

from fireline.runbook.lint.programs import tools
from fireline.runbook.lint.rule import Fault, Unknown
from fireline.runbook.lint.world import World
from fireline.runbook.rules.unknown_subcommand import rule
from tests.runbook.rules.saying import REFERENCE, look, of_file
from tests.runbook.rules.shelling import mends, of, page

WORLD = World(tools=tools.shipped())


def test_in_the_reference_runbook_it_is_the_rollback_of_a_build_and_the_logs_of_a_newer_supabase() -> None:
    found = of_file(rule, REFERENCE, WORLD)
    assert [(one.line, one.severity or rule.severity) for one in found if isinstance(one, Fault)] == [
        (96, "warning"),
        (275, "error"),
    ]
    assert not [one for one in found if isinstance(one, Unknown)]


def test_it_says_of_which_version_what_is_there_and_where_the_name_stands() -> None:
    (fault,) = of(rule, "eas build:rollback BUILD_ID", world=WORLD)
    assert fault.message.startswith("`eas build:rollback` is no command of eas-cli ")
    assert "cancel" in fault.evidence
    assert "`eas update:rollback`" in fault.suggestion
    assert fault.column == len("   eas ") + 1


def test_a_command_of_the_newest_version_only_is_a_warning() -> None:
    (fault,) = of(rule, "supabase logs", world=WORLD)
    assert fault.severity == "warning"
    assert "supabase 2." in fault.message


def test_a_slip_of_the_pen_is_mended_and_nothing_else() -> None:
    def mended(command: str) -> str:
        text = page(command)
        (fault,) = [one for one in look(rule, text, WORLD) if isinstance(one, Fault)]
        return fault.edits[0].text.strip() if fault.edits else command

    assert mended("systemctl restrat app") == "systemctl restart app"
    assert mends(rule, "true") == "true"


def test_a_command_that_never_was_becomes_what_there_is_where_nothing_is_guessed() -> None:
    def mended(command: str) -> str:
        (fault,) = [one for one in look(rule, page(command), WORLD) if isinstance(one, Fault)]
        return fault.edits[0].text.strip() if fault.edits else command

    assert mended("eas build:rollback 4711") == 'eas submit --platform "$PLATFORM" --id 4711 --non-interactive'
    assert (
        mended("eas build:rollback BUILD_ID") == 'eas submit --platform "$PLATFORM" --id "$BUILD_ID" --non-interactive'
    )
    assert mended("supabase logs") == "fireline check log"
    for more in (
        "eas build:rollback",
        "eas build:rollback --platform ios",
        "eas build:rollback 1 2",
        "eas build:rollback 1 && true",
    ):
        assert mended(more) == more


def test_without_programs_it_is_unknown() -> None:
    (said,) = look(rule, page("eas build:rollback"))
    assert isinstance(said, Unknown)


def test_a_word_that_is_known_only_when_it_runs_is_unknown() -> None:
    (said,) = look(rule, page('eas "$WHAT"'), WORLD)
    assert isinstance(said, Unknown)
    assert "known only when it runs" in said.why


def test_a_missing_plugin_is_a_warning() -> None:
    (fault,) = of(rule, "kubectl restart deploy/web", world=WORLD)
    assert fault.severity == "warning"
    assert "`kubectl-restart`" in fault.message


def test_a_script_of_the_same_name_is_no_such_program() -> None:
    assert not of(rule, "./eas build:rollback", world=WORLD)


def test_what_stands_behind_a_colon_is_no_argument() -> None:
    (fault,) = of(rule, "heroku pg:kill-all --app x", world=WORLD)
    assert isinstance(fault, Fault)
    assert "`heroku pg:kill-all` is no command" in fault.message
    assert of(rule, "heroku pg:killall --app x", "heroku addons:create heroku-postgresql:mini", "heroku pg mydb", world=WORLD) == []  # fmt: skip
