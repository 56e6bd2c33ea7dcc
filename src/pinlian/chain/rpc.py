"""JSON-RPC to any Ethereum node, with errors that say what happened."""

import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from pinlian.chain.closing import Closing
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal

ATTEMPTS = 4
RETRY_SECONDS = 0.1
"""Wait before the second attempt; doubled before each further one."""
LOG_BLOCKS_MAX = 5_000
"""Blocks in one eth_getLogs; halved when a node finds them too many."""

_REFUSALS = {refusal.value: refusal for refusal in Refusal}
_REFUSED_SELECTOR = keccak256(b"Refused(uint256)")[:4]


class RpcError(Exception):
    """The node could not be reached, or answered with an error (`code`; None if it was not reached)."""

    def __init__(self, method: str, message: str, code: int | None = None) -> None:
        super().__init__(f"{method}: {message}")
        self.method = method
        self.message = message
        self.code = code


class Reverted(RpcError):
    """A contract refused the call.

    Attributes:
        refusal: the escrow's reason; None for other contracts and errors.
        data: what the contract reverted with.
    """

    def __init__(self, method: str, message: str, data: bytes, code: int | None = None) -> None:
        self.refusal = refusal_in(data)
        self.data = data
        super().__init__(method, f"{message}: {self.refusal.name}" if self.refusal else message, code)


def refusal_in(revert_data: bytes) -> Refusal | None:
    """The refusal of `Refused(uint256)`; None for any other revert."""
    if len(revert_data) != 36 or revert_data[:4] != _REFUSED_SELECTOR:
        return None
    return _REFUSALS.get(int.from_bytes(revert_data[4:], "big"))


def hex_bytes(text: str) -> bytes:
    """Bytes of a 0x string."""
    return bytes.fromhex(text[2:])


def to_hex(data: bytes) -> str:
    """Bytes as a 0x string."""
    return "0x" + data.hex()


@dataclass(frozen=True, slots=True)
class Block:
    """A block's head; `time` in Unix seconds."""

    number: int
    hash: bytes
    parent_hash: bytes
    time: int
    base_fee: int
    gas_limit: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a transaction; `contract` is the account it made, if it made one."""

    tx_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    contract: bytes | None
    logs: list[dict[str, Any]]


def _revert_data(data: Any) -> bytes | None:
    """The hex that nodes put in an error's `data`: some as it is, some in an object, some after words."""
    if isinstance(data, dict):
        data = data.get("data")
    if not isinstance(data, str):
        return None
    start = data.find("0x")
    try:
        return hex_bytes(data[start:]) if start >= 0 else None
    except ValueError:
        return None


def _error(method: str, error: dict[str, Any]) -> RpcError:
    message, code = str(error.get("message", "error without a message")), error.get("code")
    data = _revert_data(error.get("data"))
    if code == 3 or (data is not None and "revert" in message.lower()):
        return Reverted(method, message, data or b"", code)
    return RpcError(method, message, code)


def _tag(block: int | str) -> str:
    return hex(block) if isinstance(block, int) else block


