from pathlib import Path

from tests.cli.conftest import Fireline

REFERENCE = Path(__file__).parents[1] / "data" / "incident-response.md"


def test_it_shows_what_a_file_means_without_a_store(bare: Fireline) -> None:
    done = bare("runbook", "show", str(REFERENCE))
    assert done.code == 0
    for words in (
        "  P1  High: Within 1 hour",
        "Database Performance Issues  database-incidents/database-performance-issues, line 99",
        "  starts when: Slow queries; Timeouts; High CPU usage",
        "  1 Check health score  SQL",
        "  4 Restore from backup  decision, if needed, asks for BACKUP_SQL_GZ",
        "  On-Call Engineer: nobody has filled this in (line 313)",
        "  internal Email: dev-team@elaro.com (line 283)",
        "  line 218: ../SECURITY/SECRET_ROTATION.md",
        "  line 275: BUILD_ID",
    ):
        assert words in done.out.splitlines(), words


def test_one_procedure_is_shown_with_every_command(bare: Fireline) -> None:
    out = bare("runbook", "show", str(REFERENCE), "--procedure", "data corruption").out
    assert "      SELECT * FROM check_foreign_key_integrity();" in out.splitlines()
    assert "Slow queries" not in out


def test_the_same_is_json(bare: Fireline) -> None:
    whole = bare.data("runbook", "show", str(REFERENCE))
    assert [one["id"] for one in whole["severities"]] == ["P0", "P1", "P2", "P3"]
    one = bare.data("runbook", "show", str(REFERENCE), "--procedure", "Data Exposure")
    assert [procedure["title"] for procedure in one["procedures"]] == ["Data Exposure"]


def test_a_file_or_procedure_that_is_not_there_is_told(bare: Fireline) -> None:
    assert bare("runbook", "show", "gone.md").err.startswith("error: gone.md: no such file or directory\n")
    done = bare("runbook", "show", str(REFERENCE), "--procedure", "Coffee")
    assert done.code == 2
    assert "There are: Database Connection Issues; " in done.err


def test_the_runbooks_in_use_are_listed(house: Fireline) -> None:
    assert "runbook.md" in house("runbook", "list").out
    assert [one["title"] for one in house.data("runbook", "procedures")] == ["Stuck Queue", "Data Loss"]
