"""Sending transactions: EIP-1559, one account's nonces in order, many on their way at once."""

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from coincurve import PrivateKey

from pinlian.chain.keys import Key
from pinlian.chain.rpc import Receipt, Reverted, Rpc, RpcError, hex_bytes, to_hex
from pinlian.domain.keccak import keccak256

_TYPE = b"\x02"
GAS_MARGIN_PERCENT = 25
"""Added to an estimate: the state may change before the transaction is in a block."""
RESEND_PERCENT = 25
"""Raise of the fees of a transaction that is sent again; nodes want 10% at least."""
POLL_SECONDS_FIRST = 0.01
POLL_SECONDS_MAX = 1.0


class Timeout(Exception):
    """A transaction was not in a block in time; it may still come."""


@dataclass(frozen=True, slots=True)
class Fees:
    """In wei a gas: what is paid at most, and how much of it to the block's maker at most."""

    fee_max: int
    priority_fee_max: int

    def raised(self) -> "Fees":
        """Enough more for a node to let it replace a waiting transaction."""
        return Fees(_raised(self.fee_max), _raised(self.priority_fee_max))

    def replacing(self, before: "Fees") -> "Fees":
        """These, and at least so much that a node lets them replace a waiting transaction that offers `before`."""
        raised = before.raised()
        return Fees(max(self.fee_max, raised.fee_max), max(self.priority_fee_max, raised.priority_fee_max))

    def cover(self, asked: "Fees") -> bool:
        """Whether they offer what is asked. If so, a transaction waits for another reason than its fees."""
        return self.fee_max >= asked.fee_max and self.priority_fee_max >= asked.priority_fee_max


