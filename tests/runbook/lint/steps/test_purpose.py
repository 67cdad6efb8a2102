"""What a step is for, by its words in several languages and by its commands."""

from __future__ import annotations

import pytest

from fireline.runbook.document import Procedure, Step
from fireline.runbook.lint.steps import purpose
from fireline.runbook.parse import parse_text


def procedure(body: str) -> Procedure:
    return parse_text(f"# Outage\n\n{body}\n").procedures[0]


def step(words: str) -> Step:
    return procedure(f"1. {words}").steps[0]


def bash(command: str) -> Step:
    return step(f"**Do it:**\n   ```bash\n   {command}\n   ```")


@pytest.mark.parametrize(
    "words",
    [
        "**Create backup** of current state",
        "Take a snapshot of the volume",
        "Back up the database",
        "**Sicherung anlegen**",
        "**Stand sichern**",
        "Sauvegarder la base",
        "Faire une copie de l'état actuel",
        "Hacer una copia de seguridad",
        "Fazer backup do banco",
        "Maak een back-up",
    ],
)
def test_words_that_take_a_backup(words: str) -> None:
    assert purpose.takes_backup(step(words))
    assert purpose.backs_up(step(words))


@pytest.mark.parametrize("words", ["Restore from backup", "Download the latest backup", "Delete old backups", "Restart the backup server", "Wiederherstellung aus der Sicherung"])  # fmt: skip
def test_words_that_only_speak_of_one(words: str) -> None:
    assert not purpose.takes_backup(step(words))


def test_making_sure_that_there_is_one_is_a_way_back_and_no_backup() -> None:
    assert purpose.backs_up(step("Verify that last night's backup exists"))
    assert not purpose.takes_backup(step("Verify that last night's backup exists"))


@pytest.mark.parametrize(
    "command",
    [
        "pg_dump -Fc shop -f /srv/x",
        "pg_basebackup -D /srv/x",
        "cp -a /etc/edge/tls /etc/edge/tls.bak",
        "kubectl get cm x -o yaml > backup.yaml",
        "aws rds create-db-snapshot --db-instance-identifier x",
        "fireline contain backup",
        "heroku pg:backups:capture",
        "./backup.sh --full",
    ],
)
def test_commands_that_take_a_backup(command: str) -> None:
    assert purpose.takes_backup(bash(command))


def test_a_copy_of_the_rows_is_a_backup() -> None:
    assert purpose.takes_backup(
        step("**Keep them:**\n   ```sql\n   CREATE TABLE orders_old AS SELECT * FROM orders;\n   ```")
    )
    assert not purpose.takes_backup(bash("./backup-manager.sh restore x"))
    assert not purpose.takes_backup(bash("pg_restore -d shop x"))


@pytest.mark.parametrize("words", ["Stop application traffic", "Stop writes of the payment service", "**Anwendung anhalten**", "Arrêter l'application", "Turn on maintenance mode", "Detener la aplicación"])  # fmt: skip
def test_words_that_stop_traffic(words: str) -> None:
    assert purpose.stops_traffic(step(words))
    assert not purpose.proves_quiet(step(words))


def test_commands_that_stop_traffic() -> None:
    assert purpose.stops_traffic(bash("kubectl scale deploy/app --replicas=0"))
    assert purpose.stops_traffic(bash("sudo systemctl stop shop-web"))
    assert not purpose.stops_traffic(bash("kubectl scale deploy/app --replicas=5"))
    assert not purpose.stops_traffic(step("Resume traffic"))


def test_a_proof_is_a_look_or_what_is_to_be_seen() -> None:
    assert purpose.proves_quiet(step("Stop the application until no connections are left"))
    assert purpose.proves_quiet(step("**Look:**\n   ```sql\n   SELECT count(*) FROM pg_stat_activity;\n   ```"))
    assert purpose.proves_quiet(bash("fireline contain fence"))
    assert purpose.proves_quiet(
        step("**Stop it:**\n   ```bash\n   systemctl stop app\n   systemctl is-active app\n   ```")
    )


def test_a_procedure_is_verified_by_a_later_look() -> None:
    body = "1. **Restart:**\n   ```bash\n   systemctl restart app\n   ```\n2. {}"
    for words, seen in (
        ("**Verify** that it answers", True),
        ("**Prüfen:** Masken antworten", True),
        ("Tell the team", False),
    ):
        one = procedure(body.format(words))
        assert purpose.verifies(one, one.steps[0]) is seen


def test_a_fence_that_ends_with_a_look_verifies_itself() -> None:
    one = procedure(
        "1. **Roll:**\n   ```bash\n   kubectl rollout restart deploy/x\n   kubectl rollout status deploy/x\n   ```"
    )
    assert purpose.verifies(one, one.steps[0])
    assert purpose.changes(one.steps[0])


def test_what_only_looks_changes_nothing() -> None:
    assert not purpose.changes(bash("kubectl get pods | grep -v Running"))
    assert not purpose.changes(step("**Look:**\n   ```sql\n   SELECT 1;\n   ```"))
    assert purpose.changes(step("**Do it:**\n   ```sql\n   UPDATE x SET a = 1;\n   ```"))
    assert [one.command for one in purpose.commands_of(bash("uptime"))] == ["uptime"]


def test_a_way_back_is_an_undo_or_a_sentence_and_not_the_title() -> None:
    assert purpose.gives_way_back(step("**Scale:** to go back, scale to 1"))
    assert not purpose.gives_way_back(step("**Roll back:**\n   ```bash\n   ./deploy.sh old\n   ```"))
    assert purpose.goes_back("Rückgängig machen")
    assert purpose.says_to_look("Verify that it works")


def test_a_step_has_a_place_and_words() -> None:
    one = procedure("1. **A**\n2. **Café** b")
    assert purpose.place_of(one, one.steps[1]) == 1
    assert "cafe" in purpose.said(one.steps[1])
    assert not purpose.looks(one.steps[0])
