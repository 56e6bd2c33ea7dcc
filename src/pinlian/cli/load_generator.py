"""Sends prepared HTTP requests over keep-alive connections as fast as they are answered, or at a set pace.

    python -m pinlian.cli.load_generator <plan.json >outcomes.json

The plan is {"port", "path", "connections", "per_second" (null: no pace), "bodies": [text, ...]}; the outcomes are
[[sent_at, answered_at, status], ...] in the order of the bodies, times in seconds of the system's monotonic clock. It
is a process of its own, so that its work is not counted as the server's.
"""

import asyncio
import json
import sys
import time
from dataclasses import dataclass, field
from functools import partial
from typing import Any

STATUS_LOST = 0
"""Outcome of a request whose connection broke before the answer."""


@dataclass
class Load:
    """Bodies to send, and what became of each."""

    requests: list[bytes]
    per_second: float | None
    outcomes: list[tuple[float, float, int]] = field(default_factory=list)
    taken: int = 0
    started_at: float = 0.0

    def __post_init__(self) -> None:
        self.outcomes = [(0.0, 0.0, STATUS_LOST)] * len(self.requests)
        self.started_at = time.monotonic()

    def take(self) -> int | None:
        """Number of the next request; None if none is left."""
        if self.taken == len(self.requests):
            return None
        self.taken += 1
        return self.taken - 1

    def due_at(self, number: int) -> float:
        """When a request may be sent at the earliest."""
        return self.started_at + (number / self.per_second if self.per_second else 0.0)


class Connection(asyncio.Protocol):
    """One keep-alive connection: it sends the next request when the one before is answered."""

    def __init__(self, load: Load, done: asyncio.Future[None]) -> None:
        self._load = load
        self._done = done
        self._buffer = b""
        self._number: int | None = None
        self._sent_at = 0.0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101
        self._transport = transport
        self._next()

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, body = self._buffer.partition(b"\r\n\r\n")
        if not separator or not _is_whole(head, body):
            return
        assert self._number is not None  # noqa: S101
        self._load.outcomes[self._number] = (self._sent_at, time.monotonic(), int(head[9:12]))
        self._buffer = b""
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)

    def _next(self) -> None:
        self._number = self._load.take()
        if self._number is None:
            if self._transport is not None:
                self._transport.close()
            return
        wait_seconds = self._load.due_at(self._number) - time.monotonic()
        if wait_seconds > 0:
            asyncio.get_running_loop().call_later(wait_seconds, self._send)
        else:
            self._send()

    def _send(self) -> None:
        if self._transport is None or self._number is None:
            return
        self._sent_at = time.monotonic()
        self._transport.write(self._load.requests[self._number])


def _is_whole(head: bytes, body: bytes) -> bool:
    headers = dict(line.lower().split(b":", 1) for line in head.split(b"\r\n")[1:])
    if b"chunked" in headers.get(b"transfer-encoding", b""):
        return body.endswith(b"0\r\n\r\n")
    return len(body) >= int(headers.get(b"content-length", b"0"))


def request(port: int, path: str, body: str) -> bytes:
    """A POST as it goes over the wire."""
    content = body.encode()
    return (
        f"POST {path} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: application/json\r\n"
        f"Accept: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
    ).encode() + content


async def send(plan: dict[str, Any]) -> list[tuple[float, float, int]]:
    """Carry out a plan; its outcomes."""
    loop = asyncio.get_running_loop()
    load = Load([request(plan["port"], plan["path"], body) for body in plan["bodies"]], plan["per_second"])
    ends: list[asyncio.Future[None]] = []
    for _ in range(plan["connections"]):
        done = loop.create_future()
        try:
            await loop.create_connection(partial(Connection, load, done), "127.0.0.1", plan["port"])
        except ConnectionError:
            continue
        ends.append(done)
    await asyncio.gather(*ends)
    return load.outcomes


if __name__ == "__main__":
    json.dump(asyncio.run(send(json.load(sys.stdin))), sys.stdout)