def _raised(fee: int) -> int:
    return fee + max(1, -(-fee * RESEND_PERCENT // 100))


@dataclass(frozen=True, slots=True)
class Transaction:
    """A signed transaction: `raw` is what the node gets; `to` is None for one that makes a contract."""

    hash: bytes
    raw: bytes
    nonce: int
    to: bytes | None
    data: bytes
    value: int
    gas: int
    fees: Fees


RlpItem = bytes | int | Sequence["RlpItem"]


def _rlp_length(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(size)]) + size


def rlp(item: RlpItem) -> bytes:
    """Recursive length prefix, Ethereum's own encoding; numbers have no leading zeros."""
    if isinstance(item, int):
        item = item.to_bytes((item.bit_length() + 7) // 8, "big")
    if isinstance(item, bytes):
        return item if len(item) == 1 and item[0] < 0x80 else _rlp_length(len(item), 0x80) + item
    content = b"".join(rlp(member) for member in item)
    return _rlp_length(len(content), 0xC0) + content


def created_contract(creator: bytes, nonce: int) -> bytes:
    """The account of the contract that `creator` makes with `nonce`."""
    return keccak256(rlp([creator, nonce]))[12:]


def sign_transaction(
    key: Key, chain_id: int, *, nonce: int, to: bytes | None, data: bytes, value: int, gas: int, fees: Fees
) -> Transaction:
    """An EIP-1559 transaction with an empty access list."""
    body: list[RlpItem] = [
        chain_id,
        nonce,
        fees.priority_fee_max,
        fees.fee_max,
        gas,
        to or b"",
        value,
        data,
        [],
    ]
    digest = keccak256(_TYPE + rlp(body))
    signature = PrivateKey(key.private_key).sign_recoverable(digest, hasher=None)
    y_parity, r, s = signature[64], int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
    raw = _TYPE + rlp([*body, y_parity, r, s])
    return Transaction(keccak256(raw), raw, nonce, to, data, value, gas, fees)


def read_transaction(raw: bytes) -> Transaction:
    """What sign_transaction made."""
    fields = list(_rlp_strings(raw[len(_TYPE) :]))
    nonce, priority_fee_max, fee_max, gas = (int.from_bytes(fields[place]) for place in range(1, 5))
    to, value, data = fields[5] or None, int.from_bytes(fields[6]), fields[7]
    return Transaction(keccak256(raw), raw, nonce, to, data, value, gas, Fees(fee_max, priority_fee_max))


def _rlp_strings(encoded: bytes) -> Iterator[bytes]:
    """The strings of a list; an empty list in it is as an empty string."""
    at, _ = _rlp_content(encoded, 0)
    while at < len(encoded):
        begin, at = _rlp_content(encoded, at)
        yield encoded[begin:at]


def _rlp_content(encoded: bytes, at: int) -> tuple[int, int]:
    """Where the content of the item at `at` begins and ends."""
    first = encoded[at]
    if first < 0x80:
        return at, at + 1
    length = first - (0xC0 if first >= 0xC0 else 0x80)
    begin = at + 1
    if length > 55:
        begin += length - 55
        length = int.from_bytes(encoded[at + 1 : begin])
    return begin, begin + length


class Sender:
    """Sends an account's transactions. Threads may share one; an account must have one only.

    `send` does not wait for a block, so that several transactions can be on their way. To keep a transaction before
    it is sent: `prepare`, write it down, `broadcast`.
    """

    def __init__(self, rpc: Rpc, key: Key, chain_id: int | None = None) -> None:
        self.rpc = rpc
        self.key = key
        self._chain_id = chain_id
        self._nonce: int | None = None
        self._lock = threading.Lock()

    @property
    def address(self) -> bytes:
        return self.key.address

    def chain_id(self) -> int:
        if self._chain_id is None:
            self._chain_id = self.rpc.chain_id()
        return self._chain_id

    def fees(self) -> Fees:
        """What the node asks now, with room for the base fee to double."""
        block, tip = self.rpc.batch([("eth_getBlockByNumber", ("latest", False)), ("eth_maxPriorityFeePerGas", ())])
        base_fee, priority_fee = int(block.get("baseFeePerGas") or "0x0", 16), int(tip, 16)
        return Fees(2 * base_fee + priority_fee + 1, priority_fee)

    def estimate_gas(self, to: bytes | None, data: bytes, value: int = 0) -> int:
        """Gas of a transaction on top of those that wait, with a margin.

        Raises:
            Reverted: the transaction would fail.
        """
        request = {"from": to_hex(self.address), "data": to_hex(data), "value": hex(value)}
        if to is not None:
            request["to"] = to_hex(to)
        gas = int(self.rpc.call("eth_estimateGas", request, "pending"), 16)
        return gas + gas * GAS_MARGIN_PERCENT // 100

    def _next_nonce(self) -> int:
        if self._nonce is None:
            self._nonce = self.rpc.transaction_count(self.address, "pending")
        return self._nonce

    def forget_nonce(self) -> None:
        """Ask the node for the next nonce again, after transactions were lost or sent by other means."""
        with self._lock:
            self._nonce = None

    def prepare(
        self,
        to: bytes | None,
        data: bytes,
        *,
        value: int = 0,
        gas: int | None = None,
        fees: Fees | None = None,
        nonce: int | None = None,
    ) -> Transaction:
        """Sign a transaction and take its nonce; nothing is sent.

        Args:
            gas: limit; estimated if absent.
            fees: asked of the node if absent.
            nonce: the next one if absent.

        Raises:
            Reverted: the estimate says that it would fail.
        """
        gas = self.estimate_gas(to, data, value) if gas is None else gas
        fees = fees or self.fees()
        chain_id = self.chain_id()
        with self._lock:
            if nonce is None:
                nonce = self._next_nonce()
                self._nonce = nonce + 1
        return sign_transaction(self.key, chain_id, nonce=nonce, to=to, data=data, value=value, gas=gas, fees=fees)

    def broadcast(self, transaction: Transaction) -> bytes:
        """Hand a transaction to the node; one that the node knows already is no error. Returns the hash."""
        broadcast(self.rpc, transaction.raw, transaction.hash)
        return transaction.hash

    def send(
        self,
        to: bytes | None,
        data: bytes,
        *,
        value: int = 0,
        gas: int | None = None,
        fees: Fees | None = None,
    ) -> bytes:
        """Prepare and broadcast; returns the hash without waiting for a block.

        Raises:
            Reverted: the estimate says that it would fail; no nonce is used.
        """
        transaction = self.prepare(to, data, value=value, gas=gas, fees=fees)
        try:
            return self.broadcast(transaction)
        except RpcError:
            self.forget_nonce()
            raise

    def wait(self, tx_hash: bytes, timeout_seconds: float = 60.0) -> Receipt:
        """The receipt, when the transaction is in a block.

        Raises:
            Timeout: it is not there in time.
        """
        deadline = time.monotonic() + timeout_seconds
        pause = POLL_SECONDS_FIRST
        while (receipt := self.rpc.receipt(tx_hash)) is None:
            if time.monotonic() > deadline:
                raise Timeout(f"{to_hex(tx_hash)} is in no block after {timeout_seconds} seconds")
            time.sleep(pause)
            pause = min(POLL_SECONDS_MAX, 2 * pause)
        return receipt

    def call(self, to: bytes | None, data: bytes, *, gas: int | None = None) -> Receipt:
        """Send, wait, and insist on success.

        Raises:
            Reverted: the estimate or the transaction itself failed.
            Timeout: it is in no block in time.
        """
        receipt = self.wait(self.send(to, data, gas=gas))
        if not receipt.succeeded:
            raise self.failure(receipt, to, data)
        return receipt

    def failure(self, receipt: Receipt, to: bytes | None, data: bytes) -> Reverted:
        """Why a transaction failed, as far as running it again at its block tells."""
        if to is not None:
            try:
                self.rpc.read(to, data, receipt.block_number, self.address)
            except Reverted as error:
                return error
        return Reverted("eth_sendRawTransaction", f"{to_hex(receipt.tx_hash)} failed", b"")


_KNOWN_ALREADY = ("already known", "already imported", "known transaction", "already in mempool", "alreadyexists")


def broadcast(rpc: Rpc, raw: bytes, tx_hash: bytes) -> None:
    """Hand a signed transaction to the node, again if need be.

    Raises:
        RpcError: the node refuses it, and has it neither waiting nor in a block.
    """
    try:
        answered = hex_bytes(rpc.call("eth_sendRawTransaction", to_hex(raw)))
    except RpcError as error:
        if any(words in error.message.lower() for words in _KNOWN_ALREADY):
            return
        if error.code is None or rpc.call("eth_getTransactionByHash", to_hex(tx_hash)) is None:
            raise
        return
    if answered != tx_hash:
        raise RpcError("eth_sendRawTransaction", "the node names another hash than ours")
