"""Times and places that cannot be true, whatever else is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from pinlian.domain.traceability.event import SHIPPED, Action, BizStep, Event, EventType, Role, in_order
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.position import Position, distance_metres, position_of_uri

LORRY_KMH_MAX = 100
"""The limit for lorries on motorways (Road Traffic Safety Law regulations, article 78). Roads are longer than the
great circle by a fifth and more, so that nobody who keeps to it is suspected."""
CLOCK_SECONDS_MAX = 15 * 60
"""By how much two clocks may differ without anything being wrong."""
NEAR_METRES = 3_000
"""Places this near are one: read points are where gates are, not where goods stand."""


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


def place_findings(
    subject: str, events: Iterable[Event], positions: Mapping[str, Position], *, is_class: bool
) -> list[Finding]:
    """Places of a thing that are farther apart than a lorry drives in the time between.

    One thing must get from each place to the next. A lot may be at many places at once; then each place must be within
    reach from at least one place where some of it was before.

    Args:
        events: the standing events that touch the thing, or what it was in while it was in it.
        positions: of sites, by canonical EPC.
        is_class: whether the subject is a lot.
    """
    # Of a lot, from each site the first sighting: whatever is within reach of a later one is within reach of it.
    seen: dict[str, _Sighting] = {}
    found: list[Finding] = []
    for event in in_order(events):
        position = _position(event, positions)
        if position is None:
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
    made = [event for event in events if _makes(event, subject)]
    if not made:
        return []
    first = made[0]
    early = [
        event
        for event in events
        if event.at < first.at - CLOCK_SECONDS_MAX and event.role_of(subject) and event not in made
    ]
    if not early:
        return []
    facts: dict[str, str | int] = {"made_at": first.at, "happened_at": early[0].at, "biz_step": early[0].biz_step}
    rests_on = evidence([first.index, *(event.index for event in early)])
    return [Finding(FindingKind.BEFORE_IT_WAS_MADE, Severity.SERIOUS, subject, facts, rests_on)]


def _makes(event: Event, subject: str) -> bool:
    if event.type is EventType.TRANSFORMATION:
        return Role.OUTPUT in event.role_of(subject)
    return event.type is EventType.OBJECT and event.action is Action.ADD and bool(event.role_of(subject))


def _received_before_shipped(subject: str, events: Sequence[Event], names: frozenset[str]) -> list[Finding]:
    """Each of a thing's names (its own, its containers') for itself: what is received was shipped before."""
    found: list[Finding] = []
    for name in sorted(names):
        touching = [event for event in events if event.type is EventType.OBJECT and event.role_of(name)]
        shipped = [event for event in touching if event.biz_step in SHIPPED]
        received = [event for event in touching if event.biz_step == BizStep.RECEIVING]
        if not shipped:
            continue
        early = [event for event in received if event.at < shipped[0].at - CLOCK_SECONDS_MAX]
        if early:
            facts: dict[str, str | int] = {
                "thing": name,
                "shipped_at": shipped[0].at,
                "received_at": early[0].at,
                "shipped_from": shipped[0].site,
                "received_at_place": early[0].site,
            }
            rests_on = evidence([shipped[0].index, *(event.index for event in early)])
            found.append(Finding(FindingKind.RECEIVED_BEFORE_SHIPPED, Severity.SERIOUS, subject, facts, rests_on))
    return found


def _signed_before(subject: str, events: Sequence[Event]) -> list[Finding]:
    early = [event for event in events if event.signed_at and event.at > event.signed_at + CLOCK_SECONDS_MAX]
    return [
        Finding(
            FindingKind.RECORDED_BEFORE_IT_HAPPENED,
            Severity.WARNING,
            subject,
            {"happened_at": event.at, "signed_at": event.signed_at, "biz_step": event.biz_step},
            (event.index,),
        )
        for event in early
    ]


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
