"""Exact quantities: a decimal number and a unit of UN/CEFACT Recommendation 20, as EPCIS writes them."""

import re
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

ZERO = Fraction(0)

MASS, VOLUME, PIECES = "KGM", "LTR", "C62"
"""What each dimension is counted in: kilograms, litres, pieces."""

UNITS: dict[str, tuple[str, Fraction]] = {
    "KGM": (MASS, Fraction(1)),
    "GRM": (MASS, Fraction(1, 10**3)),
    "MGM": (MASS, Fraction(1, 10**6)),
    "HGM": (MASS, Fraction(1, 10)),
    "DTN": (MASS, Fraction(100)),
    "TNE": (MASS, Fraction(1_000)),
    "LBR": (MASS, Fraction(45_359_237, 10**8)),
    "ONZ": (MASS, Fraction(28_349_523_125, 10**12)),
    "LTR": (VOLUME, Fraction(1)),
    "MLT": (VOLUME, Fraction(1, 10**3)),
    "CLT": (VOLUME, Fraction(1, 100)),
    "DLT": (VOLUME, Fraction(1, 10)),
    "HLT": (VOLUME, Fraction(100)),
    "MTQ": (VOLUME, Fraction(1_000)),
    "": (PIECES, Fraction(1)),
    "C62": (PIECES, Fraction(1)),
    "H87": (PIECES, Fraction(1)),
    "EA": (PIECES, Fraction(1)),
    "PR": (PIECES, Fraction(2)),
    "DZN": (PIECES, Fraction(12)),
}
"""Unit code to dimension and factor. EPCIS leaves the unit away for pieces."""

SCALES_SHARE = Fraction(1, 200)
"""Two scales may differ by so much, one at each end of what may be wrong with a good one; what is counted is exact."""

DIGITS_MAX = 18
"""Before the point, and behind it."""

_DECIMAL = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")


class QuantityInvalid(ValueError):
    """Not a quantity that can be counted."""


@dataclass(frozen=True, slots=True)
class Amount:
    """So much of a dimension: MASS, VOLUME, PIECES, or a unit that is not known here, which is its own dimension."""

    dimension: str
    value: Fraction


def amount(quantity: Decimal | int | str, uom: str = "") -> Amount:
    """`quantity` of `uom` in the unit of its dimension: 1500 GRM are 3/2 KGM.

    Raises:
        QuantityInvalid: not a finite decimal number, or with more than DIGITS_MAX digits on one side of the point.
    """
    number = Decimal(quantity) if isinstance(quantity, int) else _decimal(quantity)
    if not number.is_finite() or number.adjusted() >= DIGITS_MAX or _decimals(number) > DIGITS_MAX:
        raise QuantityInvalid(f"not a quantity: {quantity}")
    dimension, factor = UNITS.get(uom, (uom, Fraction(1)))
    return Amount(dimension, Fraction(number) * factor)


def scales_differ_by(dimension: str, value: Fraction) -> Fraction:
    """By how much something may weigh more or less than `value` and be the same."""
    return value * SCALES_SHARE if dimension in (MASS, VOLUME) else Fraction(0)


def plain(value: Fraction) -> str:
    """The value as decimal text without superfluous zeros: `1.5`, `-0.25`, `400`.

    Values made by `amount`, `+` and `-` have finite decimals and are written whole. Any other is cut after DIGITS_MAX.
    """
    scaled = value * 10 ** (2 * DIGITS_MAX)
    digits = str(abs(scaled.numerator) // scaled.denominator).rjust(2 * DIGITS_MAX + 1, "0")
    text = f"{digits[: -2 * DIGITS_MAX]}.{digits[-2 * DIGITS_MAX :]}".rstrip("0").rstrip(".")
    return f"-{text}" if value < 0 and text != "0" else text


def _decimal(quantity: Decimal | str) -> Decimal:
    if isinstance(quantity, str):
        if len(quantity) > 3 * DIGITS_MAX or not _DECIMAL.fullmatch(quantity):
            raise QuantityInvalid(f"not a decimal number: {quantity[:80]!r}")
        return Decimal(quantity)
    return quantity


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0
