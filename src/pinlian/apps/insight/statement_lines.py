"""What every statement must say, worked out from the chain's events one by one, beside what the tables say."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from pinlian.apps.money.facade import ENTRY_FACTS, EntryKind, entry_id, stored_entries
from pinlian.domain.books import Books, Difference, difference
from pinlian.domain.chain_events import (
    CaseClosed,
    CaseOpened,
    ChainEvent,
    Deposited,
    EventAt,
    OrderCancelled,
    OrdersPlaced,
    PaidOut,
    RunRebated,
    RunRefunded,
    Withdrawn,
)
from pinlian.domain.merkle import Leaf
from pinlian.domain.order import ORDERS_MAX, order_id


@dataclass(frozen=True, slots=True)
class Movement:
    """What an account gets (or, negative, gives), in minor units, and what for."""

    account: bytes
    kind: EntryKind
    amount: int
    group: bytes = b""
    order: bytes = b""
    counterparty: bytes = b""


def movements(event: ChainEvent, books: Books) -> Iterator[Movement]:
    """What an event moves that `books` have taken in, in the order of the statement."""
    match event:
        case Deposited():
            yield Movement(event.account, EntryKind.DEPOSIT, event.amount, counterparty=event.payer)
        case Withdrawn():
            yield Movement(event.account, EntryKind.WITHDRAWAL, -event.amount, counterparty=event.to)
        case OrdersPlaced():
            for run in event.runs_of_leaves():
                price = books.groups[run.group].offer.ladder[0].price
                for leaf in run.leaves:
                    yield _of_leaf(leaf, EntryKind.ORDER, -leaf.quantity * price, run.group)
        case OrderCancelled():
            leaf = books.batches[event.batch].leaves[event.index]
            yield _of_leaf(leaf, EntryKind.CANCELLATION, event.amount, event.group)
        case RunRefunded():
            group, batch = books.groups[event.group], books.batches[event.batch]
            for index in _marked(event.marks):
                price = group.price if batch.is_rebated(index) else group.offer.ladder[0].price
                leaf = batch.leaves[index]
                yield _of_leaf(leaf, EntryKind.REFUND, leaf.quantity * price, event.group)
        case RunRebated():
            group, batch = books.groups[event.group], books.batches[event.batch]
            for index in _marked(event.marks):
                leaf = batch.leaves[index]
                yield _of_leaf(leaf, EntryKind.REBATE, leaf.quantity * group.rebate, event.group)
        case CaseOpened() if event.rebate:
            yield Movement(event.buyer, EntryKind.REBATE, event.rebate, event.group, event.case_id)
        case CaseClosed() if event.award:
            buyer = books.cases[event.case_id].buyer
            yield Movement(buyer, EntryKind.AWARD, event.award, event.group, event.case_id)
        case PaidOut():
            yield Movement(event.account, EntryKind.PAYOUT, event.amount, event.group)


def _of_leaf(leaf: Leaf, kind: EntryKind, amount: int, group: bytes) -> Movement:
    return Movement(leaf.buyer, kind, amount, group, order_id(group, leaf.buyer, leaf.nonce))


def _hex(value: bytes) -> str:
    """0x-hex, or nothing for nothing."""
    return f"0x{value.hex()}" if value else ""


def _marked(marks: int) -> list[int]:
    return [index for index in range(ORDERS_MAX) if marks >> index & 1]


class StatementCheck:
    """Compares lines with the stored ones while the events come; both are in the order of the chain."""

    def __init__(self) -> None:
        self.differences: list[Difference] = []
        self.lines_of: Counter[bytes] = Counter()
        """Lines of each account, by the chain."""
        self.count = 0
        self._balances: Counter[bytes] = Counter()
        self._stored = stored_entries()
        self._row = next(self._stored, None)

    def take(self, event: ChainEvent, at: EventAt, books: Books) -> None:
        """Compare the lines of the next event, which `books` have taken in."""
        try:
            moved = list(movements(event, books))
        except LookupError:
            # The event is about something that never came up: the books have named that, and nothing follows from it.
            return
        tx_hash = _hex(at.tx_hash)
        for position, movement in enumerate(moved):
            self._balances[movement.account] += movement.amount
            self.lines_of[movement.account] += 1
            self.count += 1
            self._compare(
                (
                    entry_id(at, position),
                    _hex(movement.account),
                    int(movement.kind),
                    movement.amount,
                    self._balances[movement.account],
                    _hex(movement.group),
                    _hex(movement.order),
                    _hex(movement.counterparty),
                    tx_hash,
                    at.block_time,
                )
            )

    def finish(self) -> list[Difference]:
        """All differences, now that there are no more events."""
        while self._row is not None:
            self._invented()
        return self.differences

    def _compare(self, expected: tuple[int | str, ...]) -> None:
        while self._row is not None and self._row[0] < expected[0]:
            self._invented()
        if self._row is None or self._row[0] != expected[0]:
            self.differences.append(difference("missing statement line", _where(expected), expected[3], "no row"))
            return
        if self._row != expected:
            self.differences += [
                difference(name, _where(expected), left, right)
                for name, left, right in zip(ENTRY_FACTS, expected, self._row, strict=True)
                if left != right
            ]
        self._row = next(self._stored, None)

    def _invented(self) -> None:
        assert self._row is not None  # noqa: S101
        self.differences.append(
            difference("invented statement line", _where(self._row), "not on the chain", self._row[3])
        )
        self._row = next(self._stored, None)


def _where(facts: tuple[int | str, ...]) -> str:
    return f"statement line {facts[0]} of account {facts[1]}"
