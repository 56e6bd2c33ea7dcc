"""Units of measure: what people choose, what the record gets (UN/CEFACT Recommendation 20), and how it reads."""

from collections.abc import Mapping
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

UNITS: Mapping[str, tuple[Decimal, str]] = {
    "kg": (Decimal(1), "KGM"),
    "jin": (Decimal("0.5"), "KGM"),
    "piece": (Decimal(1), ""),
    "litre": (Decimal(1), "LTR"),
}
"""What people choose -> how many of the unit of the record it is, and that unit."""

UNIT_NAMES: Mapping[str, Promise] = {
    "kg": gettext_lazy("kg"),
    "jin": gettext_lazy("jin (500 g)"),
    "piece": gettext_lazy("pieces"),
    "litre": gettext_lazy("litres"),
}
_GRAMS = {"KGM": 1_000, "GRM": 1, "TNE": 1_000_000}
_UNIT_OF = {"KGM": "kg", "": "piece", "LTR": "litre"}


def unit_choices() -> list[tuple[str, str]]:
    return [(unit, str(name)) for unit, name in UNIT_NAMES.items()]


def unit_of(uom: str) -> str:
    """What people call a unit of the record; the code itself where they have no choice of it."""
    return _UNIT_OF.get(uom, uom)


def quantity_words(quantity: Decimal, uom: str) -> str:
    """`12.5 kg`, without needless zeros."""
    return _("%(number)s %(unit)s") % {"number": f"{quantity.normalize():f}", "unit": unit_words(uom)}


def unit_words(uom: str) -> str:
    """A unit of the record as people call it; the code itself where they have no word."""
    return str(UNIT_NAMES.get(unit_of(uom), uom))


def grams(quantity: Decimal, uom: str, piece_grams: int | None) -> Decimal | None:
    """What so much weighs; None where it is not known."""
    if uom in _GRAMS:
        return quantity * _GRAMS[uom]
    return quantity * piece_grams if uom == "" and piece_grams else None
