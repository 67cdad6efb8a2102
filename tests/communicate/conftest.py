from __future__ import annotations

import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.communicate import peers
from tests.communicate.peers import Mailbox, Receiver


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A running SMTP server that takes everything."""
    with peers.smtp() as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A running HTTP receiver that takes everything."""
    with peers.http() as running:
        yield running


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's side of TLS, with a certificate nobody vouches for."""
    folder: Path = tmp_path_factory.mktemp("certificate")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost"
    subprocess.run([*command.split(), "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(cert, key)
    return context
