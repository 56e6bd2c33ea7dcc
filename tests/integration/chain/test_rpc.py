"""What is said of a node that answers otherwise than a node should."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from pinlian.chain.rpc import Rpc, RpcError


class Gatekeeper(BaseHTTPRequestHandler):
    """Answers every request with 401, as a provider does to a key that it does not know."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the parent's name)
        """Say nothing."""


@pytest.fixture
def gatekeeper() -> Iterator[str]:
    """The address of a server that lets nobody in."""
    with HTTPServer(("127.0.0.1", 0), Gatekeeper) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def test_call__refused_by_a_provider__says_so_without_the_key_in_its_address(gatekeeper: str) -> None:
    with Rpc(f"{gatekeeper}/v3/a-secret-key") as rpc, pytest.raises(RpcError) as caught:
        rpc.block_number()
    assert str(caught.value) == "eth_blockNumber: HTTP status 401"
    assert caught.value.code is None
    cause = caught.value.__cause__ or caught.value.__context__
    assert "a-secret-key" not in repr(cause)
