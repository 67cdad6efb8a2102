from __future__ import annotations

from pathlib import Path

import pytest

from fireline.runbook.lint.fixing import mend
from fireline.runbook.lint.world import World
from fireline.runbook.rules.restore_in_place import rule
from tests.runbook.rules.saying import faults, look
from tests.runbook.rules.shelling import finds, mends, of, page


@pytest.mark.parametrize(
    "command",
    [
        "pg_restore --clean --dbname shop shop.dump",
        "pg_restore -d shop /backup/shop.dump",
        'pg_restore -h db.internal -U app -d "$DATABASE" shop.dump',
        "gunzip -c /backup/shop.sql.gz | psql shop",
        "zcat shop.sql.gz | sudo -u postgres psql shop",
        "psql shop < /backup/shop.sql",
        "psql -f dump.sql shop",
        "./scripts/restore-db.sh latest",
        "/opt/shop/backup.sh restore latest",
        "docker compose exec -T db pg_restore --clean --dbname app /backup/yesterday.dump",
        "zcat shop.sql.gz | docker exec -i db psql -U postgres shop",
        "kubectl exec -i db-0 -- psql shop < dump.sql",
        "heroku pg:backups:restore b101 DATABASE_URL --app shop",
        "dropdb shop\ncreatedb shop\npg_restore -d shop shop.dump",
    ],
)
def test_a_restore_over_what_is_there_is_found(command: str) -> None:
    assert finds(rule, command)


@pytest.mark.parametrize(
    "command",
    [
        "pg_restore --list shop.dump",
        "pg_restore -f - shop.dump",
        "createdb fresh\npg_restore -d fresh shop.dump",
        "pg_restore -d shop_rehearsal shop.dump",
        'pg_restore --dbname=shop_compare --host="$LIVE_HOST" shop.dump',
        'pg_restore --host="$SCRATCH_HOST" --dbname=shop shop.dump',
        "gunzip -c f.sql.gz | psql shop_test",
        "psql -f globals.sql postgres",
        "psql -f fix-prices.sql shop",
        "psql -c 'select 1' shop",
        "fireline resolve restore shop.dump",
        "git restore .",
        "kubectl rollout undo deploy/api",
        "./scripts/restore-traffic.sh",
    ],
)
def test_one_beside_it_is_not(command: str) -> None:
    assert not finds(rule, command)


@pytest.mark.parametrize(
    ("command", "better"),
    [
        ("pg_restore --clean --dbname shop /backup/shop.dump", "fireline resolve restore /backup/shop.dump"),
        ("gunzip -c /backup/shop.sql.gz | psql shop", "fireline resolve restore /backup/shop.sql.gz"),
        ('psql shop < "$DUMP"', 'fireline resolve restore "$DUMP"'),
        ("psql shop < /backup/shop.sql", "fireline resolve restore /backup/shop.sql"),
        ('pg_restore -d shop "$DUMP"', 'fireline resolve restore "$DUMP"'),
        ("./scripts/backup-manager.sh restore /path/to/backup.sql.gz", "fireline resolve restore latest"),
        ("docker exec db pg_restore -d app /b/a.dump", "docker exec db pg_restore -d app /b/a.dump"),
        ("zcat shop.sql.gz | docker exec -i db psql shop", "fireline resolve restore shop.sql.gz"),
        ("gunzip < /backup/shop.sql.gz | psql shop", "fireline resolve restore /backup/shop.sql.gz"),
        ("pg_restore -t orders -d shop f.dump", "pg_restore -t orders -d shop f.dump"),
        ("cd /backup && pg_restore -d shop shop.dump", "cd /backup && pg_restore -d shop shop.dump"),
    ],
)
def test_it_is_mended_by_a_restore_beside(command: str, better: str) -> None:
    assert mends(rule, command) == better


def test_the_exchange_is_suggested() -> None:
    [fault] = of(rule, "pg_restore -d shop shop.dump")
    assert "fireline swap latest" in fault.suggestion


def test_the_target_is_the_one_that_the_runbook_names() -> None:
    text = "---\nfireline: 1\ntargets:\n  shop: {kind: postgres}\n---\n" + page("pg_restore -d shop shop.dump")
    [fault] = faults(rule, text)
    assert fault.edits[0].text.strip() == "fireline resolve restore shop.dump --target shop"


def test_a_script_that_speaks_to_fireline_is_left_alone(tmp_path: Path) -> None:
    script = tmp_path / "backup-manager.sh"
    script.write_text('#!/bin/sh\nexec fireline resolve restore "$2"\n')
    text, path = page("./backup-manager.sh restore latest"), str(tmp_path / "runbook.md")
    assert not look(rule, text, path=path)
    script.write_text('#!/bin/sh\npsql < "$2"\n')
    assert look(rule, text, path=path)


def test_it_stands_where_its_pipeline_begins_so_that_it_is_mended_first() -> None:
    [fault] = of(rule, "gunzip -c f.sql.gz | psql shop")
    assert (fault.line, fault.column) == (5, 4)
    text = page("gunzip -c f.sql.gz | psql shop")
    path = Path("runbook.md")
    after, _ = mend({path: text}, World(), only=["hidden-failure", "restore-in-place"])
    assert after[path] == page("fireline resolve restore f.sql.gz")
