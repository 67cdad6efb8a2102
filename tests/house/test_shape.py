"""The shape of the house: what every file must have, and which names are not used."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SRC = ROOT / "src" / "fireline"
MODULES = sorted(SRC.rglob("*.py"))
QUERIES = sorted(SRC.rglob("queries.sql"))
VAGUE = {"utils", "util", "helper", "helpers", "manager", "handler", "service", "common", "base", "misc", "core"}
LONGEST = 400

# A file without a test of its own, and the test that goes through it.
ELSEWHERE: dict[str, str] = {
    "app/trying.py": "cli/test_detecting.py",
    "detect/rereading.py": "app/test_replaying.py",
    "app/linting.py": "cli/test_lint.py",
    "detect/calming.py": "detect/test_stale.py",
    "detect/own.py": "detect/test_beats.py",
    "detect/probe.py": "detect/probes/test_http.py",
    "detect/probes/statuspage.py": "detect/test_probing.py",
    "detect/probes/tcp.py": "detect/test_probing.py",
    "detect/watched.py": "cli/test_probes.py",
    "settings/ruling.py": "detect/test_house_rules.py",
    "settings/watching.py": "detect/sources/test_ping.py",
    "systems/condition.py": "assess/surroundings/test_vendor.py",
    "systems/statuspage.py": "assess/surroundings/test_vendor.py",
    "systems/web_page.py": "assess/surroundings/test_application.py",
    "detect/labelled.py": "detect/sources/test_alertmanager.py",
    "cli/lint_findings.py": "cli/test_lint.py",
    "cli/lint_view.py": "cli/test_lint.py",
    "demo/morning.py": "demo/test_story.py",
    "runbook/lint/migrations/guarding.py": "runbook/lint/test_hostile_migrations.py",
    "runbook/lint/migrations/session.py": "runbook/lint/test_hostile_migrations.py",
    "recovery/fence/doors.py": "recovery/fence/test_planning.py",
    "recovery/fence/ground.py": "recovery/fence/test_planning.py",
    "recovery/fence/residue.py": "recovery/fence/test_fence.py",
    "recovery/fence/rows.py": "recovery/fence/test_kills.py",
    "recovery/fence/sessions.py": "recovery/fence/test_fence.py",
    "recovery/fence/story.py": "recovery/fence/test_fence.py",
    "recovery/fence/way.py": "recovery/fence/test_fence.py",
    "recovery/fence/ways/allow_connections.py": "recovery/fence/test_fence.py",
    "recovery/fence/ways/connection_limit.py": "recovery/fence/test_fence.py",
    "recovery/fence/ways/end_sessions.py": "recovery/fence/test_fence.py",
    "recovery/fence/ways/nologin.py": "recovery/fence/test_planning.py",
    "recovery/fence/ways/pgbouncer.py": "recovery/fence/test_pgbouncer.py",
    "recovery/fence/ways/read_only.py": "recovery/fence/test_fence.py",
    "recovery/fence/ways/revoke_connect.py": "recovery/fence/test_planning.py",
    "contain/remedies/prove_backup.py": "contain/remedies/test_backup.py",
    "contain/remedies/prune_backups.py": "contain/remedies/test_backup.py",
    "contain/remedies/verify_backup.py": "contain/remedies/test_backup.py",
    "resolve/remedies/verify_restore.py": "resolve/remedies/test_restore.py",
    "cli/restore.py": "cli/test_backup.py",
    "recovery/backups.py": "contain/remedies/test_backup.py",
    "recovery/give_way.py": "recovery/test_dump.py",
    "recovery/proving.py": "contain/remedies/test_backup.py",
    "recovery/swapping/carry.py": "recovery/swapping/test_swap.py",
    "recovery/dropping.py": "resolve/remedies/test_drop_restored.py",
    "recovery/swapping/obstacles.py": "recovery/swapping/test_swap.py",
    "resolve/remedies/swap.py": "recovery/swapping/test_swap.py",
    "resolve/swapping.py": "recovery/swapping/test_swap.py",
    "__main__.py": "cli/test_main.py",
    "demo/afterwards.py": "demo/test_story.py",
    "demo/alone.py": "demo/test_story.py",
    "demo/day.py": "demo/test_story.py",
    "demo/yours.py": "demo/test_story.py",
    "cli/brief.py": "cli/test_respond.py",
    "cli/demo.py": "demo/test_story.py",
    "cli/examine/channels.py": "cli/test_doctor.py",
    "cli/examine/configuration.py": "cli/test_doctor.py",
    "cli/examine/line.py": "cli/test_doctor.py",
    "cli/examine/patients.py": "cli/test_doctor.py",
    "cli/examine/recovery.py": "cli/test_doctor.py",
    "cli/examine/rehearsal.py": "cli/test_doctor.py",
    "cli/examine/runbooks.py": "cli/test_doctor.py",
    "cli/examine/server.py": "cli/test_doctor.py",
    "cli/examine/store.py": "cli/test_doctor.py",
    "cli/examine/surroundings.py": "cli/test_doctor.py",
    "cli/follow.py": "cli/test_run.py",
    "cli/incident_view.py": "cli/test_incident.py",
    "cli/run_view.py": "cli/test_run.py",
    "cli/tables.py": "cli/test_people.py",
    "cli/wants.py": "cli/test_respond.py",
    "store/migrations/versions/0001_first.py": "store/test_migrate.py",
    "detect/batch.py": "detect/test_intake.py",
    "run/attempts.py": "run/test_recover.py",
    "run/content.py": "run/test_approve.py",
    "run/execute.py": "run/test_advance.py",
    "run/prepare.py": "run/test_advance.py",
    "run/remedy.py": "run/test_line.py",
    "run/work.py": "run/test_advance.py",
    "postgres/cancel.py": "postgres/test_statement.py",
    "postgres/client_tools/pipes.py": "postgres/client_tools/test_child.py",
    "cli/optimize.py": "cli/test_remedies.py",
    "settings/shapes.py": "test_settings.py",
    "settings/targets.py": "resolve/remedies/test_restart.py",
    "cli/snapshot_view.py": "cli/test_snapshot.py",
    "contain/parts.py": "contain/test_state.py",
    "postgres/data_folder.py": "postgres/test_restarting.py",
    "cli/plan_table.py": "cli/test_remedies.py",
    "resolve/upkeep/carry_out.py": "resolve/remedies/test_optimize.py",
    "resolve/upkeep/numbers.py": "resolve/remedies/test_optimize.py",
    "resolve/upkeep/reading.py": "resolve/remedies/test_optimize.py",
    "resolve/upkeep/turn.py": "resolve/remedies/test_optimize.py",
    "resolve/upkeep/watch.py": "resolve/remedies/test_optimize.py",
    "assess/access.py": "assess/causes/test_rls_disabled_exposed.py",
    "assess/acting.py": "assess/causes/test_definer_function_search_path.py",
    "assess/asking.py": "cli/test_health.py",
    "assess/broken_indexes.py": "assess/causes/test_index_missing_entries.py",
    "assess/broken_keys.py": "assess/causes/test_fk_not_validated.py",
    "assess/expressions.py": "assess/causes/test_non_sargable_predicate.py",
    "assess/follow_ups/exposure.py": "drills/test_drills.py",
    "assess/forgetting.py": "assess/causes/test_correlated_subquery.py",
    "assess/ground.py": "assess/causes/test_plan_regression.py",
    "assess/plan_again.py": "assess/causes/test_plan_regression.py",
    "assess/past.py": "assess/test_windows.py",
    "assess/regressions.py": "assess/causes/test_plan_regression.py",
    "assess/yielding.py": "assess/causes/test_plan_regression.py",
    "cli/earlier.py": "cli/test_check.py",
    "assess/grammar.py": "assess/test_predicates.py",
    "assess/integrity_told.py": "cli/test_integrity.py",
    "assess/new_index.py": "assess/causes/test_missing_index.py",
    "assess/passing.py": "assess/causes/test_owner_bypasses_rls.py",
    "assess/partition_bounds.py": "assess/causes/test_partition_missing.py",
    "assess/policy_cost.py": "assess/causes/test_rls_per_row_function.py",
    "assess/reasons.py": "assess/causes/test_missing_index.py",
    "assess/rights.py": "assess/causes/test_rls_disabled_exposed.py",
    "assess/scans.py": "assess/causes/test_missing_index.py",
    "assess/shapes.py": "assess/test_predicates.py",
    "assess/sides.py": "assess/test_predicates.py",
    "assess/slow.py": "assess/causes/test_missing_index.py",
    "assess/slowness.py": "assess/causes/test_missing_index.py",
    "assess/walking.py": "assess/test_predicates.py",
    "cli/integrity_view.py": "cli/test_integrity.py",
    "app/restore_diff.py": "cli/test_restore_diff.py",
    "recovery/differing/around.py": "recovery/differing/test_difference.py",
    "recovery/differing/catalogs.py": "recovery/differing/test_difference.py",
    "recovery/differing/told.py": "recovery/differing/test_difference.py",
    "recovery/differing/pairs.py": "recovery/differing/test_rows.py",
    "recovery/differing/sides.py": "recovery/differing/test_rows.py",
    "recovery/rescuing/filling.py": "resolve/remedies/test_rescue.py",
    "recovery/rescuing/references.py": "resolve/remedies/test_rescue.py",
    "recovery/rescuing/replacing.py": "resolve/remedies/test_rescue.py",
    "recovery/rescuing/rescue.py": "resolve/remedies/test_rescue.py",
    "recovery/rescuing/unrescue.py": "resolve/remedies/test_rescue.py",
    "runbook/lint/migrations/applying.py": "runbook/lint/migrations/test_building.py",
    "runbook/lint/database/held.py": "runbook/rules/test_undefined_function.py",
    "runbook/lint/migrations/files.py": "runbook/lint/migrations/test_building.py",
    "runbook/lint/terminal/question.py": "runbook/lint/terminal/test_questions.py",
    "runbook/lint/database/own_functions.py": "runbook/rules/test_undefined_function.py",
    "runbook/lint/rule.py": "runbook/lint/test_checking.py",
    "runbook/lint/database/asked.py": "runbook/lint/database/test_utility.py",
    "runbook/lint/world.py": "runbook/lint/test_checking.py",
}


def name_of(file: Path) -> str:
    return str(file.relative_to(SRC))


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_a_module_says_what_it_is_for(file: Path) -> None:
    text = file.read_text()
    assert not text.strip() or ast.get_docstring(ast.parse(text))


@pytest.mark.parametrize("file", MODULES, ids=name_of)
def test_a_file_is_no_longer_than_can_be_read_at_once(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= LONGEST


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [name_of(file) for file in MODULES if file.stem in VAGUE or file.parent.name in VAGUE] == []


def test_the_tests_mirror_the_house() -> None:
    missing = [
        name
        for name in map(name_of, MODULES)
        if not name.endswith("__init__.py")
        and name not in ELSEWHERE
        and not (ROOT / "tests" / Path(name).parent / f"test_{Path(name).name}").exists()
    ]
    assert missing == [], "write a test, or name in ELSEWHERE the one that goes through it"


@pytest.mark.parametrize(("name", "test"), ELSEWHERE.items())
def test_what_is_tested_elsewhere_is_tested_there_and_has_no_test_of_its_own(name: str, test: str) -> None:
    assert (SRC / name).exists()
    assert (ROOT / "tests" / test).exists()
    assert not (ROOT / "tests" / Path(name).parent / f"test_{Path(name).name}").exists()


@pytest.mark.parametrize("file", QUERIES, ids=name_of)
def test_every_statement_of_a_room_is_used(file: Path) -> None:
    code = "".join(module.read_text() for module in file.parent.rglob("*.py"))
    unused = [name for name in re.findall(r"^-- (\w+): ", file.read_text(), re.M) if f'"{name}"' not in code]
    assert unused == []
