"""Mass balance: of a lot no more can leave a place than came to it, less what was lost there.

The books of a lot are kept double: every event that moves some of it takes from one account and gives to another.
Accounts are the sites, what is on the way from each site, what was used to make other things, what was lost and what
was sold. Only making a lot (an Object event ADD, or being an output of a transformation) brings mass in. Packing moves
nothing: what is in a container goes where the container goes.

Holes in the record are bridged and named, because small businesses leave them: a site that never records an arrival of
the lot is taken to have received what it has, a site that never records a departure to have sent what others receive,
and a site that does not say how much it made to have made what left. A site that does record arrivals is held to them.

Scales and clocks differ. What weighs a little more than before is the same, and what cannot have been there yet is
waited for as long as clocks may differ.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from fractions import Fraction

from pinlian.domain.traceability.event import (
    CLOCK_SECONDS_MAX,
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
    in_order,
)
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.quantity import PIECES, Amount, plain, scales_differ_by

ZERO = Fraction(0)
CLOCK_US = CLOCK_SECONDS_MAX * 1_000_000


class MovementKind(StrEnum):
    """What an event does to the mass of a lot."""

    MADE = "made"
    SHIPPED = "shipped"
    SHIPPING_VOIDED = "shipping_voided"
    RECEIVED = "received"
    USED = "used"
    LOST = "lost"
    SOLD = "sold"


ARRIVALS = frozenset({MovementKind.MADE, MovementKind.RECEIVED})


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


@dataclass(frozen=True, slots=True)
class Balance:
    """Where all of a lot is, in one dimension.

    Attributes:
        made, used, lost, sold, on_the_way: in units of the dimension.
        held: what each site has; sites that have nothing are absent.
        unexplained: what left or arrived without being there before; nothing, if the record is sound.
    """

    dimension: str
    made: Fraction
    used: Fraction
    lost: Fraction
    sold: Fraction
    on_the_way: Fraction
    held: Mapping[str, Fraction]
    unexplained: Fraction


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
        book = _Book(lot, dimension, moved)
        book.post_all()
        books.append(book.balance())
        found += book.findings()
    return books, found


def movements(lot: str, events: Sequence[Event]) -> tuple[list[Movement], list[Finding]]:
    """What each event moves of a lot, in their order, and unpacking of more than was packed."""
    containers = _Containers(lot)
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


def yields(
    event: Event, *, net_contents: Mapping[str, Amount] | None = None, yield_max: Fraction = Fraction(1)
) -> list[Finding]:
    """Whether a transformation, with all its parts, made more than it used.

    Args:
        net_contents: what is in one piece of a lot, by EPC, where it is known.
        yield_max: what may come out of one unit that goes in; above 1 where water or brine is added.

    Returns:
        A finding about each output if more came out than went in; that they cannot be compared, if something has no
        amount or is in pieces of unknown content, or nothing went in. More pieces than went in may be smaller ones.
    """
    contents = net_contents or {}
    used = weighed(event.of_whole(Role.INPUT), contents)
    made = weighed(event.of_whole(Role.OUTPUT), contents)
    outputs = sorted({thing.epc for thing in event.of_whole(Role.OUTPUT)})
    rests_on = evidence(part.index for part in (event, *event.parts))
    if used is None or made is None or used.dimension != made.dimension or _may_be_smaller(used, made):
        units = {"uom": _units(event, Role.OUTPUT, contents), "made_uom": _units(event, Role.INPUT, contents)}
        return [Finding(FindingKind.UNITS_NOT_COMPARABLE, Severity.NOTICE, epc, units, rests_on) for epc in outputs]
    if made.value <= used.value * yield_max + scales_differ_by(made.dimension, used.value * yield_max):
        return []
    facts: dict[str, str | int] = {
        "used": plain(used.value),
        "made": plain(made.value),
        "over_by": plain(made.value - used.value * yield_max),
        "uom": made.dimension,
        "yield_max": plain(yield_max),
    }
    return [Finding(FindingKind.MADE_MORE_THAN_USED, Severity.SERIOUS, epc, facts, rests_on) for epc in outputs]


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


def _of(event: Event, kind: MovementKind, containers: "_Containers", things: Sequence[Thing]) -> list[Movement]:
    """What an event moves: the lot itself where the event names it, and what is in the containers it names."""
    amounts: list[Amount | None] = [thing.amount for thing in things if thing.epc == containers.lot]
    for epc in dict.fromkeys(thing.epc for thing in things):
        amounts += containers.content(epc)
        if kind in (MovementKind.USED, MovementKind.LOST, MovementKind.SOLD):
            containers.forget(epc)
    is_returned = event.disposition == RETURNED
    return [Movement(kind, event.site, event.index, event.time_us, each, is_returned) for each in amounts]


class _Containers:
    """How much of a lot is in which container, and which container is in which."""

    def __init__(self, lot: str) -> None:
        self.lot = lot
        self.findings: list[Finding] = []
        # A dimension without a value: packed without saying how much.
        self._amounts: dict[str, dict[str, Fraction | None]] = defaultdict(dict)
        self._inside: dict[str, dict[str, None]] = defaultdict(dict)
        self._packed_by: dict[str, list[int]] = defaultdict(list)
        self._arrived_at: dict[str, str] = {}

    def content(self, container: str) -> list[Amount | None]:
        """What is in it and in the containers within it, one amount for each dimension and container."""
        return [
            None if value is None else Amount(dimension, value)
            for each in self._all_within(container)
            for dimension, value in self._amounts.get(each, {}).items()
            if value is None or value > 0
        ]

    def _all_within(self, container: str) -> Iterable[str]:
        """The container and those within it, once each."""
        seen: dict[str, None] = {}
        waiting = [container]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen[each] = None
                waiting += self._inside.get(each, {})
        return seen

    def forget(self, container: str) -> None:
        """A container that ended or was used has nothing in it any more."""
        self._amounts.pop(container, None)
        self._inside.pop(container, None)

    def arrive(self, event: Event) -> None:
        """Remember where containers came to, and those within them."""
        for thing in event.of_role(Role.EPC):
            self._arrived_at |= dict.fromkeys(self._all_within(thing.epc), event.site)

    def apply(self, event: Event) -> None:
        """Pack or unpack."""
        children = event.of_role(Role.CHILD)
        for parent in event.of_role(Role.PARENT):
            if event.action is Action.ADD:
                if self._arrived_at.pop(parent.epc, event.site) != event.site:
                    # A crate that is filled elsewhere than where it came to was emptied there, recorded or not.
                    self.forget(parent.epc)
                self._pack(parent.epc, children, event)
            elif event.action is Action.DELETE:
                self._unpack(parent.epc, children, event)

    def _pack(self, container: str, children: Sequence[Thing], event: Event) -> None:
        for child in children:
            if child.epc != self.lot:
                self._inside[container][child.epc] = None
                continue
            self._packed_by[container].append(event.index)
            packed = child.amount
            if packed is None:
                self._amounts[container][PIECES] = None
                continue
            before = self._amounts[container].get(packed.dimension, ZERO)
            self._amounts[container][packed.dimension] = None if before is None else before + packed.value

    def _unpack(self, container: str, children: Sequence[Thing], event: Event) -> None:
        if not children:
            self.forget(container)
            return
        for child in children:
            if child.epc != self.lot:
                self._inside[container].pop(child.epc, None)
                continue
            unpacked = child.amount
            if unpacked is None:
                self._amounts.pop(container, None)
                continue
            before = self._amounts[container].get(unpacked.dimension)
            if before is None:
                continue
            differs = scales_differ_by(unpacked.dimension, before)
            if unpacked.value > before + differs:
                self.findings.append(self._unpacked_more(container, before, unpacked, event))
            left = before - unpacked.value
            self._amounts[container][unpacked.dimension] = left if left > differs else ZERO

    def _unpacked_more(self, container: str, packed: Fraction, unpacked: Amount, event: Event) -> Finding:
        facts: dict[str, str | int] = {
            "container": container,
            "packed": plain(packed),
            "unpacked": plain(unpacked.value),
            "over_by": plain(unpacked.value - packed),
            "uom": unpacked.dimension,
            "at": event.at,
        }
        rests_on = evidence([*self._packed_by[container], event.index])
        return Finding(FindingKind.UNPACKED_MORE_THAN_PACKED, Severity.SERIOUS, self.lot, facts, rests_on)


@dataclass(slots=True)
class _Site:
    """What a site did with the lot, in one dimension."""

    held: Fraction = ZERO
    came_in: Fraction = ZERO
    lost: Fraction = ZERO
    went_out: Fraction = ZERO
    over_by: Fraction = ZERO
    received: Fraction = ZERO
    received_over_by: Fraction = ZERO
    events: list[int] = field(default_factory=list)


class _OnTheWay:
    """What left a site and has not arrived, by the site that it left."""

    def __init__(self) -> None:
        self.total = ZERO
        self._from: dict[str, Fraction] = {}

    def add(self, source: str, value: Fraction) -> None:
        """So much left a site."""
        if value:
            self._from[source] = self._from.get(source, ZERO) + value
            self.total += value

    def take(self, wanted: Fraction, source: str) -> Fraction:
        """Take as much as there is from one site, at most what is wanted; how much."""
        part = min(self._from.get(source, ZERO), wanted)
        if part:
            self._from[source] -= part
            self.total -= part
            if not self._from[source]:
                del self._from[source]
        return part

    def take_from_others(self, wanted: Fraction, site: str) -> Fraction:
        """The same from all other sites, those first from where it left first."""
        taken = ZERO
        while taken < wanted:
            source = next((each for each in self._from if each != site), None)
            if source is None:
                break
            taken += self.take(wanted - taken, source)
        return taken


class _Book:
    """The accounts of one lot in one dimension."""

    def __init__(self, lot: str, dimension: str, moved: Sequence[Movement]) -> None:
        self._lot = lot
        self._dimension = dimension
        self._moved = [m for m in moved if m.amount is None or m.amount.dimension == dimension]
        self._sites: dict[str, _Site] = defaultdict(_Site)
        self._on_the_way = _OnTheWay()
        self._sum: dict[MovementKind, Fraction] = defaultdict(Fraction)
        self._unexplained = ZERO
        self._bridged: dict[tuple[FindingKind, str], tuple[Fraction, list[int]]] = {}
        self._records_arrivals = {m.site for m in self._moved if m.kind in ARRIVALS and m.site}
        self._records_departures = {m.site for m in self._moved if m.kind is MovementKind.SHIPPED and m.site}
        self._made_unknown = {m.site for m in self._moved if m.kind is MovementKind.MADE and m.amount is None}

    def post_all(self) -> None:
        """Post every movement, in order."""
        post: Mapping[MovementKind, Callable[[Movement, _Site], None]] = {
            MovementKind.MADE: self._post_made,
            MovementKind.RECEIVED: self._post_received,
            MovementKind.SHIPPED: self._post_shipped,
            MovementKind.SHIPPING_VOIDED: self._post_voided,
            MovementKind.USED: self._post_out,
            MovementKind.LOST: self._post_out,
            MovementKind.SOLD: self._post_out,
        }
        waiting: deque[Movement] = deque()

        def post_one(movement: Movement) -> None:
            place = self._sites[movement.site]
            place.events.append(movement.event)
            post[movement.kind](movement, place)

        for movement in self._moved:
            while waiting and movement.time_us - waiting[0].time_us > CLOCK_US:
                post_one(waiting.popleft())
            if self._is_early(movement):
                waiting.append(movement)
            else:
                post_one(movement)
        for movement in waiting:
            post_one(movement)

    def balance(self) -> Balance:
        """The accounts as they are."""
        return Balance(
            dimension=self._dimension,
            made=self._sum[MovementKind.MADE],
            used=self._sum[MovementKind.USED],
            lost=self._sum[MovementKind.LOST],
            sold=self._sum[MovementKind.SOLD],
            on_the_way=self._on_the_way.total,
            held={name: place.held for name, place in sorted(self._sites.items()) if place.held},
            unexplained=self._unexplained,
        )

    def findings(self) -> list[Finding]:
        """What does not balance, and the holes that were bridged."""
        found: list[Finding] = []
        # Of a lot that nobody says to have made, the record begins in the middle.
        severity = Severity.SERIOUS if self._sum[MovementKind.MADE] else Severity.WARNING
        for name, place in sorted(self._sites.items()):
            if place.over_by > scales_differ_by(self._dimension, place.came_in):
                found.append(
                    self._finding(
                        FindingKind.SHIPPED_MORE_THAN_CAME_IN,
                        severity,
                        place.events,
                        place=name,
                        came_in=plain(place.came_in),
                        lost=plain(place.lost),
                        went_out=plain(place.went_out),
                        over_by=plain(place.over_by),
                    )
                )
            if place.received_over_by > scales_differ_by(self._dimension, place.received):
                found.append(
                    self._finding(
                        FindingKind.RECEIVED_MORE_THAN_SHIPPED,
                        severity,
                        [m.event for m in self._moved if m.kind in (MovementKind.SHIPPED, MovementKind.RECEIVED)],
                        place=name,
                        received=plain(place.received),
                        over_by=plain(place.received_over_by),
                    )
                )
        for (kind, name), (quantity, events) in sorted(self._bridged.items()):
            found.append(self._finding(kind, Severity.NOTICE, events, place=name, quantity=plain(quantity)))
        return found

    def _is_early(self, movement: Movement) -> bool:
        """Whether what it moves is not there yet."""
        if movement.kind in (MovementKind.MADE, MovementKind.SHIPPING_VOIDED):
            return False
        is_received = movement.kind is MovementKind.RECEIVED
        there = self._returnable(movement) if is_received else self._sites[movement.site].held
        if movement.amount is None:
            return not there
        return movement.amount.value - there > scales_differ_by(self._dimension, movement.amount.value)

    def _returnable(self, movement: Movement) -> Fraction:
        """What a site can receive that others are recorded to have sent or sold."""
        sold = self._sum[MovementKind.SOLD] if movement.is_returned else ZERO
        return self._on_the_way.total + sold

    def _has_unknown(self, movement: Movement) -> bool:
        """Whether as much may have been made as it takes, because nobody said how much was made."""
        if movement.kind is MovementKind.RECEIVED:
            return bool(self._made_unknown - self._records_departures - {movement.site})
        return movement.site in self._made_unknown

    def _finding(self, kind: FindingKind, severity: Severity, events: Sequence[int], **facts: str | int) -> Finding:
        return Finding(kind, severity, self._lot, facts | {"uom": self._dimension}, evidence(events))

    def _post_made(self, movement: Movement, place: _Site) -> None:
        value = movement.amount.value if movement.amount else ZERO
        place.held += value
        place.came_in += value
        self._sum[MovementKind.MADE] += value

    def _post_received(self, movement: Movement, place: _Site) -> None:
        wanted = movement.amount.value if movement.amount else self._returnable(movement)
        missing = wanted - self._arrive(wanted, at=movement.site)
        if missing and movement.is_returned:
            returned = min(missing, self._sum[MovementKind.SOLD])
            self._sum[MovementKind.SOLD] -= returned
            missing -= returned
        if missing > scales_differ_by(self._dimension, wanted):
            missing -= self._depart_unrecorded(missing, movement)
            if missing and self._has_unknown(movement):
                missing -= self._make_unrecorded(missing, movement)
        place.received_over_by += missing
        self._unexplained += missing
        place.received += wanted
        place.held += wanted
        place.came_in += wanted

    def _post_shipped(self, movement: Movement, place: _Site) -> None:
        self._on_the_way.add(movement.site, self._take(movement, place))

    def _post_voided(self, movement: Movement, place: _Site) -> None:
        wanted = movement.amount.value if movement.amount else self._on_the_way.total
        value = self._on_the_way.take(wanted, movement.site)
        place.held += value
        place.went_out -= value

    def _post_out(self, movement: Movement, place: _Site) -> None:
        self._sum[movement.kind] += self._take(movement, place)

    def _take(self, movement: Movement, place: _Site) -> Fraction:
        """Take a movement's amount out of a site, naming what was not there; how much it is."""
        value = movement.amount.value if movement.amount else place.held
        if value - place.held > scales_differ_by(self._dimension, value):
            if self._has_unknown(movement):
                made = self._make_unrecorded(value - place.held, movement)
                place.held += made
                place.came_in += made
            else:
                self._arrive_unrecorded(value - place.held, movement, place)
        missing = max(value - place.held, ZERO)
        place.over_by += missing
        self._unexplained += missing
        place.held += missing - value
        if movement.kind is MovementKind.LOST:
            place.lost += value
        else:
            place.went_out += value
        return value

    def _arrive(self, wanted: Fraction, *, at: str) -> Fraction:
        """Take from what is on the way, from other sites first; how much there was."""
        arrived = self._on_the_way.take_from_others(wanted, at)
        return arrived + self._on_the_way.take(wanted - arrived, at)

    def _arrive_unrecorded(self, wanted: Fraction, movement: Movement, place: _Site) -> None:
        """A site without any recorded arrival has what others sent; an event without a place, what anybody has."""
        if movement.site in self._records_arrivals:
            return
        arrived = self._on_the_way.take_from_others(wanted, movement.site)
        arrived += self._take_held(wanted - arrived, movement.site, anybody=not movement.site)
        place.held += arrived
        place.came_in += arrived
        self._bridge(FindingKind.ARRIVAL_NOT_RECORDED, movement, arrived)

    def _depart_unrecorded(self, wanted: Fraction, movement: Movement) -> Fraction:
        """Sites without any recorded departure have sent what others receive; how much they had."""
        departed = self._take_held(wanted, movement.site)
        self._bridge(FindingKind.DEPARTURE_NOT_RECORDED, movement, departed)
        return departed

    def _take_held(self, wanted: Fraction, site: str, *, anybody: bool = False) -> Fraction:
        """Take what other sites have, if they never record departures, or from anybody; how much."""
        taken = ZERO
        for name, other in self._sites.items():
            if taken == wanted:
                break
            if other.held and name != site and (anybody or name not in self._records_departures):
                part = min(other.held, wanted - taken)
                other.held -= part
                other.went_out += part
                taken += part
        return taken

    def _make_unrecorded(self, wanted: Fraction, movement: Movement) -> Fraction:
        """Who did not say how much was made has made as much as is needed."""
        self._sum[MovementKind.MADE] += wanted
        self._bridge(FindingKind.AMOUNT_NOT_RECORDED, movement, wanted)
        return wanted

    def _bridge(self, kind: FindingKind, movement: Movement, quantity: Fraction) -> None:
        if quantity:
            before, events = self._bridged.get((kind, movement.site), (ZERO, []))
            self._bridged[kind, movement.site] = before + quantity, [*events, movement.event]


