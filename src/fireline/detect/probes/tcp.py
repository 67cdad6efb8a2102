"""A port that must take a connection."""

from __future__ import annotations

import socket
import time

from fireline.detect.probe import Probe
from fireline.detect.spans import span
from fireline.settings import ProbeSettings
from fireline.systems.condition import Condition


def ask(settings: ProbeSettings) -> Condition:
    """Connect and let go again."""
    host, _, port = (settings.tcp or "").rpartition(":")
    began = time.monotonic()
    try:
        socket.create_connection((host.strip("[]"), int(port)), settings.timeout.total_seconds()).close()
    except TimeoutError:
        return Condition("ailing", f"takes no connection within {span(settings.timeout)}")
    except socket.gaierror:
        return Condition("ailing", "its name has no address, as seen from here")
    except ConnectionRefusedError:
        return Condition("ailing", "the connection is refused: nothing listens there")
    except (OSError, OverflowError) as away:
        return Condition("ailing", f"takes no connection: {getattr(away, 'strerror', None) or away}")
    ms = round((time.monotonic() - began) * 1000)
    if settings.latency is not None and ms > settings.latency.total_seconds() * 1000:
        slow = f"takes a connection in {ms} ms, slower than {span(settings.latency)}"
        return Condition("ailing", slow, facts={"ms": ms})
    return Condition("well", "takes connections", f"in {ms} ms", {"ms": ms})


probe = Probe("tcp", "a port that must take a connection", ask)
