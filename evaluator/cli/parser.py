"""uvicorn's HTTP parser with the bound that it lacks: a head, or a trailer, of any length would fill the memory."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_WITHOUT_BODY = 64 * 1024
"""Bytes that may come one after another and be no body; asyncio hands over up to 256 kB more at a time."""


class BoundedProtocol(HttpToolsProtocol):
    """A connection that is closed when its request's head, a chunk's head or a trailer does not end."""

    _without_body = 0

    def data_received(self, data: bytes) -> None:
        self._without_body += len(data)
        super().data_received(data)
        if self._without_body > MOST_WITHOUT_BODY:
            self.send_400_response(f"The head of a request has at most {MOST_WITHOUT_BODY} bytes.")

    def on_headers_complete(self) -> None:
        self._without_body = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._without_body = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._without_body = 0
        super().on_message_complete()
