import json
import subprocess
import sys

SAY = """
import logging, structlog
from fireline.cli.logs import configure
from fireline.redact import Secret
secret = Secret("very-secret-value")
configure()
structlog.get_logger().warning("it said very-secret-value", dsn="postgresql://app:hidden-word@db/app")
logging.getLogger("library").warning("password=hidden-word and very-secret-value")
try:
    raise ValueError("very-secret-value")
except ValueError:
    structlog.get_logger().exception("failed")
structlog.get_logger().debug("not told")
"""


def test_what_is_logged_is_a_line_an_event_on_stderr_without_secrets() -> None:
    done = subprocess.run([sys.executable, "-c", SAY], capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert "very-secret-value" not in done.stderr
    assert "hidden-word" not in done.stderr
    ours, library, failed = done.stderr.splitlines()
    assert json.loads(ours)["level"] == "warning"
    assert "WARNING library: " in library
    assert "ValueError" in json.loads(failed)["exception"]
