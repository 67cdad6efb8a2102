import socket

import pytest

from fireline.cli.listen import listen, parse_bind, spell
from fireline.errors import FirelineError, SettingsError
from fireline.settings import Server, Settings


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8700", "127.0.0.1", 8700),
        ("[::1]:8700", "::1", 8700),
        ("[::]:0", "::", 0),
        ("localhost:80", "localhost", 80),
        (":8700", "0.0.0.0", 8700),
        ("8700", "127.0.0.1", 8700),
    ],
)
def test_a_bind_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert parse_bind(text) == (host, port)


@pytest.mark.parametrize("text", ["", "localhost", "::1:8700", "127.0.0.1:", "127.0.0.1:http", "127.0.0.1:65536"])
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match="not an address and a port"):
        parse_bind(text)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
def test_port_0_takes_a_free_port_and_the_settings_know_it(host: str) -> None:
    if host == "::1" and not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    settings = Settings(server=Server(bind=spell(host, 0)))
    opened, url, changed = listen(settings)
    with opened:
        port = opened.getsockname()[1]
        assert port != 0
        assert url == f"http://{spell(host, port)}"
        assert changed.server.url == url
        with socket.create_connection((host, port), timeout=5):
            pass


def test_listening_on_every_interface_is_reached_by_the_loopback_address() -> None:
    opened, url, _ = listen(Settings(), "0.0.0.0:0")
    with opened:
        assert url.startswith("http://127.0.0.1:")


def test_a_taken_port_is_an_error_that_names_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(FirelineError, match=f"can not listen on 127.0.0.1:{port}: Address already in use"):
            listen(Settings(), f"127.0.0.1:{port}")
