"""What the chain made of a replay, held against the file that it came from."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from pinlian.chain.rpc import Rpc
from pinlian.domain.chain_events import (
    CaseClosed,
    ChainEvent,
    EventAt,
    GroupClosed,
    GroupFailed,
    GroupSettled,
    OrdersPlaced,
    PaidOut,
    RunRefunded,
)
from pinlian.replay.play import PlayedGroup


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A group that ended otherwise than in the file: which, what, and both sides."""

    line: int
    group: bytes
    what: str
    expected: int | str
    found: int | str


@dataclass(slots=True)
class Outcome:
    """What the events say, by group; money in minor units."""

    closed: set[bytes] = field(default_factory=set)
    failed: set[bytes] = field(default_factory=set)
    settled: set[bytes] = field(default_factory=set)
    orders: Counter[bytes] = field(default_factory=Counter)
    refunded: Counter[bytes] = field(default_factory=Counter)
    paid_out: Counter[bytes] = field(default_factory=Counter)
    returned_minor: int = 0
    order_transactions: set[bytes] = field(default_factory=set)

    @classmethod
    def read(cls, events: Iterable[tuple[ChainEvent, EventAt]]) -> "Outcome":
        """Gather the events of a whole chain."""
        outcome = cls()
        for event, at in events:
            outcome._add(event, at)
        return outcome

    def _add(self, event: ChainEvent, at: EventAt) -> None:
        match event:
            case OrdersPlaced(runs=runs):
                self.order_transactions.add(at.tx_hash)
                for run in runs:
                    self.orders[run.group] += run.count
            case GroupClosed(group=group):
                self.closed.add(group)
            case GroupFailed(group=group):
                self.failed.add(group)
            case GroupSettled(group=group):
                self.settled.add(group)
            case RunRefunded(group=group, amount=amount):
                self.refunded[group] += amount
            case PaidOut(group=group, amount=amount):
                self.paid_out[group] += amount
            case CaseClosed(award=award):
                self.returned_minor += award
            case _:
                pass

    @property
    def orders_total(self) -> int:
        return sum(self.orders.values())

    @property
    def refunded_minor(self) -> int:
        """Given back to the buyers of failed groups."""
        return sum(self.refunded.values())

    @property
    def settled_minor(self) -> int:
        """Paid to merchants, leaders and the other payees."""
        return sum(self.paid_out.values())

    def mismatches(self, groups: Iterable[PlayedGroup]) -> list[Mismatch]:
        """Where the chain and the file disagree."""
        found: list[Mismatch] = []
        for group in groups:
            checks: list[tuple[str, int | str, int | str]] = [
                ("orders placed", len(group.orders), self.orders[group.id]),
                ("outcome", "succeeded" if group.buy.succeeded else "failed", self._ended(group.id)),
                ("refunded_minor", 0 if group.buy.succeeded else group.paid, self.refunded[group.id]),
            ]
            found += [
                Mismatch(group.buy.line, group.id, what, expected, actual)
                for what, expected, actual in checks
                if expected != actual
            ]
        return found

    def _ended(self, group: bytes) -> str:
        if group in self.failed:
            return "failed"
        if group in self.closed and group in self.settled:
            return "succeeded"
        return "not ended"


def gas_per_order(rpc: Rpc, outcome: Outcome) -> int:
    """Gas of all transactions that placed orders, over all orders placed; rounded up. Zero without orders."""
    hashes = sorted(outcome.order_transactions)
    gas = 0
    for first in range(0, len(hashes), 100):
        receipts = rpc.batch([("eth_getTransactionReceipt", ("0x" + h.hex(),)) for h in hashes[first : first + 100]])
        gas += sum(int(receipt["gasUsed"], 16) for receipt in receipts)
    return -(-gas // outcome.orders_total) if outcome.orders_total else 0
