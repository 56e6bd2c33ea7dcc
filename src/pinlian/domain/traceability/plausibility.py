"""Times and places that cannot be true, whatever else is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pinlian.domain.traceability.event import (
    CLOCK_SECONDS_MAX,
    RETURNED,
    SHIPPED,
    Action,
    BizStep,
    Event,
    EventType,
    Role,
    in_order,
)
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.position import Position, distance_metres, position_of_uri

LORRY_KMH_MAX = 100
"""The limit for lorries on motorways (Road Traffic Safety Law regulations, article 78). Roads are longer than the
great circle by a fifth and more, so that nobody who keeps to it is suspected."""
NEAR_METRES = 3_000
"""Places this near are one: read points are where gates are, not where goods stand."""


_MOVING = frozenset({EventType.OBJECT, EventType.TRANSACTION})


@dataclass(frozen=True, slots=True)
class _Sighting:
    """A thing at a place at a time."""

    site: str
    position: Position
    time_us: int
    event: int


def time_findings(subject: str, events: Iterable[Event], *, carriers: Iterable[str] = ()) -> list[Finding]:
    """What happened to a thing before it was made, received before it was shipped, or signed before it happened.

    Args:
        events: the standing events that touch the thing or the containers it was in.
        carriers: those containers.
    """
    known = in_order(events)
    return [
        *_before_made(subject, known),
        *_received_before_shipped(subject, known, frozenset((subject, *carriers))),
        *_signed_before(subject, known),
    ]


def origin_findings(subject: str, events: Iterable[Event], *, is_class: bool) -> list[Finding]:
    """Whether a thing has more than one origin.

    A lot is made by one maker at one place, in any number of events; one thing is made once.

    Args:
        events: the standing events that touch the thing.
    """
    making = [event for event in in_order(events) if makes(event, subject)]
    makers = {event.hand for event in making}
    places = {event.site for event in making if event.site}
    ways = {event.type for event in making}
    times = {(event.transformation, event.hand) if event.transformation else event.index for event in making}
    if len(makers) < 2 and len(places) < 2 and len(ways) < 2 and (is_class or len(times) < 2):
        return []
    facts: dict[str, str | int] = {"times": len(times), "makers": len(makers), "places": len(places)}
    rests_on = evidence(event.index for event in making)
    return [Finding(FindingKind.SEVERAL_ORIGINS, Severity.WARNING, subject, facts, rests_on)]


def place_findings(
    subject: str, events: Iterable[Event], positions: Mapping[str, Position], *, is_class: bool
) -> list[Finding]:
    """Places of a thing that are farther apart than a lorry drives in the time between.

    One thing must get from each place to the next. A lot may be at many places at once; then each place must be within
    reach from at least one place where some of it was before.

    Args:
        events: the standing events that touch the thing, or what it was in while it was in it. What a sensor reports
            is read out anywhere.
        positions: of sites, by canonical EPC.
        is_class: whether the subject is a lot.
    """
    # Of a lot, from each site the first sighting: whatever is within reach of a later one is within reach of it.
    seen: dict[str, _Sighting] = {}
    found: list[Finding] = []
    for event in in_order(events):
        position = _position(event, positions)
        if position is None or event.biz_step == BizStep.SENSOR_REPORTING:
            continue
        sighting = _Sighting(event.site, position, event.time_us, event.index)
        if seen and not any(_in_reach(earlier, sighting) for earlier in seen.values()):
            nearest = min(seen.values(), key=lambda earlier: distance_metres(earlier.position, position))
            found.append(_too_fast(subject, nearest, sighting))
            if is_class:
                continue
        if is_class:
            seen.setdefault(sighting.site, sighting)
        else:
            seen = {sighting.site: sighting}
    return found


def seconds_needed(metres: int) -> int:
    """How long a lorry needs at least for this distance, rounded up."""
    return -(-metres * 3_600 // (LORRY_KMH_MAX * 1_000))


def _before_made(subject: str, events: Sequence[Event]) -> list[Finding]:
    made = [event for event in events if makes(event, subject)]
    if not made:
        return []
    first = made[0]
    early = [event for event in events if event.at < first.at - CLOCK_SECONDS_MAX and event.role_of(subject)]
    if not early:
        return []
    facts: dict[str, str | int] = {"made_at": first.at, "happened_at": early[0].at, "biz_step": early[0].biz_step}
    rests_on = evidence([first.index, *(event.index for event in early)])
    return [Finding(FindingKind.BEFORE_IT_WAS_MADE, Severity.SERIOUS, subject, facts, rests_on)]


def makes(event: Event, subject: str) -> bool:
    """Whether the thing comes to be by this event."""
    if event.type is EventType.TRANSFORMATION:
        return Role.OUTPUT in event.role_of(subject)
    return event.type is EventType.OBJECT and event.action is Action.ADD and bool(event.role_of(subject))


def _received_before_shipped(subject: str, events: Sequence[Event], names: frozenset[str]) -> list[Finding]:
    """Each of a thing's names (its own, its containers') for itself. It leaves a place in whatever it is in."""
    touching: dict[str, dict[int, Event]] = {name: {} for name in sorted(names)}
    for event in events:
        for thing in event.things:
            if thing.epc in touching:
                touching[thing.epc][event.index] = event
    found: list[Finding] = []
    for name, by_index in touching.items():
        own = list(by_index.values())
        found += _early_arrivals(subject, name, events if name == subject else own, own)
    return found


def _early_arrivals(subject: str, name: str, events: Iterable[Event], own: Iterable[Event]) -> list[Finding]:
    """Where something came to before it left any of the places where it had been.

    A place that never records a departure may have sent it without a word.

    Args:
        events: that say where it was and when it left.
        own: that name it.
    """
    seen: dict[str, int] = {}
    left: dict[str, Event] = {}
    for event in events:
        seen.setdefault(event.site, event.at)
        if event.biz_step in SHIPPED:
            left.setdefault(event.site, event)
    came = [
        event
        for event in own
        if event.type in _MOVING and event.biz_step == BizStep.RECEIVING and event.disposition != RETURNED
    ]
    early: list[tuple[Event, Event]] = []
    for event in came:
        departure = _all_left_later(event, seen, left)
        if departure is not None:
            early.append((event, departure))
    if not early:
        return []
    received, shipped = early[0]
    facts: dict[str, str | int] = {
        "thing": name,
        "shipped_at": shipped.at,
        "received_at": received.at,
        "shipped_from": shipped.site,
        "received_at_place": received.site,
    }
    rests_on = evidence([shipped.index, *(event.index for event, _ in early)])
    return [Finding(FindingKind.RECEIVED_BEFORE_SHIPPED, Severity.SERIOUS, subject, facts, rests_on)]


def _all_left_later(arrival: Event, seen: Mapping[str, int], left: Mapping[str, Event]) -> Event | None:
    """The departure from the place where it had been first, if it left all places where it had been after it arrived.

    Args:
        seen: when it was at each place first, Unix seconds, in that order.
    """
    first: Event | None = None
    for place, at in seen.items():
        if at > arrival.at:
            break
        if place == arrival.site:
            continue
        departure = left.get(place)
        if departure is None or departure.at <= arrival.at + CLOCK_SECONDS_MAX:
            return None
        first = first or departure
    return first


def _signed_before(subject: str, events: Sequence[Event]) -> list[Finding]:
    """What was signed, or in the record, before it happened or was measured."""
    early = []
    for event in events:
        known_at = min((at for at in (event.signed_at, event.recorded_at) if at), default=None)
        happened_at = max([event.at, *(reading.to_us // 1_000_000 for reading in event.readings)])
        if known_at is not None and happened_at > known_at + CLOCK_SECONDS_MAX:
            early.append((happened_at - known_at, happened_at, known_at, event))
    if not early:
        return []
    _, happened_at, known_at, worst = max(early, key=lambda each: each[0])
    facts: dict[str, str | int] = {"happened_at": happened_at, "signed_at": known_at, "biz_step": worst.biz_step}
    rests_on = evidence(event.index for *_, event in early)
    return [Finding(FindingKind.RECORDED_BEFORE_IT_HAPPENED, Severity.WARNING, subject, facts, rests_on)]


def _position(event: Event, positions: Mapping[str, Position]) -> Position | None:
    return positions.get(event.site) or position_of_uri(event.site)


def _in_reach(one: _Sighting, other: _Sighting) -> bool:
    metres = distance_metres(one.position, other.position)
    between = (other.time_us - one.time_us) // 1_000_000
    return metres <= NEAR_METRES or seconds_needed(metres) <= between + CLOCK_SECONDS_MAX


def _too_fast(subject: str, one: _Sighting, other: _Sighting) -> Finding:
    metres = distance_metres(one.position, other.position)
    facts: dict[str, str | int] = {
        "from_place": one.site,
        "from_at": one.time_us // 1_000_000,
        "to_place": other.site,
        "to_at": other.time_us // 1_000_000,
        "distance_metres": metres,
        "taken_seconds": (other.time_us - one.time_us) // 1_000_000,
        "needed_seconds": seconds_needed(metres),
    }
    return Finding(
        FindingKind.FASTER_THAN_A_LORRY, Severity.SERIOUS, subject, facts, evidence([one.event, other.event])
    )
