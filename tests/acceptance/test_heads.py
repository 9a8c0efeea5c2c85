"""Requests whose head never ends, over real connections: closed, before they fill the memory."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from evaluator.cli.parser import BoundedProtocol

HEAD = b"POST /x HTTP/1.1\r\nHost: localhost\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
FLOOD = 20_000_000


async def counts(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the length of the body, in a header."""
    size, more = 0, scope["type"] == "http"
    while more:
        message = await receive()
        size, more = size + len(message.get("body", b"")), message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"x-size", b"%d" % size)]})
    await send({"type": "http.response.body"})


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """A server with our parser."""
    server = uvicorn.Server(uvicorn.Config(counts, port=0, http=BoundedProtocol, log_config=None, lifespan="off"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def send(port: int, start: bytes, piece: bytes, total: int, end: bytes = b"") -> tuple[int, bytes]:
    """How much could be sent, and what was answered."""
    sent, answer = 0, b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        try:
            connection.sendall(start)
            while sent < total:
                connection.sendall(piece)
                sent += len(piece)
            connection.sendall(end)
            answer = connection.recv(2000)
        except ConnectionError:
            pass
    return sent, answer


@pytest.mark.parametrize(
    ("start", "piece"),
    [
        (HEAD + b"X: ", b"v" * 50_000),
        (HEAD, b"a: b\r\n" * 10_000),
        (b"POST /", b"x" * 50_000),
        (CHUNKED + b"1;", b"x" * 50_000),
        (CHUNKED + b"1\r\nx\r\n0\r\n", b"a: b\r\n" * 10_000),
    ],
    ids=["value", "headers", "path", "chunk", "trailers"],
)
def test_a_head_that_does_not_end_is_cut(port: int, start: bytes, piece: bytes) -> None:
    """What the sockets hold is all that can be sent."""
    sent, answer = send(port, start, piece, FLOOD)
    assert sent < FLOOD or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize(
    ("start", "piece", "end", "size"),
    [
        (CHUNKED, b"1\r\nx\r\n" * 1000, b"0\r\n\r\n", 334_000),
        (HEAD + b"Content-Length: 2000000\r\n\r\n", b"x" * 10_000, b"", 2_000_000),
        (HEAD + b"X: " + b"v" * 32_000 + b"\r\nContent-Length: 2000000\r\n\r\n", b"x" * 10_000, b"", 2_000_000),
    ],
    ids=["small chunks", "a length", "a long head"],
)
def test_long_bodies_pass(port: int, start: bytes, piece: bytes, end: bytes, size: int) -> None:
    """However long the body is, and in however many pieces it comes."""
    _, answer = send(port, start, piece, 2_000_000, end)
    assert b"x-size: %d" % size in answer
