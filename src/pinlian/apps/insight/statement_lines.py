"""What every statement must say, worked out from the chain's events one by one, beside what the tables say."""

from collections import Counter
from collections.abc import Iterator

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
from pinlian.domain.order import ORDERS_MAX

Movement = tuple[bytes, EntryKind, int]


def movements(event: ChainEvent, books: Books) -> Iterator[Movement]:
    """Who gets (or, negative, gives) how much by an event that `books` have taken in, in the order of the statement."""
    match event:
        case Deposited():
            yield event.account, EntryKind.DEPOSIT, event.amount
        case Withdrawn():
            yield event.account, EntryKind.WITHDRAWAL, -event.amount
        case OrdersPlaced():
            for run in event.runs_of_leaves():
                price = books.groups[run.group].offer.ladder[0].price
                for leaf in run.leaves:
                    yield leaf.buyer, EntryKind.ORDER, -leaf.quantity * price
        case OrderCancelled():
            yield event.buyer, EntryKind.CANCELLATION, event.amount
        case RunRefunded():
            group, batch = books.groups[event.group], books.batches[event.batch]
            for index in _marked(event.marks):
                price = group.price if batch.is_rebated(index) else group.offer.ladder[0].price
                yield batch.leaves[index].buyer, EntryKind.REFUND, batch.leaves[index].quantity * price
        case RunRebated():
            group, batch = books.groups[event.group], books.batches[event.batch]
            for index in _marked(event.marks):
                yield batch.leaves[index].buyer, EntryKind.REBATE, batch.leaves[index].quantity * group.rebate
        case CaseOpened() if event.rebate:
            yield event.buyer, EntryKind.REBATE, event.rebate
        case CaseClosed() if event.award:
            yield books.cases[event.case_id].buyer, EntryKind.AWARD, event.award
        case PaidOut():
            yield event.account, EntryKind.PAYOUT, event.amount


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
        for position, (account, kind, amount) in enumerate(movements(event, books)):
            self._balances[account] += amount
            self.lines_of[account] += 1
            self.count += 1
            self._compare(
                (
                    entry_id(at, position),
                    f"0x{account.hex()}",
                    int(kind),
                    amount,
                    self._balances[account],
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
