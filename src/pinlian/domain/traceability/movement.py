"""What each event moves of a lot.

Only making a lot (an Object event ADD, or being an output of a transformation) brings mass in. Packing moves nothing:
what is in a container goes where the container goes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from pinlian.domain.traceability.containers import Containers
from pinlian.domain.traceability.event import (
    CLOCK_US,
    ENDED,
    RETURNED,
    SHIPPED,
    SOLD,
    Action,
    BizStep,
    Event,
    EventType,
    Role,
    Thing,
)
from pinlian.domain.traceability.finding import Finding
from pinlian.domain.traceability.quantity import Amount


class MovementKind(StrEnum):
    """What an event does to the mass of a lot."""

    MADE = "made"
    SHIPPED = "shipped"
    SHIPPING_VOIDED = "shipping_voided"
    RECEIVED = "received"
    USED = "used"
    LOST = "lost"
    SOLD = "sold"


@dataclass(frozen=True, slots=True)
class Movement:
    """Some of a lot, moved by an event at a site. Without an amount: all that is there.

    Attributes:
        is_returned: somebody who had bought it brought it back.
    """

    kind: MovementKind
    site: str
    event: int
    time_us: int
    amount: Amount | None
    is_returned: bool = False


def movements(lot: str, events: Sequence[Event]) -> tuple[list[Movement], list[Finding]]:
    """What each event moves of a lot, in their order, and unpacking of more than was packed."""
    containers = Containers(lot)
    told = _Told()
    moved: list[Movement] = []
    for event in events:
        if event.type is EventType.TRANSFORMATION:
            moved += _of(event, MovementKind.USED, containers, event.of_role(Role.INPUT))
            moved += _of(event, MovementKind.MADE, containers, event.of_role(Role.OUTPUT))
            continue
        if event.type in (EventType.AGGREGATION, EventType.ASSOCIATION):
            containers.apply(event)
        kind = _movement(event)
        if kind is not None:
            moved += told.new(event, _of(event, kind, containers, _things_moved(event, lot)))
        if kind is MovementKind.RECEIVED:
            containers.arrive(event)
    return moved, containers.findings


class _Told:
    """Knows what events of one type said, so that those of another that say it again move nothing.

    One departure may be an Object event and a Transaction event: the same amounts, at the same place and time.
    """

    def __init__(self) -> None:
        self._told: dict[tuple[MovementKind, str, frozenset[Amount | None]], list[Event]] = defaultdict(list)

    def new(self, event: Event, moved: list[Movement]) -> list[Movement]:
        """The movements of an event, or none if another told them."""
        if not moved:
            return []
        amounts = frozenset(_sums(movement.amount for movement in moved))
        before = self._told[moved[0].kind, event.site, amounts]
        for other in reversed(before):
            if event.time_us - other.time_us > CLOCK_US:
                break
            if other.type is not event.type:
                before.remove(other)
                return []
        before.append(event)
        return moved


def _sums(amounts: Iterable[Amount | None]) -> Iterable[Amount | None]:
    """Together by dimension; None if one is not known."""
    sums: dict[str, Fraction] = defaultdict(Fraction)
    for each in amounts:
        if each is None:
            return [None]
        sums[each.dimension] += each.value
    return [Amount(dimension, value) for dimension, value in sums.items()]


def _things_moved(event: Event, lot: str) -> list[Thing]:
    """What an event is about; of an aggregation that is seen, the lot in it, or else what it is in."""
    if event.type is EventType.AGGREGATION:
        return [thing for thing in event.of_role(Role.CHILD) if thing.epc == lot] or event.of_role(Role.PARENT)
    return event.of_role(Role.EPC)


_SEEN: Mapping[EventType, Collection[Action]] = {
    EventType.TRANSACTION: {Action.ADD, Action.OBSERVE},
    EventType.AGGREGATION: {Action.OBSERVE},
    EventType.ASSOCIATION: (),
}
"""Events that join things to something else and also see them take a step."""


def _movement(event: Event) -> MovementKind | None:
    """What an event moves, but for transformations. What is only joined to a transaction or a container stays."""
    if event.type is EventType.OBJECT:
        if event.action is Action.ADD:
            return MovementKind.MADE
        if event.biz_step in SOLD:
            return MovementKind.SOLD
        if event.action is Action.DELETE or event.biz_step in ENDED:
            return MovementKind.LOST
    elif event.action not in _SEEN[event.type]:
        return None
    elif event.biz_step in SOLD:
        return MovementKind.SOLD
    if event.biz_step in SHIPPED:
        return MovementKind.SHIPPED
    if event.biz_step == BizStep.VOID_SHIPPING:
        return MovementKind.SHIPPING_VOIDED
    return MovementKind.RECEIVED if event.biz_step == BizStep.RECEIVING else None


def _of(event: Event, kind: MovementKind, containers: Containers, things: Sequence[Thing]) -> list[Movement]:
    """What an event moves: the lot itself where the event names it, and what is in the containers it names."""
    amounts: list[Amount | None] = [thing.amount for thing in things if thing.epc == containers.lot]
    for epc in dict.fromkeys(thing.epc for thing in things):
        amounts += containers.content(epc)
        if kind in (MovementKind.USED, MovementKind.LOST, MovementKind.SOLD):
            containers.forget(epc)
    is_returned = event.disposition == RETURNED
    return [Movement(kind, event.site, event.index, event.time_us, each, is_returned) for each in amounts]
