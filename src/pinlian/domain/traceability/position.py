"""Positions on the earth, and how far they are apart."""

import math
import re
from dataclasses import dataclass
from decimal import Decimal

MICRODEGREES = 1_000_000
EARTH_RADIUS_METRES = 6_371_009
"""Mean radius (IUGG)."""

_GEO = re.compile(r"geo:(-?[0-9]{1,3}(?:\.[0-9]{1,15})?),(-?[0-9]{1,3}(?:\.[0-9]{1,15})?)(?:[,;].*)?")


@dataclass(frozen=True, slots=True)
class Position:
    """WGS 84, in millionths of a degree; north and east are positive."""

    latitude_microdegrees: int
    longitude_microdegrees: int

    def __post_init__(self) -> None:
        if abs(self.latitude_microdegrees) > 90 * MICRODEGREES or abs(self.longitude_microdegrees) > 180 * MICRODEGREES:
            raise ValueError(f"no place on the earth: {self.latitude_microdegrees}, {self.longitude_microdegrees}")


def position_of_uri(uri: str) -> Position | None:
    """The position that a geo URI (RFC 5870) names; None if it is no such URI."""
    match = _GEO.fullmatch(uri)
    if match is None:
        return None
    latitude, longitude = (int(Decimal(text) * MICRODEGREES) for text in match.groups())
    try:
        return Position(latitude, longitude)
    except ValueError:
        return None


def distance_metres(one: Position, other: Position) -> int:
    """Along the great circle, rounded down. No way on the ground is shorter, but for the 0.5% by which the earth is no
    sphere."""
    latitudes = [math.radians(each.latitude_microdegrees / MICRODEGREES) for each in (one, other)]
    longitude = math.radians((other.longitude_microdegrees - one.longitude_microdegrees) / MICRODEGREES)
    half_chord = (
        math.sin((latitudes[1] - latitudes[0]) / 2) ** 2
        + math.cos(latitudes[0]) * math.cos(latitudes[1]) * math.sin(longitude / 2) ** 2
    )
    return int(2 * EARTH_RADIUS_METRES * math.asin(math.sqrt(min(1.0, half_chord))))
