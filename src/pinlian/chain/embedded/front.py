"""The node's door: standard Ethereum JSON-RPC over HTTP. Raw transactions go through the journal, the rest to anvil."""

import http.client
import json
import logging
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import AbstractContextManager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

from pinlian.chain.rpc import RpcError

logger = logging.getLogger(__name__)

SEND = "eth_sendRawTransaction"
READS = frozenset(
    {
        "eth_blockNumber",
        "eth_call",
        "eth_chainId",
        "eth_createAccessList",
        "eth_estimateGas",
        "eth_feeHistory",
        "eth_gasPrice",
        "eth_getBalance",
        "eth_getBlockByHash",
        "eth_getBlockByNumber",
        "eth_getBlockReceipts",
        "eth_getBlockTransactionCountByHash",
        "eth_getBlockTransactionCountByNumber",
        "eth_getCode",
        "eth_getLogs",
        "eth_getProof",
        "eth_getStorageAt",
        "eth_getTransactionByBlockHashAndIndex",
        "eth_getTransactionByBlockNumberAndIndex",
        "eth_getTransactionByHash",
        "eth_getTransactionCount",
        "eth_getTransactionReceipt",
        "eth_maxPriorityFeePerGas",
        "eth_syncing",
        "net_version",
        "web3_clientVersion",
    }
)
"""What anyone may ask. anvil's own methods can rewrite the chain and stay inside."""

BODY_BYTES_MAX = 4_000_000
PARSE_ERROR = -32700
INVALID_REQUEST = -32600
METHOD_NOT_FOUND = -32601
INVALID_PARAMS = -32602
INTERNAL_ERROR = -32603


class Chain(Protocol):
    """What stands behind the door."""

    def taking(self) -> AbstractContextManager[object]:
        """While this is held, no block is begun: what is taken meanwhile shares one, if it has room."""

    def send_raw(self, raw: str) -> Future[str]:
        """Take a raw transaction (0x hex); its hash, or why it is refused, when it is in the journal and a block."""

    def ask(self, forward: Callable[[str], bytes]) -> bytes:
        """Run `forward` with anvil's address when the chain is whole; again if anvil died meanwhile."""


def _error(request_id: Any, code: int, message: str) -> bytes:
    return json.dumps({"jsonrpc": "2.0", "id": request_id, "error": {"code": code, "message": message}}).encode()


class Handler(BaseHTTPRequestHandler):
    """One connection; it keeps one connection to anvil."""

    protocol_version = "HTTP/1.1"
    # Head and body leave in one packet: a client must not wait for a delayed acknowledgement.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: "FrontServer"

    def setup(self) -> None:
        super().setup()
        self._anvil: http.client.HTTPConnection | None = None
        self._anvil_address = ""

    def finish(self) -> None:
        if self._anvil is not None:
            self._anvil.close()
        super().finish()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the parent's name)
        logger.debug(format, *args)

    def _answer(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        # A page that checks a proof may ask any node; nothing here depends on who asks.
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "content-type")
        self.end_headers()
        self.wfile.write(body)

    def do_OPTIONS(self) -> None:
        self._answer(200, b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdecimal() or int(length) > BODY_BYTES_MAX:
            self.close_connection = True
            self._answer(413, _error(None, INVALID_REQUEST, "body absent or too long"))
            return
        body = self.rfile.read(int(length))
        try:
            request = json.loads(body)
        except ValueError:
            self._answer(200, _error(None, PARSE_ERROR, "not JSON"))
            return
        if isinstance(request, list) and request:
            if all(self._is_read(item) for item in request):
                self._answer(200, self._forward(body))
            else:
                with self.server.chain.taking():
                    answers = [self._begin(item) for item in request]
                self._answer(200, b"[" + b",".join(answer() for answer in answers) + b"]")
        else:
            self._answer(200, self._begin(request, body)())

    @staticmethod
    def _is_read(request: Any) -> bool:
        return isinstance(request, dict) and request.get("method") in READS

    def _begin(self, request: Any, body: bytes | None = None) -> Callable[[], bytes]:
        """Begin one request; what is returned waits for its answer."""
        if self._is_read(request):
            return lambda: self._forward(body if body is not None else json.dumps(request).encode())
        if not isinstance(request, dict):
            return lambda: _error(None, INVALID_REQUEST, "expected an object")
        request_id, method, params = request.get("id"), request.get("method"), request.get("params")
        if method != SEND:
            return lambda: _error(request_id, METHOD_NOT_FOUND, f"{method} is not offered")
        if not isinstance(params, list) or len(params) != 1 or not isinstance(params[0], str):
            return lambda: _error(request_id, INVALID_PARAMS, "expected one raw transaction")
        sent = self.server.chain.send_raw(params[0])
        return lambda: self._outcome(request_id, sent)

    @staticmethod
    def _outcome(request_id: Any, sent: Future[str]) -> bytes:
        try:
            tx_hash = sent.result()
        except RpcError as error:
            return _error(request_id, error.code or INTERNAL_ERROR, error.message)
        return json.dumps({"jsonrpc": "2.0", "id": request_id, "result": tx_hash}).encode()

    def _forward(self, body: bytes) -> bytes:
        return self.server.chain.ask(lambda address: self._post_to_anvil(address, body))

    def _post_to_anvil(self, address: str, body: bytes) -> bytes:
        if self._anvil is None or self._anvil_address != address:
            if self._anvil is not None:
                self._anvil.close()
            self._anvil = http.client.HTTPConnection(address, timeout=60)
            self._anvil_address = address
        try:
            self._anvil.request("POST", "/", body, {"Content-Type": "application/json"})
            return self._anvil.getresponse().read()
        except (OSError, http.client.HTTPException):
            self._anvil.close()
            self._anvil = None
            raise


class FrontServer(ThreadingHTTPServer):
    """Serves `chain` on a loopback port."""

    daemon_threads = True
    request_queue_size = 128
    # A restart takes the port over at once.
    allow_reuse_address = True

    def __init__(self, host: str, port: int, chain: Chain) -> None:
        self.chain = chain
        super().__init__((host, port), Handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        logger.debug("connection of %s broke", client_address, exc_info=True)
