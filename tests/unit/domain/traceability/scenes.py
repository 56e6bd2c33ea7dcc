"""Events for tests, each written as one line: what, how much, where, when (hours from the start)."""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from itertools import count
from typing import Any

from pinlian.domain.traceability.event import Action, Event, EventType, Reading, Role, Thing
from pinlian.domain.traceability.walk import Window

FARM, FACTORY, WAREHOUSE, PICKUP = (
    f"https://id.gs1.org/414/{gln}" for gln in ("9521321000010", "9521321000027", "9521321000034", "9521321000041")
)
LOT = "https://id.gs1.org/01/09521321123453/10/A1"
OTHER_LOT = "https://id.gs1.org/01/09521321123453/10/A2"
CRATE, OTHER_CRATE = "https://id.gs1.org/8003/09521321100013/1", "https://id.gs1.org/8003/09521321100013/2"
PALLET = "https://id.gs1.org/00/095213210000000013"
SENSOR = "https://id.gs1.org/8004/9521321SENSOR1"
FARMER, STRANGER = "0x" + "11" * 20, "0x" + "22" * 20

START = 1_790_000_000
HOUR_US = 3_600 * 1_000_000

Quantity = tuple[str, str | int, str]
"""Lot, how much, unit."""


def time_us(hours: float) -> int:
    return START * 1_000_000 + round(hours * HOUR_US)


def things(role: Role, items: Sequence[Quantity | str]) -> tuple[Thing, ...]:
    return tuple(
        Thing(item, role) if isinstance(item, str) else Thing(item[0], role, Decimal(item[1]), item[2], is_class=True)
        for item in items
    )


class Scene:
    """Makes events with indices in the order in which they are written."""

    def __init__(self) -> None:
        self.events: list[Event] = []
        self._numbers = count()

    def _add(
        self, type_: EventType, action: Action, step: str, at: float, where: str, *parts: Thing, **more: Any
    ) -> Event:
        number = next(self._numbers)
        event = Event(
            index=number,
            id=more.pop("id", f"event {number}"),
            type=type_,
            action=action,
            time_us=time_us(at),
            biz_step=step,
            read_point=where,
            things=parts,
            author=more.pop("author", FARMER),
            **more,
        )
        self.events.append(event)
        return event

    def made(self, item: Quantity, where: str = FARM, at: float = 0, **more: Any) -> Event:
        return self._add(EventType.OBJECT, Action.ADD, "commissioning", at, where, *things(Role.EPC, [item]), **more)

    def weighed_by_nobody(self, lot: str, where: str = FARM, at: float = 0) -> Event:
        """A lot that was made, and nobody says how much of it."""
        thing = Thing(lot, Role.EPC, is_class=True)
        return self._add(EventType.OBJECT, Action.ADD, "commissioning", at, where, thing)

    def step(self, step: str, *items: Quantity | str, where: str, at: float, **more: Any) -> Event:
        return self._add(EventType.OBJECT, Action.OBSERVE, step, at, where, *things(Role.EPC, items), **more)

    def shipped(self, *items: Quantity | str, where: str = FARM, at: float = 1, **more: Any) -> Event:
        return self.step("shipping", *items, where=where, at=at, **more)

    def received(self, *items: Quantity | str, where: str = WAREHOUSE, at: float = 5, **more: Any) -> Event:
        return self.step("receiving", *items, where=where, at=at, **more)

    def lost(self, item: Quantity, where: str = WAREHOUSE, at: float = 6, **more: Any) -> Event:
        return self._add(EventType.OBJECT, Action.DELETE, "destroying", at, where, *things(Role.EPC, [item]), **more)

    def traded(self, step: str, item: Quantity, where: str, at: float, action: Action = Action.ADD) -> Event:
        """A step that is told as one of a business transaction."""
        return self._add(EventType.TRANSACTION, action, step, at, where, *things(Role.EPC, [item]))

    def seen_in(self, parent: str, step: str, *items: Quantity | str, where: str, at: float) -> Event:
        """A step of a container, told with what is in it."""
        parts = (*things(Role.PARENT, [parent]), *things(Role.CHILD, items))
        return self._add(EventType.AGGREGATION, Action.OBSERVE, step, at, where, *parts)

    def sold(self, item: Quantity, where: str = PICKUP, at: float = 9) -> Event:
        return self._add(EventType.OBJECT, Action.DELETE, "retail_selling", at, where, *things(Role.EPC, [item]))

    def packed(self, parent: str, *items: Quantity | str, where: str = FARM, at: float = 0.5) -> Event:
        parts = (*things(Role.PARENT, [parent]), *things(Role.CHILD, items))
        return self._add(EventType.AGGREGATION, Action.ADD, "packing", at, where, *parts)

    def unpacked(self, parent: str, *items: Quantity | str, where: str = WAREHOUSE, at: float = 6) -> Event:
        parts = (*things(Role.PARENT, [parent]), *things(Role.CHILD, items))
        return self._add(EventType.AGGREGATION, Action.DELETE, "unpacking", at, where, *parts)

    def attached(self, parent: str, child: str, where: str = FARM, at: float = 0) -> Event:
        parts = (*things(Role.PARENT, [parent]), *things(Role.CHILD, [child]))
        return self._add(EventType.ASSOCIATION, Action.ADD, "assembling", at, where, *parts)

    def detached(self, parent: str, child: str, where: str = WAREHOUSE, at: float = 9) -> Event:
        parts = (*things(Role.PARENT, [parent]), *things(Role.CHILD, [child]))
        return self._add(EventType.ASSOCIATION, Action.DELETE, "disassembling", at, where, *parts)

    def transformed(
        self,
        inputs: Sequence[Quantity | str],
        outputs: Sequence[Quantity | str],
        where: str = FACTORY,
        at: float = 7,
        **more: Any,
    ) -> Event:
        parts = (*things(Role.INPUT, inputs), *things(Role.OUTPUT, outputs))
        return self._add(EventType.TRANSFORMATION, Action.NONE, "commissioning", at, where, *parts, **more)

    def measured(
        self, thing: str, *temperatures: tuple[float, str], sensor: str = "s1", where: str = "", **more: Any
    ) -> Event:
        """Readings of moments: hours and degrees."""
        readings = tuple(
            Reading(sensor, time_us(at), time_us(at), Decimal(value), Decimal(value), Decimal(value))
            for at, value in temperatures
        )
        last = max(at for at, _ in temperatures)
        return self.step("sensor_reporting", thing, where=where, at=last, readings=readings, **more)

    def declared_wrong(self, event: Event, author: str = FARMER, capturer: str = "") -> Event:
        return self._add(
            event.type, event.action, event.biz_step, 0, event.read_point, *event.things,
            id=event.id, is_error=True, author=author, capturer=capturer,
        )  # fmt: skip

    def fetch(self) -> Callable[[Mapping[str, Window]], list[Event]]:
        """The store that a walk asks."""

        def is_wanted(event: Event, thing: Thing, windows: Mapping[str, Window]) -> bool:
            if thing.epc not in windows:
                return False
            since, until = windows[thing.epc]
            is_lasting = event.type is EventType.ASSOCIATION and thing.role is Role.PARENT
            return (is_lasting or since <= event.time_us) and event.time_us <= until

        return lambda windows: [
            event for event in self.events if any(is_wanted(event, thing, windows) for thing in event.things)
        ]
