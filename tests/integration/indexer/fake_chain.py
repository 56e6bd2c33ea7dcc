"""A chain in memory that can be reorganised at will. It speaks as a node does to the indexer."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pinlian.chain.abi import artifact, signature_of
from pinlian.chain.escrow import CONTRACT
from pinlian.chain.rpc import Block, to_hex
from pinlian.domain.chain_events import Deposited, Withdrawn
from pinlian.domain.keccak import keccak256

ESCROW = b"\xee" * 20
GENESIS_TIME = 1_700_000_000


def _word(value: bytes | int) -> bytes:
    return value.to_bytes(32, "big") if isinstance(value, int) else value.rjust(32, b"\0")


def _topic(name: str) -> bytes:
    (entry,) = (each for each in artifact(CONTRACT)["abi"] if each["type"] == "event" and each["name"] == name)
    return keccak256(signature_of(entry).encode())


def log_of(event: Deposited | Withdrawn) -> tuple[list[bytes], bytes]:
    """Topics and data as the contract writes them."""
    if isinstance(event, Deposited):
        return [_topic("Deposited"), _word(event.account), _word(event.payer)], _word(event.amount)
    return (
        [_topic("Withdrawn"), _word(event.account), _word(event.to)],
        _word(event.amount) + _word(event.nonce),
    )


@dataclass(frozen=True)
class FakeBlock:
    head: Block
    logs: list[dict[str, Any]]


@dataclass
class FakeChain:
    """`blocks[0]` is block 0. `forks` makes the hashes of every branch differ."""

    blocks: list[FakeBlock] = field(default_factory=list)
    forks: int = 0

    def __post_init__(self) -> None:
        self.mine()

    @property
    def height(self) -> int:
        return len(self.blocks) - 1

    def mine(self, *events: Deposited | Withdrawn) -> None:
        """Add a block with these events."""
        number = len(self.blocks)
        parent = self.blocks[-1].head.hash if self.blocks else bytes(32)
        block_hash = hashlib.sha256(b"%d of branch %d on %s" % (number, self.forks, parent)).digest()
        logs = []
        for index, event in enumerate(events):
            topics, data = log_of(event)
            logs.append(
                {
                    "address": to_hex(ESCROW),
                    "topics": [to_hex(topic) for topic in topics],
                    "data": to_hex(data),
                    "blockNumber": hex(number),
                    "blockHash": to_hex(block_hash),
                    "transactionHash": to_hex(hashlib.sha256(block_hash + bytes([index])).digest()),
                    "logIndex": hex(index),
                }
            )
        self.blocks.append(FakeBlock(Block(number, block_hash, parent, GENESIS_TIME + number, 0, 0), logs))

    def drop(self, depth: int) -> None:
        """Let the last `depth` blocks leave the chain, but not block 0."""
        self.forks += 1
        del self.blocks[max(1, len(self.blocks) - depth) :]


class FakeNode:
    """The chain as a BlockSource. `before_logs` is called between the reading of blocks and of their logs."""

    def __init__(self, chain: FakeChain) -> None:
        self.chain = chain
        self.before_logs: list[Callable[[], None]] = []

    def block(self, block: int | str = "latest") -> Block | None:
        number = self.chain.height if block == "latest" else int(block)
        return self.chain.blocks[number].head if 0 <= number <= self.chain.height else None

    def blocks(self, first: int, last: int) -> list[Block]:
        return [block.head for block in self.chain.blocks[first : last + 1]]

    def _interrupt(self) -> None:
        if self.before_logs:
            self.before_logs.pop()()

    def logs(self, account: bytes, first: int, last: int) -> list[dict[str, Any]]:
        self._interrupt()
        return [log for block in self.chain.blocks[first : last + 1] for log in block.logs]

    def logs_of_block(self, account: bytes, block_hash: bytes) -> list[dict[str, Any]]:
        known = {block.head.hash: block.logs for block in self.chain.blocks}
        logs = known.get(block_hash, [])
        self._interrupt()
        return logs
