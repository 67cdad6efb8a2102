"""Every operation of the API called as its OpenAPI says, and as it says one must not: no fault of ours, and the answer is a documented one.

FIRELINE_SCHEMA_EXAMPLES=50 calls each as often, and also with every edge of every field.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from fireline.incident.people import Actor
from tests.web.site import Site

LONG = os.environ.get("FIRELINE_SCHEMA_EXAMPLES")
# What would end the caller's own rights, so that all that follows is refused.
NOT_CALLED = "/api/v1/(person|token)/"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance,ignored_auth"


def test_no_call_of_the_api_is_answered_with_a_fault_or_with_what_is_not_documented(ward: Site, tmp_path: Path) -> None:
    anna = ward.person("anna", "admin")
    token = ward.do(anna, "token.create", label="schema")["token"]
    ward.do(Actor("anna", role="admin"), "incident.declare", title="Disk full", severity="P1")
    program = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [program, "run", f"{ward.url}/api/v1/openapi.json", "-H", f"Authorization: Bearer {token}",
         "--phases", "coverage,fuzzing" if LONG else "fuzzing", "--exclude-path-regex", NOT_CALLED, "--checks", CHECKS, "--max-examples", LONG or "3",
         "--seed", "1", "--continue-on-failure", "--suppress-health-check", "all", "--no-color", "--warnings", "off"],
        cwd=tmp_path, capture_output=True, text=True, timeout=900, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    called = re.search(r"Tested: (\d+)", done.stdout)
    assert called is not None
    assert int(called[1]) > 100
