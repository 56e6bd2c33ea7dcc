"""An EPCIS event as the checks see it, and the words of the Core Business Vocabulary that they know."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from pinlian.domain.traceability.quantity import Amount, QuantityInvalid, amount


class EventType(StrEnum):
    """EPCIS 2.0 section 7.4: what kind of thing happened."""

    OBJECT = "ObjectEvent"
    AGGREGATION = "AggregationEvent"
    TRANSACTION = "TransactionEvent"
    TRANSFORMATION = "TransformationEvent"
    ASSOCIATION = "AssociationEvent"


class Action(StrEnum):
    """EPCIS 2.0 section 7.3.2; a transformation has none."""

    ADD = "ADD"
    OBSERVE = "OBSERVE"
    DELETE = "DELETE"
    NONE = ""


class Role(StrEnum):
    """In which list of its event a thing stands."""

    EPC = "epc"
    PARENT = "parent"
    CHILD = "child"
    INPUT = "input"
    OUTPUT = "output"


class BizStep(StrEnum):
    """Steps of CBV 2.0 section 7.1 that move goods, end them or measure."""

    SHIPPING = "shipping"
    CONSIGNING = "consigning"
    VOID_SHIPPING = "void_shipping"
    RECEIVING = "receiving"
    RETAIL_SELLING = "retail_selling"
    DISPENSING = "dispensing"
    DESTROYING = "destroying"
    DECOMMISSIONING = "decommissioning"
    SENSOR_REPORTING = "sensor_reporting"


_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 -- the clock of the place is added to it

CLOCK_SECONDS_MAX = 15 * 60
CLOCK_US = CLOCK_SECONDS_MAX * 1_000_000
"""By how much two clocks may differ without anything being wrong."""

RETURNED = "returned"
"""Disposition of goods that somebody brought back (CBV 2.0, 7.2)."""

SHIPPED = frozenset({BizStep.SHIPPING, BizStep.CONSIGNING})
SOLD = frozenset({BizStep.RETAIL_SELLING, BizStep.DISPENSING})
ENDED = frozenset({BizStep.DESTROYING, BizStep.DECOMMISSIONING})


@dataclass(frozen=True, slots=True)
class Thing:
    """A thing in an event.

    Attributes:
        epc: canonical EPC.
        quantity: of a class, as much of it as the event says; None if it does not say.
        is_class: a class (a lot of a product) rather than one thing.
    """

    epc: str
    role: Role
    quantity: Decimal | None = None
    uom: str = ""
    is_class: bool = False

    @property
    def amount(self) -> Amount | None:
        """None where the event does not say how much, or says what cannot be counted."""
        if not self.is_class:
            return amount(1)
        if self.quantity is None or self.quantity < 0:
            return None
        try:
            return amount(self.quantity, self.uom)
        except QuantityInvalid:
            return None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one sensor said, at a moment or of a stretch of time; temperatures in degrees Celsius.

    Attributes:
        sensor: what tells one sensor's readings from another's; empty if nothing does.
        from_us, to_us: microseconds since the Unix epoch; equal for a moment.
        low, high: the lowest and highest of the stretch; equal to `mean` for a moment.
    """

    sensor: str
    from_us: int
    to_us: int
    low: Decimal
    mean: Decimal
    high: Decimal


@dataclass(frozen=True)
class Event:
    """One recorded event.

    Attributes:
        index: in the record.
        id: its event id.
        author: account that signed the fact.
        time_us: when it happened, microseconds since the Unix epoch.
        signed_at: when its author signed it, Unix seconds; 0 if that is not known.
        offset_minutes: how far the clock of the place is ahead of UTC.
        disposition: a word of CBV 2.0 section 7.2, or another URI; empty if absent.
        read_point, biz_location: canonical EPC of a location or any other URI; empty if absent.
        groups: ids of the groups that a business transaction of it names.
        transformation: the id that joins several events to one transformation; empty if it is all in this event.
        parts: the other events of that transformation.
        is_error: it declares that the event with its id is wrong (EPCIS 2.0 section 7.4.1.2).
    """

    index: int
    id: str
    type: EventType
    action: Action
    time_us: int
    biz_step: str = ""
    read_point: str = ""
    biz_location: str = ""
    things: tuple[Thing, ...] = ()
    readings: tuple[Reading, ...] = ()
    groups: tuple[str, ...] = ()
    transformation: str = ""
    parts: tuple["Event", ...] = ()
    author: str = ""
    capturer: str = ""
    signed_at: int = 0
    recorded_at: int = 0
    disposition: str = ""
    offset_minutes: int = 0
    is_error: bool = False
    _by_role: dict[Role, list[Thing]] = field(default_factory=dict, init=False, repr=False, compare=False)

    @property
    def at(self) -> int:
        """When it happened, Unix seconds."""
        return self.time_us // 1_000_000

    @property
    def day(self) -> date:
        """The day on which it happened, by the calendar of the place."""
        return self._day_of(self.time_us)

    @property
    def recorded_on(self) -> date | None:
        """The day on which it came into the record, by the calendar of the place; None if that is not known."""
        return self._day_of(self.recorded_at * 1_000_000) if self.recorded_at else None

    @property
    def hand(self) -> tuple[str, str]:
        """Who says so: nobody else can take it back."""
        return self.author, self.capturer

    @cached_property
    def site(self) -> str:
        """Where it happened: the location without what is within it; empty if unknown."""
        return site(self.read_point or self.biz_location)

    def _day_of(self, time_us: int) -> date:
        try:
            return (_EPOCH + timedelta(minutes=self.offset_minutes, microseconds=time_us)).date()
        except OverflowError:
            return date.max if time_us > 0 else date.min

    def of_role(self, role: Role) -> list[Thing]:
        """The things of one list."""
        if not self._by_role and self.things:
            for thing in self.things:
                self._by_role.setdefault(thing.role, []).append(thing)
        return self._by_role.get(role, [])

    def of_whole(self, role: Role) -> list[Thing]:
        """The things of one list in all events of the transformation."""
        return [thing for event in (self, *self.parts) for thing in event.of_role(role)]

    def role_of(self, epc: str) -> frozenset[Role]:
        """The lists in which a thing stands."""
        return frozenset(thing.role for thing in self.things if thing.epc == epc)


_EXTENSION = re.compile(r"^(https?://.+/414/[0-9]{13})/254/[^/?#]+$")


def site(location: str) -> str:
    """The location without its extension: a door, a shelf and a field of one place are one site."""
    match = _EXTENSION.match(location)
    return match[1] if match else location


_FIRST_OF_A_MOMENT = {EventType.TRANSFORMATION: 1, EventType.AGGREGATION: 3}


def in_order(events: Iterable[Event]) -> list[Event]:
    """By time. Of one moment: what makes or brings goods, then packing, then what takes them away."""
    return sorted(events, key=lambda event: (event.time_us, _rank(event), event.index))


def _rank(event: Event) -> int:
    if event.type is EventType.OBJECT:
        if event.action is Action.ADD:
            return 0
        return 2 if event.biz_step == BizStep.RECEIVING else 4
    return _FIRST_OF_A_MOMENT.get(event.type, 4)


def standing(events: Sequence[Event]) -> list[Event]:
    """The events that nobody has taken back: without error declarations, and without what they declare wrong.

    Only who said that something happened can say that it did not.
    """
    wrong = {(event.id, *event.hand) for event in events if event.is_error}
    return [event for event in events if not event.is_error and (event.id, *event.hand) not in wrong]
