"""The audit: everything worked out again from the chain alone, and compared with the chain's state and every table.

The books are folded from the escrow's events by the domain's rules; nothing of the read model goes into them. Three
things must then agree: the events with the rules, the contract's own state with the books, the tables with the books.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any

from django.db import connection

from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.insight.moments import Moments
from pinlian.apps.insight.statement_lines import StatementCheck
from pinlian.apps.market import facade as market
from pinlian.apps.money import facade as money
from pinlian.chain.contract_state import ContractState
from pinlian.chain.escrow import Escrow
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.books import Books, Difference, OrderStatus, difference
from pinlian.domain.group import window_ends_at
from pinlian.indexer import facade as indexer

Facts = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was compared, and what does not agree.

    Attributes:
        block_number: everything is as of this block, the last one that is indexed.
        checked: how many of each thing.
        differences: each names what disagrees, where, what the chain says (expected) and what was found.
    """

    block_number: int
    checked: dict[str, int]
    differences: tuple[Difference, ...]

    @property
    def ok(self) -> bool:
        return not self.differences

    def with_more(self, other: "AuditReport") -> "AuditReport":
        """Both together; as of this one's block."""
        checked = self.checked | other.checked
        return AuditReport(self.block_number, checked, self.differences + other.differences)

    def as_json(self) -> dict[str, Any]:
        """The report as an object for JSON."""
        return {
            "ok": self.ok,
            "block_number": self.block_number,
            "checked": self.checked,
            "differences": [asdict(difference) for difference in self.differences],
        }


def audit(escrow: Escrow, start_block: int, *, progress: Callable[[str], None] = lambda part: None) -> AuditReport:
    """Compare chain and read model.

    Args:
        start_block: that of the escrow's deployment.
        progress: told in words what comes next.

    Raises:
        RpcError: the node cannot be reached, or no longer knows the state of the last indexed block.
    """
    with one_moment():
        state = indexer.state()
        block_number = state.block_number if state else start_block - 1
        progress("reading the chain's events")
        books = Books(hash_struct)
        moments = Moments()
        statements = StatementCheck()
        events = 0
        for event, at in escrow.events(start_block, block_number):
            books.apply(event, at)
            moments.take(event, at)
            statements.take(event, at, books)
            events += 1
        differences = books.check()
        progress("comparing with the contract's state")
        if block_number >= start_block:
            differences += books.compare(ContractState(escrow, block_number))
        progress("comparing with the read model")
        checked = {"events": events}
        for name, compare in _TABLES.items():
            found, checked[name] = compare(books, moments)
            differences += found
        found, checked["accounts"] = _accounts(books, statements.lines_of)
        differences += found + statements.finish()
        checked["statement_lines"] = statements.count
    return AuditReport(block_number, checked, tuple(differences))


@contextmanager
def one_moment() -> Iterator[None]:
    """All reads see the tables as they were at one moment, and no writer waits for the audit."""
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN ISOLATION LEVEL REPEATABLE READ" if connection.vendor == "postgresql" else "BEGIN")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


# --- Comparing tables ---


def _fields_that_differ(thing: str, names: Sequence[str], expected: Facts, found: Facts) -> list[Difference]:
    return [
        difference(name, thing, left, right)
        for name, left, right in zip(names, expected, found, strict=True)
        if left != right
    ]


def _compare_by_key(
    thing: str, names: Sequence[str], expected: Iterable[Facts], stored: Iterable[Facts]
) -> tuple[list[Difference], int]:
    """Rows whose first fact is their key."""
    wanted = {facts[0]: facts for facts in expected}
    count = len(wanted)
    found: list[Difference] = []
    for row in stored:
        where = f"{thing} {row[0]}"
        facts = wanted.pop(row[0], None)
        if facts is None:
            found.append(difference(f"invented {thing}", where, "not on the chain", _described(names, row)))
        elif facts != row:
            found += _fields_that_differ(where, names, facts, row)
    found += [
        difference(f"missing {thing}", f"{thing} {key}", _described(names, facts), "no row")
        for key, facts in wanted.items()
    ]
    return found, count


def _described(names: Sequence[str], facts: Facts) -> str:
    return ", ".join(f"{name} {value}" for name, value in zip(names[1:], facts[1:], strict=True))


def _orders(books: Books, moments: Moments) -> tuple[list[Difference], int]:
    """Both sides come by batch and index, so that they are compared while they are read."""
    names = groupbuy.ORDER_FACTS
    stored = iter(groupbuy.stored_orders())
    row = next(stored, None)
    found: list[Difference] = []
    count = 0
    for order in books.orders():
        count += 1
        facts: Facts = (
            order.batch,
            order.index,
            _hex(order.order_id),
            _hex(order.group),
            _hex(order.buyer),
            order.quantity,
            order.nonce,
            _hex(order.details),
            order.status,
            order.amount,
            order.rebate,
            order.refunded,
            order.placed_at,
            moments.rebated.get((order.batch, order.index), 0),
            moments.left.get((order.batch, order.index), 0),
        )
        while row is not None and row[:2] < facts[:2]:
            found.append(_invented_order(row))
            row = next(stored, None)
        if row is None or row[:2] != facts[:2]:
            found.append(difference("missing order", _order_name(facts), _described(names[2:], facts[2:]), "no row"))
            continue
        if row != facts:
            found += _fields_that_differ(_order_name(facts), names, facts, row)
        row = next(stored, None)
    while row is not None:
        found.append(_invented_order(row))
        row = next(stored, None)
    return found, count