def _in_content(movement: Movement, net_content: Amount) -> Movement:
    if movement.amount is None or movement.amount.dimension != PIECES:
        return movement
    amount_of_content = Amount(net_content.dimension, movement.amount.value * net_content.value)
    return replace(movement, amount=amount_of_content)


def _may_be_smaller(used: Amount, made: Amount) -> bool:
    return made.dimension == PIECES and made.value > used.value


def _units(event: Event, role: Role, contents: Mapping[str, Amount]) -> str:
    amounts = [contents.get(thing.epc) or thing.amount for thing in event.of_whole(role)]
    return ", ".join(sorted({each.dimension for each in amounts if each}))


def _not_comparable(lot: str, dimension: str, made_in: set[str], moved: Sequence[Movement]) -> Finding:
    facts: dict[str, str | int] = {"uom": dimension, "made_uom": ", ".join(sorted(made_in))}
    events = evidence(m.event for m in moved if m.amount and m.amount.dimension == dimension)
    return Finding(FindingKind.UNITS_NOT_COMPARABLE, Severity.NOTICE, lot, facts, events)


def weighed(things: Iterable[Thing], net_contents: Mapping[str, Amount]) -> Amount | None:
    """All together in one dimension; None if one has no amount, they cannot be added, or there is nothing."""
    total: Amount | None = None
    for thing in things:
        part = thing.amount
        content = net_contents.get(thing.epc)
        if part is not None and part.dimension == PIECES and content is not None:
            part = Amount(content.dimension, part.value * content.value)
        if part is None or (total is not None and part.dimension != total.dimension):
            return None
        total = part if total is None else Amount(total.dimension, total.value + part.value)
    return total
