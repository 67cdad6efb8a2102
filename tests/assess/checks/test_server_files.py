"""What this machine knows of the server."""

from __future__ import annotations

from dataclasses import replace

from fireline.assess.checks.server_files import away, read
from fireline.cluster import Cluster
from fireline.errors import TargetUnavailable
from fireline.postgres.connect import Target, connect
from fireline.redact import Secret
from tests.assess.judging import NOTHING_SEEN


def test_the_files_of_the_server_that_answers(patient: Target, patient_server: Cluster) -> None:
    with connect(patient) as conn:
        found = read(conn, NOTHING_SEEN)
    assert (found.here, found.running, found.data) == (True, True, patient_server.folder.data)


def test_without_a_connection_and_elsewhere(patient: Target) -> None:
    refused = replace(NOTHING_SEEN, away=TargetUnavailable("x", kind="refused"))
    here = away(patient, refused)
    assert here is not None
    assert here.running
    elsewhere = away(Target("far", Secret("postgresql://x@db.example/x")), refused)
    assert elsewhere is not None
    assert (elsewhere.here, elsewhere.data, elsewhere.running) == (False, None, False)
    assert away(patient, replace(NOTHING_SEEN, away=TargetUnavailable("x", kind="dsn"))) is None
