"""HTTP as it comes: a sender that offers to speak another version of it is answered in this one, with its body read."""

from __future__ import annotations

import re

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_OFFER = re.compile(rb"(?i)\r\nupgrade:")


class Protocol(HttpToolsProtocol):
    """uvicorn's, without what costs a body.

    The parser stops reading behind the headers of a request that offers an upgrade, and its body is lost. Java's client
    offers HTTP/2 with every request over plain HTTP (`Upgrade: h2c`, RFC 7540, 3.2), and an offer may be passed over.
    """

    def data_received(self, data: bytes) -> None:
        """Take what came; between two requests an offer in the headers is put out of the parser's sight."""
        if self.cycle is None or self.cycle.response_complete:
            head, end, body = data.partition(b"\r\n\r\n")
            data = _OFFER.sub(b"\r\nX-Offered-Upgrade:", head) + end + body
        super().data_received(data)
