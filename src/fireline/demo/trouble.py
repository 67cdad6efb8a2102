"""What goes wrong in the demo: a report leaves its transaction open, a migration queues behind it, and all behind that."""

from __future__ import annotations

import threading
import time
from contextlib import suppress

import psycopg

from fireline.demo.school import School

CANARY_SECONDS = 2.0
REPORT, MIGRATION = "nightly-report", "migrate"
ALTER = "ALTER TABLE assignments ADD COLUMN venue text"

_STAFF = "SELECT set_config('app.role', 'staff', true)"
_REPORT = (
    "SELECT c.title, count(*) FROM assignments a JOIN courses c ON c.id = a.course_id GROUP BY c.title ORDER BY c.title"
)
_CANARY = "SELECT count(*) FROM assignments WHERE user_id = 7"


def canary(school: School, limit: float = CANARY_SECONDS) -> float | None:
    """Seconds until a small query on assignments came back, or None when it did not within the limit."""
    with school.connect("school_app", "canary", statement_seconds=limit, autocommit=True) as conn:
        begun = time.monotonic()
        try:
            conn.execute(_CANARY)
        except psycopg.errors.QueryCanceled:
            return None
        return time.monotonic() - begun


class Trouble:
    """The report's session and the migration's: `begin` opens both, `end` closes what is left of them."""

    def __init__(self, school: School) -> None:
        self._school = school
        self._report: psycopg.Connection | None = None
        self._migration: psycopg.Connection | None = None
        self._thread: threading.Thread | None = None
        self.migrated: float | None = None  # the moment it went through
        self.report_pid = 0
        self.migration_pid = 0

    def begin(self, patience: float = 10) -> bool:
        """Let the report read and forget to commit, then the migration come; whether it is seen to wait for the report."""
        self._report = self._school.connect("school_app", REPORT)
        self._report.execute(_STAFF)
        self._report.execute(_REPORT).fetchall()
        self.report_pid = self._report.info.backend_pid
        self._migration = self._school.connect("school_migrate", MIGRATION, autocommit=True)
        self._migration.execute("SET ROLE school_owner")
        self.migration_pid = self._migration.info.backend_pid
        self._thread = threading.Thread(target=self._migrate, daemon=True)
        self._thread.start()
        end = time.monotonic() + patience
        while not self._school.waits_for(self.migration_pid, self.report_pid):
            if time.monotonic() > end:
                return False
            time.sleep(0.05)
        return True

    def report_ended_by(self) -> str | None:
        """What the report is told when it goes on with its work, or None when nothing has happened to it."""
        assert self._report is not None, "the trouble has not begun"
        try:
            self._report.execute("SELECT 1")
        except psycopg.Error as ended:
            return ended.diag.message_primary or str(ended).strip().splitlines()[0]
        return None

    def end(self) -> None:
        """Close both sessions, whatever became of them."""
        for conn in (self._report, self._migration):
            if conn is not None and not conn.closed:
                with suppress(psycopg.Error):  # it may be gone already
                    conn.cancel_safe(timeout=2)
        if self._thread is not None:
            self._thread.join(5)
        for conn in (self._report, self._migration):
            if conn is not None:
                conn.close()

    def _migrate(self) -> None:
        assert self._migration is not None, "begin opens it"
        try:
            self._migration.execute(ALTER)
            self.migrated = time.monotonic()
        except psycopg.Error:
            pass  # the demo ends before it went through
