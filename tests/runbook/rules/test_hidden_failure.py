from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.world import World
from fireline.runbook.rules.hidden_failure import rule
from tests.runbook.rules.saying import faults, look
from tests.runbook.rules.shelling import finds, mends, of, page


@pytest.mark.parametrize(
    "command",
    [
        "pg_dump shop | gzip > f.gz",
        "sudo -u postgres pg_dump shop | nice gzip -9 > f.gz",
        "pg_dump shop | zstd -o f.zst",
        "pg_dump shop | aws s3 cp - s3://b/f",
        "pg_dump shop | grep -v OWNER > f.sql",
        "pg_dump shop | psql copy",
        "mysqldump shop | gzip > f.gz",
        "psql -c '\\copy orders to stdout' | gzip > f.gz",
        "docker exec db pg_dump -U postgres shop | gzip > f.gz",
        "kubectl exec db-0 -- pg_dump shop | gzip > f.gz",
        'docker exec db sh -c "pg_dump shop | gzip > /f.gz"',
        "ssh db 'pg_dump shop' | gzip > f.gz",
        "set -e\npg_dump shop | gzip > f.gz",
        "gunzip -c f.gz | psql shop",
        "gunzip -c f.gz | psql -v ON_ERROR_STOP=1 shop",
        "set -o pipefail\ngunzip -c f.gz | psql shop",
        "zcat f.gz | docker exec -i db psql -U postgres shop",
        "aws s3 cp s3://b/f.gz - | gunzip | psql shop",
        "curl -fsS https://example.com/dump.sql | psql shop",
        "zcat f.gz | mysql shop",
        "cat dump.sql | psql shop",
        "psql shop < dump.sql",
        "psql -f fixes.sql shop",
        "psql -1 -f fixes.sql shop",
        "psql shop <<SQL\nUPDATE a SET b = 1 WHERE c = 2;\nDELETE FROM d WHERE e = 3;\nSQL",
        "echo 'DELETE FROM a WHERE b = 1' | psql shop",
        "pg_dump shop | gzip > f.gz || exit 1",
    ],
)
def test_a_failure_that_nobody_would_see_is_found(command: str) -> None:
    assert finds(rule, command)


@pytest.mark.parametrize(
    "command",
    [
        "set -o pipefail\npg_dump shop | gzip > f.gz",
        "set -euo pipefail\npg_dump shop | gzip > f.gz",
        "pg_dump -Fc -f f.dump shop",
        "pg_dump --schema-only shop | head -n 20",
        "pg_dump --schema-only shop | grep 'CREATE TABLE' | wc -l",
        'pg_dump shop | gzip > f.gz; [ "${PIPESTATUS[0]}" -eq 0 ]',
        'docker exec db bash -c "set -o pipefail; pg_dump shop | gzip > /f.gz"',
        'docker exec db bash -o pipefail -c "pg_dump shop | gzip > /f.gz"',
        "set -o pipefail\ngunzip -c f.gz | psql -v ON_ERROR_STOP=1 shop",
        "set -o pipefail\ngunzip -c f.gz | psql --set ON_ERROR_STOP=on shop",
        "gunzip -c f.gz | head -n 5",
        "gunzip -c f.gz | grep -c INSERT",
        "psql -vON_ERROR_STOP=1 -f fixes.sql shop",
        "psql -c 'DELETE FROM a WHERE b = 1' shop",
        "psql shop <<SQL\nSELECT 1;\nSELECT 2;\nSQL",
        "psql shop <<SQL\n\\set ON_ERROR_STOP on\nUPDATE a SET b = 1 WHERE c = 2;\nSQL",
        "echo 'SELECT 1' | psql shop",
        "psql -l",
        "psql -h db -c 'select 1' | wc -l",
        "curl -fsS https://example.com | jq .",
        "cat f | gzip > f.gz",
        "tar c . | ssh host tar x",
        "psql shop < /dev/null",
    ],
)
def test_one_that_is_seen_is_not(command: str) -> None:
    assert not finds(rule, command)


def test_a_dump_is_mended_by_pipefail() -> None:
    assert mends(rule, "pg_dump shop | gzip > f.gz") == "set -o pipefail\npg_dump shop | gzip > f.gz"


def test_a_load_is_mended_at_both_ends_and_is_then_good() -> None:
    better = mends(rule, "gunzip -c f.gz | psql shop")
    assert better == "set -o pipefail\ngunzip -c f.gz | psql -v ON_ERROR_STOP=1 --single-transaction shop"
    assert not finds(rule, better)


def test_a_script_is_mended_by_stopping_at_an_error() -> None:
    assert mends(rule, "psql -f fixes.sql shop") == "psql -v ON_ERROR_STOP=1 -f fixes.sql shop"
    assert mends(rule, "psql shop < dump.sql") == "psql -v ON_ERROR_STOP=1 --single-transaction shop < dump.sql"


def test_one_fault_tells_of_both_ends() -> None:
    [fault] = of(rule, "gunzip -c f.gz | psql shop")
    assert "`gunzip` fails" in fault.message
    assert "ends with 0" in fault.message
    assert "resolve restore" in fault.suggestion
    [fault] = of(rule, "pg_dump shop | gzip > f.gz")
    assert "fireline backup create" in fault.suggestion


def test_a_script_beside_the_runbook_that_stops_at_errors_itself_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "fix.sql").write_text("\\set ON_ERROR_STOP on\nUPDATE a SET b = 1;\n")
    path = str(tmp_path / "runbook.md")
    assert not look(rule, page("psql -f fix.sql shop"), path=path)
    assert look(rule, page("psql -f other.sql shop"), path=path)
    assert faults(rule, page("psql -f fix.sql shop"), World(files=False))