class Rpc(Closing):
    """A node by its address (http or https). Threads may share one; connections are kept and reused.

    Every method raises RpcError; those that run a contract raise Reverted. Requests that find no answer are repeated,
    `attempts` times in all: every standard method may be repeated without harm.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 30.0, attempts: int = ATTEMPTS) -> None:
        self.url = url
        self._attempts = attempts
        self._client = httpx.Client(timeout=timeout_seconds, trust_env=False)
        self._ids = itertools.count(1)

    def close(self) -> None:
        self._client.close()

    def _post(self, method: str, payload: Any) -> Any:
        for attempt in itertools.count(1):
            try:
                response = self._client.post(self.url, json=payload)
                if response.is_success:
                    return response.json()
                # Not httpx's words: they hold the address, and in a provider's address there is a key.
                problem, is_final = f"HTTP status {response.status_code}", response.status_code < 500
            except (httpx.HTTPError, ValueError) as error:
                problem, is_final = f"{type(error).__name__}: {error}", False
            if is_final or attempt == self._attempts:
                raise RpcError(method, problem)
            time.sleep(RETRY_SECONDS * 2 ** (attempt - 1))
        raise AssertionError("unreachable")

    def call(self, method: str, *params: Any) -> Any:
        """One request; its result."""
        answer = self._post(method, {"jsonrpc": "2.0", "id": next(self._ids), "method": method, "params": params})
        if not isinstance(answer, dict) or "error" in answer or "result" not in answer:
            raise _error(method, answer.get("error") or {} if isinstance(answer, dict) else {})
        return answer["result"]

    def batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        """Many requests in one; their results in the same order. The first error among them is raised."""
        if not requests:
            return []
        first = next(self._ids)
        payload = [
            {"jsonrpc": "2.0", "id": first + offset, "method": method, "params": list(params)}
            for offset, (method, params) in enumerate(requests)
        ]
        for _ in requests[1:]:
            next(self._ids)
        answers = self._post("batch", payload)
        if not isinstance(answers, list):
            raise _error("batch", answers.get("error") or {} if isinstance(answers, dict) else {})
        by_id = {answer.get("id"): answer for answer in answers}
        results = []
        for offset, (method, _) in enumerate(requests):
            answer = by_id.get(first + offset, {})
            if "result" not in answer:
                raise _error(method, answer.get("error") or {})
            results.append(answer["result"])
        return results

    def chain_id(self) -> int:
        return int(self.call("eth_chainId"), 16)

    def block_number(self) -> int:
        return int(self.call("eth_blockNumber"), 16)

    def block(self, block: int | str = "latest") -> Block | None:
        """A block by number or by the tags latest, safe, finalized, earliest, pending; None if there is none yet."""
        answer = self.call("eth_getBlockByNumber", _tag(block), False)
        return _block(answer) if answer else None

    def blocks(self, first: int, last: int) -> list[Block]:
        """The blocks from `first` to `last`; shorter if the chain ends before."""
        numbers = range(first, last + 1)
        answers = self.batch([("eth_getBlockByNumber", (hex(number), False)) for number in numbers])
        return [_block(answer) for answer in itertools.takewhile(bool, answers)]

    def logs(self, account: bytes, first: int, last: int) -> Iterator[dict[str, Any]]:
        """Logs of a contract from block `first` to `last` in order, as the node writes them."""
        span = LOG_BLOCKS_MAX
        while first <= last:
            end = min(last, first + span - 1)
            query = {"address": to_hex(account), "fromBlock": hex(first), "toBlock": hex(end)}
            try:
                found = self.call("eth_getLogs", query)
            except RpcError as error:
                if error.code is None or span == 1:
                    raise
                span = max(1, span // 2)
                continue
            yield from found
            first = end + 1

    def logs_of_block(self, account: bytes, block_hash: bytes) -> list[dict[str, Any]]:
        """Logs of a contract in one block, which may have left the chain since."""
        logs: list[dict[str, Any]] = self.call(
            "eth_getLogs", {"address": to_hex(account), "blockHash": to_hex(block_hash)}
        )
        return logs

    def read(
        self,
        to: bytes,
        data: bytes,
        block: int | str = "latest",
        sender: bytes | None = None,
        gas: int | None = None,
    ) -> bytes:
        """Run a call without a transaction, with at most `gas`; as much as the node admits if absent."""
        request = {"to": to_hex(to), "data": to_hex(data)}
        request |= {"from": to_hex(sender)} if sender else {}
        request |= {"gas": hex(gas)} if gas else {}
        return hex_bytes(self.call("eth_call", request, _tag(block)))

    def read_many(self, calls: Iterable[tuple[bytes, bytes]], block: int | str = "latest") -> list[bytes]:
        """Run many calls (contract, data) in one request."""
        tag = _tag(block)
        requests = [("eth_call", ({"to": to_hex(to), "data": to_hex(data)}, tag)) for to, data in calls]
        return [hex_bytes(answer) for answer in self.batch(requests)]

    def code(self, account: bytes) -> bytes:
        return hex_bytes(self.call("eth_getCode", to_hex(account), "latest"))

    def balance(self, account: bytes) -> int:
        """In wei."""
        return int(self.call("eth_getBalance", to_hex(account), "latest"), 16)

    def transaction_count(self, account: bytes, block: str = "latest") -> int:
        """The account's next nonce; `pending` counts what the node holds unmined."""
        return int(self.call("eth_getTransactionCount", to_hex(account), block), 16)

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """None while the transaction is not in a block."""
        answer = self.call("eth_getTransactionReceipt", to_hex(tx_hash))
        return _receipt(answer) if answer else None

    def receipts(self, tx_hashes: Sequence[bytes]) -> list[Receipt | None]:
        """Many receipts in one request."""
        answers = self.batch([("eth_getTransactionReceipt", (to_hex(tx_hash),)) for tx_hash in tx_hashes])
        return [_receipt(answer) if answer else None for answer in answers]


def _block(answer: dict[str, Any]) -> Block:
    return Block(
        number=int(answer["number"], 16),
        hash=hex_bytes(answer["hash"]),
        parent_hash=hex_bytes(answer["parentHash"]),
        time=int(answer["timestamp"], 16),
        base_fee=int(answer.get("baseFeePerGas") or "0x0", 16),
        gas_limit=int(answer["gasLimit"], 16),
    )


def _receipt(answer: dict[str, Any]) -> Receipt:
    contract = answer.get("contractAddress")
    return Receipt(
        tx_hash=hex_bytes(answer["transactionHash"]),
        block_number=int(answer["blockNumber"], 16),
        block_hash=hex_bytes(answer["blockHash"]),
        succeeded=int(answer["status"], 16) == 1,
        gas_used=int(answer["gasUsed"], 16),
        contract=hex_bytes(contract) if contract else None,
        logs=answer["logs"],
    )
