"""The books of one lot in one dimension, kept double.

Every movement takes from one account and gives to another. Accounts are the sites, what is on the way from each site,
what was used to make other things, what was lost and what was sold.

Holes in the record are bridged and named, because small businesses leave them: a site that never records an arrival of
the lot is taken to have received what it has, a site that never records a departure to have sent what others receive,
and a site that does not say how much it made to have made what left. A site that does record arrivals is held to them.

Scales and clocks differ. What weighs a little more than before is the same, and what cannot have been there yet is
waited for as long as clocks may differ.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from pinlian.domain.traceability.event import CLOCK_US
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.movement import Movement, MovementKind
from pinlian.domain.traceability.quantity import ZERO, plain, scales_differ_by

ARRIVALS = frozenset({MovementKind.MADE, MovementKind.RECEIVED})


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


class Book:
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
