"""Configuration files, read as files."""

from __future__ import annotations

from pathlib import Path

from fireline.postgres.conf_files import lines_of, settings


def test_settings_are_read_with_what_they_include_and_the_later_line_counts(tmp_path: Path) -> None:
    (tmp_path / "postgresql.conf").write_text(
        "port = 5433 # a comment\n#port = 1\nlog_line_prefix = '%m ''x'' '\ninclude 'more.conf'\ninclude_if_exists = 'none.conf'\n"
    )
    (tmp_path / "more.conf").write_text("Port 5434\n")
    found = settings(tmp_path / "postgresql.conf")
    assert (found["port"], found["log_line_prefix"]) == ("5434", "%m 'x' ")
    assert [(one.file.name, one.number) for one in lines_of(tmp_path, None, "port")] == [
        ("postgresql.conf", 1),
        ("more.conf", 1),
    ]
    assert settings(tmp_path / "none.conf") == {}