def _order_name(facts: Facts) -> str:
    return f"order {facts[2]} (batch {facts[0]}, index {facts[1]})"


def _invented_order(row: Facts) -> Difference:
    return difference(
        "invented order", _order_name(row), "not on the chain", _described(groupbuy.ORDER_FACTS[2:], row[2:])
    )


def _groups(books: Books, moments: Moments) -> tuple[list[Difference], int]:
    expected = (
        (
            _hex(key),
            _hex(book.terms.offer),
            _hex(book.terms.leader),
            _hex(book.terms.pickup),
            hex(book.terms.salt),
            book.status,
            book.step,
            book.price,
            book.units,
            book.units_unrebated,
            book.terms.units_min,
            book.terms.closes_at,
            book.terms.deliver_by,
            book.delivered_at,
            book.units_ordered,
            sum(books.batches[number].exits.get(index) != OrderStatus.CANCELLED for number, index in book.leaves),
            book.refunded,
            book.rebated,
            book.settled,
            *moments.of_group(key),
            window_ends_at(book.state, book.offer.window_seconds) if book.delivered_at else 0,
        )
        for key, book in books.groups.items()
    )
    return _compare_by_key("group", groupbuy.GROUP_FACTS, expected, groupbuy.stored_groups())


def _batches(books: Books, moments: Moments) -> tuple[list[Difference], int]:
    """The runs are compared leaf by leaf: whose group each is of."""
    expected = (
        (
            number,
            _hex(book.root),
            len(book.leaves),
            [_hex(group) for group in book.groups],
            book.placed_at,
            _hex(moments.batches[number].tx_hash),
            moments.batches[number].block_number,
            _hex(moments.batches[number].block_hash),
        )
        for number, book in books.batches.items()
    )
    stored = (
        (number, root, size, [group for group, count in runs for _ in range(count)], *rest)
        for number, root, size, runs, *rest in groupbuy.stored_batches()
    )
    return _compare_by_key("batch", groupbuy.BATCH_FACTS, expected, stored)


def _cases(books: Books, moments: Moments) -> tuple[list[Difference], int]:
    expected = (
        (
            _hex(key),
            _hex(book.group),
            _hex(book.buyer),
            book.kind,
            book.status,
            book.decided,
            book.amount,
            book.asked,
            book.award,
            _hex(book.evidence),
            book.decide_by,
            *moments.of_case(key),
        )
        for key, book in books.cases.items()
    )
    return _compare_by_key("case", groupbuy.CASE_FACTS, expected, groupbuy.stored_cases())


def _offers(books: Books, moments: Moments) -> tuple[list[Difference], int]:
    expected = (
        (
            _hex(key),
            _hex(book.terms.merchant),
            _hex(book.terms.arbiter),
            book.terms.stock_cap,
            book.units_sold,
            book.terms.window_kind,
            book.terms.window_seconds,
            book.terms.leader_bps,
            [[step.units_min, step.price] for step in book.terms.ladder],
            [[_hex(payee.account), payee.share_bps] for payee in book.terms.payees],
            _hex(book.terms.terms),
            hex(book.terms.salt),
            book.first_price,
            moments.offers[key],
        )
        for key, book in books.offers.items()
    )
    return _compare_by_key("offer", market.OFFER_FACTS, expected, market.stored_offers())


def _pauses(books: Books, moments: Moments) -> tuple[list[Difference], int]:
    last = books.pause
    expected = [("last", last.stopped_seconds, last.started_at, last.ends_at)] if last.ends_at else []
    stored = (("last", *facts) for facts in groupbuy.stored_pauses())
    return _compare_by_key("pause", ("id", *groupbuy.PAUSE_FACTS), expected, stored)


def _accounts(books: Books, lines_of: Mapping[bytes, int]) -> tuple[list[Difference], int]:
    expected = (
        (_hex(key), state.balance, state.nonce_base, hex(state.nonce_bitmap), lines_of.get(key, 0))
        for key, state in books.accounts.items()
    )
    return _compare_by_key("account", money.ACCOUNT_FACTS, expected, money.stored_accounts())


_TABLES: dict[str, Callable[[Books, Moments], tuple[list[Difference], int]]] = {
    "offers": _offers,
    "groups": _groups,
    "batches": _batches,
    "orders": _orders,
    "cases": _cases,
    "pauses": _pauses,
}
