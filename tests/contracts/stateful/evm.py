"""An EVM in this process that answers as a node does, as far as the contracts' clients ask."""

from collections.abc import Iterable
from dataclasses import dataclass

import boa
from boa.util.abi import Address

from pinlian.chain.rpc import Reverted, refusal_in
from pinlian.domain.chain_events import EventAt


@dataclass(frozen=True, slots=True)
class Log:
    address: bytes
    topics: list[bytes]
    data: bytes


class Evm:
    """Contracts of titanoboa by raw calls. `read` and `read_many` are those of pinlian.chain.rpc.Rpc."""

    def __init__(self) -> None:
        self.transactions = 0
        self._env = boa.env

    @property
    def now(self) -> int:
        """Time of the block that the next transaction is in."""
        return int(self._env.timestamp)

    def wait(self, seconds: int) -> None:
        self._env.timestamp = self.now + seconds

    def at(self, log_index: int) -> EventAt:
        """Where the last transaction's log stands."""
        number = self.transactions
        return EventAt(number, number.to_bytes(32, "big"), self.now, number.to_bytes(32, "big"), log_index)

    def send(self, sender: bytes, to: bytes, data: bytes) -> list[Log]:
        """Run a transaction in a block of its own.

        Raises:
            Reverted: it changed nothing.
        """
        self.transactions += 1
        computation = self._env.execute_code(to_address=Address(to), sender=Address(sender), data=data)
        if computation.is_error:
            raise _reverted("transaction", computation)
        return [
            Log(address, [topic.to_bytes(32, "big") for topic in topics], log_data)
            for address, topics, log_data in computation.get_log_entries()
        ]

    def read(self, to: bytes, data: bytes, block: int | str = "latest", sender: bytes | None = None) -> bytes:
        computation = self._env.execute_code(
            to_address=Address(to),
            sender=Address(sender) if sender else None,
            data=data,
            is_modifying=False,
        )
        if computation.is_error:
            raise _reverted("call", computation)
        return bytes(computation.output)

    def read_many(self, calls: Iterable[tuple[bytes, bytes]], block: int | str = "latest") -> list[bytes]:
        return [self.read(to, data) for to, data in calls]


def _reverted(method: str, computation: object) -> Reverted:
    output = bytes(computation.output)  # type: ignore[attr-defined]
    message = "reverted" if refusal_in(output) else f"reverted with {computation.error!r}"  # type: ignore[attr-defined]
    return Reverted(method, message, output)
