"""Quantities that people type: one spelling, in a unit that they chose, as the record gets them."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinlian.apps.capture.models import QUANTITY_DECIMALS
from pinlian.apps.capture.quantities import UNITS

QUANTITY_MIN = Decimal(1).scaleb(-QUANTITY_DECIMALS)
QUANTITY_MAX = Decimal(1_000_000)

# What a Chinese keyboard may give: full-width digits, point and comma.
_HALF_WIDTH = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {0xFF0E: 0x2E, 0x3002: 0x2E, 0xFF0C: 0x2C}


class QuantityField(forms.DecimalField):
    """A quantity above zero with up to three decimals. Commas are refused: 1,200 is 1.2 to some and 1200 to others."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, *, label: Any = "", help_text: Any = "", required: bool = True) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=required,
            max_digits=12,
            decimal_places=QUANTITY_DECIMALS,
            min_value=QUANTITY_MIN,
            max_value=QUANTITY_MAX,
        )

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = value.translate(_HALF_WIDTH).strip()
            if "," in value:
                raise forms.ValidationError(_("Write the number without a comma: 1200, or 12.5."))
        return super().to_python(value)


def recorded_quantity(quantity: Decimal, unit: str) -> tuple[Decimal, str]:
    """So much of a chosen unit as the record gets it, to the thousandth, and the unit of the record.

    Raises:
        forms.ValidationError: there is no such unit, or a part of a piece.
    """
    if unit not in UNITS:
        raise forms.ValidationError(_("Choose a unit from the list."))
    factor, uom = UNITS[unit]
    check_whole(quantity, uom)
    return (quantity * factor).quantize(QUANTITY_MIN, ROUND_HALF_UP), uom


def check_whole(quantity: Decimal, uom: str) -> None:
    """Raises forms.ValidationError for a part of a piece: EPCIS counts things without a unit in whole numbers."""
    if not uom and quantity != quantity.to_integral_value():
        raise forms.ValidationError(_("Pieces are whole numbers."))


def equal_parts(quantity: Decimal, count: int, *, whole: bool = False) -> list[Decimal]:
    """`quantity` in parts that differ as little as can be, and add up to it; empty parts are left out.

    Args:
        whole: it is pieces, which are not cut; otherwise parts go to the thousandth.
    """
    decimals = 0 if whole else QUANTITY_DECIMALS
    each, more = divmod(int(quantity.scaleb(decimals)), count)
    parts = [each + (place < more) for place in range(count)]
    return [Decimal(part).scaleb(-decimals) for part in parts if part]
