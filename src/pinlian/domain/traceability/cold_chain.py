"""The cold chain: whether goods stayed within the temperatures they need, and whether anybody looked.

A reading of a moment holds until the next one of the same sensor, but no longer than the readings may be apart: what
lies between is a gap and proves nothing. A reading of a stretch of time holds for the stretch.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pinlian.domain.traceability.event import Event, Reading
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence

US = 1_000_000
CELSIUS_MIN, CELSIUS_MAX = Decimal("-273.15"), Decimal(1_000)
"""Absolute zero, and more than any goods have on a way."""


@dataclass(frozen=True, slots=True)
class Need:
    """What goods need. Temperatures in degrees Celsius.

    Attributes:
        low, high: what the air may have; None for no limit on that side.
        outside_seconds_max: how long without a break it may be beyond a limit; 0 for never.
        gap_seconds_max: how far readings may be apart.
    """

    low: Decimal | None
    high: Decimal | None
    outside_seconds_max: int
    gap_seconds_max: int


@dataclass(frozen=True, slots=True)
class Excursion:
    """A stretch beyond a limit, as one sensor has it."""

    from_us: int
    to_us: int
    extreme: Decimal
    events: tuple[int, ...]

    @property
    def seconds(self) -> int:
        """How long, rounded down."""
        return (self.to_us - self.from_us) // US


@dataclass(frozen=True, slots=True)
class _Held:
    """A reading and until when it holds."""

    reading: Reading
    until_us: int
    event: int


def celsius(value: Decimal, uom: str) -> Decimal | None:
    """A temperature in degrees Celsius, from CEL, FAH or KEL (UN/CEFACT Recommendation 20).

    None for another unit, and for what no goods can have: whoever writes it did not measure.
    """
    if uom == "CEL":
        degrees = value
    elif uom == "KEL":
        degrees = value + CELSIUS_MIN
    elif uom == "FAH":
        degrees = (value - 32) * 5 / 9
    else:
        return None
    if not CELSIUS_MIN <= degrees <= CELSIUS_MAX:
        return None
    return degrees.quantize(Decimal("0.0001")) if uom == "FAH" else degrees


def temperature_findings(
    lot: str, events: Iterable[Event], need: Need, *, from_us: int | None = None, to_us: int | None = None
) -> list[Finding]:
    """Too warm, too cold, gaps between readings, or no reading at all.

    Args:
        events: the standing events with readings of the lot, and of what it was in while it was in it.
        from_us, to_us: between which times it should have been watched; if absent, from the first to the last reading.
    """
    # Whoever gives the name of another's sensor does not speak for it.
    series: dict[tuple[tuple[str, str], str], list[_Held]] = defaultdict(list)
    for event in events:
        for reading in event.readings:
            series[event.hand, reading.sensor].append(_Held(reading, reading.to_us, event.index))
    if not series:
        if from_us is None:
            return []
        facts: dict[str, str | int] = {"from_at": from_us // US, "to_at": (from_us if to_us is None else to_us) // US}
        return [Finding(FindingKind.TEMPERATURE_NOT_RECORDED, Severity.WARNING, lot, facts)]
    held = [_held_until_next(readings, need.gap_seconds_max * US) for readings in series.values()]
    return [
        *_beyond(FindingKind.TOO_WARM, lot, held, need, need.high),
        *_beyond(FindingKind.TOO_COLD, lot, held, need, need.low),
        *_gaps(lot, [each for one in held for each in one], need, from_us, to_us),
    ]


def excursions(readings: Sequence[tuple[Reading, int, int]], limit: Decimal, *, above: bool) -> list[Excursion]:
    """The stretches in which one sensor's readings are beyond a limit.

    A reading of a stretch of time counts for all of it if its mean is beyond, for a moment if only its extreme is.

    Args:
        readings: each with the time until which it holds and the index of its event, by time.
        above: whether beyond is above the limit, or below it.
    """
    found: list[Excursion] = []
    run: list[tuple[Reading, int, int]] = []
    for each in readings:
        reading, _, event = each
        is_beyond = _is_beyond(reading.mean, limit, above=above)
        if run and not (is_beyond and reading.from_us <= run[-1][1]):
            found.append(_excursion(run, above=above))
            run = []
        if is_beyond:
            run.append(each)
        elif _is_beyond(peak := reading.high if above else reading.low, limit, above=above):
            found.append(Excursion(reading.from_us, reading.from_us, peak, (event,)))
    if run:
        found.append(_excursion(run, above=above))
    return found


def _held_until_next(readings: list[_Held], longest_us: int) -> list[_Held]:
    ordered = sorted(readings, key=lambda each: (each.reading.from_us, each.reading.to_us, each.event))
    held = []
    for number, each in enumerate(ordered):
        until = each.reading.to_us
        if number + 1 < len(ordered):
            until = max(until, min(ordered[number + 1].reading.from_us, until + longest_us))
        held.append(_Held(each.reading, until, each.event))
    return held


def _beyond(
    kind: FindingKind, lot: str, series: Sequence[Sequence[_Held]], need: Need, limit: Decimal | None
) -> list[Finding]:
    if limit is None:
        return []
    above = kind is FindingKind.TOO_WARM
    found = [
        excursion
        for readings in series
        for excursion in excursions([(e.reading, e.until_us, e.event) for e in readings], limit, above=above)
        if excursion.seconds > need.outside_seconds_max or need.outside_seconds_max == 0
    ]
    if not found:
        return []
    longest = max(found, key=lambda each: (each.seconds, abs(each.extreme - limit)))
    extremes = [each.extreme for each in found]
    facts: dict[str, str | int] = {
        "limit_celsius": _text(limit),
        "extreme_celsius": _text(max(extremes) if above else min(extremes)),
        "longest_seconds": longest.seconds,
        "allowed_seconds": need.outside_seconds_max,
        "from_at": longest.from_us // US,
        "to_at": longest.to_us // US,
        "times": len(found),
    }
    return [Finding(kind, Severity.SERIOUS, lot, facts, evidence(index for each in found for index in each.events))]


def _is_beyond(temperature: Decimal, limit: Decimal, *, above: bool) -> bool:
    return temperature > limit if above else temperature < limit


def _excursion(run: Sequence[tuple[Reading, int, int]], *, above: bool) -> Excursion:
    extreme = max(each.high for each, _, _ in run) if above else min(each.low for each, _, _ in run)
    return Excursion(run[0][0].from_us, run[-1][1], extreme, evidence(event for _, _, event in run))


def _gaps(lot: str, readings: Sequence[_Held], need: Need, from_us: int | None, to_us: int | None) -> list[Finding]:
    """One finding for all gaps of all sensors together: a gap is where no sensor looked."""
    ordered = sorted(readings, key=lambda each: each.reading.from_us)
    covered_until, last_event = (from_us, None) if from_us is not None else (ordered[0].reading.from_us, None)
    longest: tuple[int, int, int] = (0, 0, 0)
    times = 0
    rests_on: list[int] = []
    for each in ordered:
        gap = each.reading.from_us - covered_until
        if gap > need.gap_seconds_max * US:
            times += 1
            longest = max(longest, (gap, covered_until, each.reading.from_us))
            rests_on += [each.event] if last_event is None else [last_event, each.event]
        if each.reading.to_us >= covered_until:
            covered_until, last_event = each.reading.to_us, each.event
    if to_us is not None and to_us - covered_until > need.gap_seconds_max * US:
        times += 1
        longest = max(longest, (to_us - covered_until, covered_until, to_us))
        rests_on += [] if last_event is None else [last_event]
    if not times:
        return []
    facts: dict[str, str | int] = {
        "longest_seconds": longest[0] // US,
        "allowed_seconds": need.gap_seconds_max,
        "from_at": longest[1] // US,
        "to_at": longest[2] // US,
        "times": times,
    }
    return [Finding(FindingKind.TEMPERATURE_GAP, Severity.WARNING, lot, facts, evidence(rests_on))]


def _text(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
