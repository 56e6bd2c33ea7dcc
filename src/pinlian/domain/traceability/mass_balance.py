"""Mass balance: of a lot no more can leave a place than came to it, less what was lost there."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pinlian.domain.traceability.event import Event, in_order
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.lot_book import Balance, Book
from pinlian.domain.traceability.movement import Movement, MovementKind, movements
from pinlian.domain.traceability.quantity import PIECES, Amount


def balances(
    lot: str, events: Iterable[Event], *, net_content: Amount | None = None
) -> tuple[list[Balance], list[Finding]]:
    """The books of a lot, one for each dimension that it is counted in, and what does not balance.

    Args:
        lot: canonical EPC of the lot.
        events: all standing events that touch the lot, and those of the containers it is in.
        net_content: what is in one piece of the lot; with it, pieces and weight are one balance.
    """
    moved, found = movements(lot, in_order(events))
    if net_content is not None:
        moved = [_in_content(movement, net_content) for movement in moved]
    dimensions = sorted({movement.amount.dimension for movement in moved if movement.amount}) or [PIECES]
    made_in = {m.amount.dimension for m in moved if m.kind is MovementKind.MADE and m.amount}
    books: list[Balance] = []
    for dimension in dimensions:
        if made_in and dimension not in made_in:
            found.append(_not_comparable(lot, dimension, made_in, moved))
            continue
        book = Book(lot, dimension, moved)
        book.post_all()
        books.append(book.balance())
        found += book.findings()
    return books, found


def _in_content(movement: Movement, net_content: Amount) -> Movement:
    if movement.amount is None or movement.amount.dimension != PIECES:
        return movement
    amount_of_content = Amount(net_content.dimension, movement.amount.value * net_content.value)
    return replace(movement, amount=amount_of_content)


def _not_comparable(lot: str, dimension: str, made_in: set[str], moved: Sequence[Movement]) -> Finding:
    facts: dict[str, str | int] = {"uom": dimension, "made_uom": ", ".join(sorted(made_in))}
    events = evidence(m.event for m in moved if m.amount and m.amount.dimension == dimension)
    return Finding(FindingKind.UNITS_NOT_COMPARABLE, Severity.NOTICE, lot, facts, events)
