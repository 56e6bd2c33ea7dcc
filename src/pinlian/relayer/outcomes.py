"""What became of the messages in a mined transaction, read from its events. Pure."""

from collections.abc import Iterable

from pinlian.domain.chain_events import ChainEvent, GroupsRefused, OrdersPlaced
from pinlian.domain.refusals import Refusal
from pinlian.relayer.kinds import Kind


class OutcomeUnknown(Exception):
    """The transaction succeeded, but without the event that tells what became of its messages."""


def refused_positions(kind: str, events: Iterable[ChainEvent]) -> list[tuple[int, Refusal]]:
    """Which messages of a call that succeeded were refused, by their position in it.

    Args:
        kind: a Kind, or a name of the relayer's own for a call without messages.

    Raises:
        OutcomeUnknown: place_orders left no OrdersPlaced.
    """
    if kind == Kind.ORDER:
        for event in events:
            if isinstance(event, OrdersPlaced):
                return [(entry.position, entry.refusal) for entry in event.refused]
        raise OutcomeUnknown("no OrdersPlaced in the receipt of place_orders")
    if kind == Kind.GROUP:
        return [
            (entry.position, entry.refusal)
            for event in events
            if isinstance(event, GroupsRefused)
            for entry in event.refused
        ]
    return []
