"""Everything a person sees is also one JSON document."""

from tests.cli.conftest import Fireline
from tests.cli.me import ME

READS = [
    "incident list", "incident show INC-1", "incident timeline INC-1", "incident verify INC-1", "incident postmortem INC-1",
    "run list", "run changes", "alert list", "halt --show", "user list", "user whoami", "token list", "runbook list",
    "runbook procedures", "remedy list", "migrate",
]  # fmt: skip
ACTS = [
    "declare another", "ack INC-1", "note INC-1 text", "incident take INC-1", "incident severity INC-1 P1",
    "incident status INC-1 resolving", "incident impact INC-1 --users 3", f"incident role INC-1 scribe {ME}",
    "report broken", "halt because", "halt --lift", "user add ben", "user change ben --role viewer", "user disable ben",
    "token create ci", "token revoke 1", "incident resolve INC-1", "incident reopen INC-1 --reason again",
    "incident dismiss INC-1 --reason none",
]  # fmt: skip


ERRORS = [
    "incident show INC-77", "run show 77", "run approve 77 1 --yes", "alert show 77", "run start nothing", "token revoke 77",
    "approve", "resolve nothing", "incident severity INC-1 P9", "nonsense", "halt --lift --show", "incident list --config nowhere",
]  # fmt: skip


def test_every_command_answers_with_one_json_document(house: Fireline) -> None:
    lines = ["declare odd --severity P1", *READS, *ACTS]
    for line, done in zip(lines, house.each(*(f"{line} --json" for line in lines))[0], strict=True):
        assert done.code == 0, f"{line}: {done.out}{done.err}"
        assert done.err == "", line
        assert done.data is not None, line


def test_every_error_is_one_json_document(house: Fireline) -> None:
    house("declare", "odd")
    for line, done in zip(ERRORS, house.each(*(f"--json {line}" for line in ERRORS))[0], strict=True):
        assert done.code in (1, 2), line
        assert set(done.data) == {"error", "hint"}, line
        assert "\n" not in done.data["error"], line
        assert done.err == "", line
