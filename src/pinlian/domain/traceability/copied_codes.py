"""Copied codes: what the scans of one printed code give away.

A code on one thing is where the thing is. A code on a lot is wherever the lot was sent, and no farther. Scans say
where only roughly, and a photograph of a code can be scanned anywhere: these are warnings, never proof.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from pinlian.domain.traceability.finding import Finding, FindingKind, Severity
from pinlian.domain.traceability.position import Position, distance_metres

TRAVEL_KMH_MAX = 350
"""Nothing that people carry home goes faster on the ground: the fastest trains."""
FAR_METRES = 50_000
"""Scans nearer than this are one place: where a scan was is known to about ten kilometres."""
PLACES_MAX = 3
"""One thing is scanned at home, on the way, perhaps at a friend's; in more places far apart, it is not one thing."""
SENT_METRES = 200_000
"""Goods of a lot are carried on after they were handed out, but seldom so far."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: when (Unix seconds), and roughly where; None if it did not say."""

    at: int
    position: Position | None


def scan_findings(
    subject: str, scans: Sequence[Scan], *, is_single: bool, sent_to: Sequence[Position] = ()
) -> list[Finding]:
    """What does not fit in the scans of one code.

    Args:
        is_single: the code is on one thing only, not on every piece of a lot.
        sent_to: every place where the lot was; empty if unknown.
    """
    placed = sorted(((scan.at, scan.position) for scan in scans if scan.position is not None), key=lambda each: each[0])
    if is_single:
        return [*_far_apart(subject, placed), *_many_places(subject, placed)]
    return _never_sent(subject, placed, sent_to)


def _far_apart(subject: str, placed: Sequence[tuple[int, Position]]) -> list[Finding]:
    """The pair of scans in a row that is most impossible; how many such pairs there are."""
    worst: tuple[int, int, int, int] | None = None
    times = 0
    for (at, position), (next_at, next_position) in pairwise(placed):
        metres = distance_metres(position, next_position)
        needed = -(-metres * 3_600 // (TRAVEL_KMH_MAX * 1_000))
        if metres > FAR_METRES and needed > next_at - at:
            times += 1
            worst = max(worst or (0, 0, 0, 0), (needed - (next_at - at), metres, at, next_at))
    if worst is None:
        return []
    _, metres, at, next_at = worst
    facts: dict[str, str | int] = {
        "distance_metres": metres,
        "taken_seconds": next_at - at,
        "needed_seconds": -(-metres * 3_600 // (TRAVEL_KMH_MAX * 1_000)),
        "from_at": at,
        "to_at": next_at,
        "times": times,
    }
    return [Finding(FindingKind.SCANNED_FAR_APART, Severity.WARNING, subject, facts)]


def _many_places(subject: str, placed: Sequence[tuple[int, Position]]) -> list[Finding]:
    places: list[Position] = []
    for _, position in placed:
        if all(distance_metres(position, place) > FAR_METRES for place in places):
            places.append(position)
    if len(places) <= PLACES_MAX:
        return []
    facts: dict[str, str | int] = {"places": len(places), "scans": len(placed), "first_at": placed[0][0]}
    return [Finding(FindingKind.SCANNED_IN_MANY_PLACES, Severity.WARNING, subject, facts)]


def _never_sent(subject: str, placed: Sequence[tuple[int, Position]], sent_to: Sequence[Position]) -> list[Finding]:
    if not sent_to:
        return []
    astray = [
        (min(distance_metres(position, place) for place in sent_to), at)
        for at, position in placed
        if all(distance_metres(position, place) > SENT_METRES for place in sent_to)
    ]
    if not astray:
        return []
    metres, at = max(astray)
    facts: dict[str, str | int] = {"distance_metres": metres, "scanned_at": at, "times": len(astray)}
    return [Finding(FindingKind.SCANNED_WHERE_NEVER_SENT, Severity.WARNING, subject, facts)]
