import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from fireline import clock
from fireline.cli.examine.certificate import not_after


def make(folder: Path, days: int) -> tuple[Path, Path]:
    cert, key = folder / "cert.pem", folder / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=here",
         "-days", str(days), "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


@pytest.mark.parametrize("days", [10, 12_000])  # the second ends after 2049, where another form of time is used
def test_the_end_of_a_certificate_is_read_from_its_file(tmp_path: Path, days: int) -> None:
    cert, _ = make(tmp_path, days)
    apart = not_after(cert) - clock.now() - timedelta(days=days)
    assert abs(apart) < timedelta(minutes=1)


def test_a_file_without_a_certificate_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(ValueError, match="no certificate"):
        not_after(tmp_path / "empty.pem")
