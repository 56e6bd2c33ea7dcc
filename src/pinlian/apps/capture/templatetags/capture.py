"""Quantities and lots in words."""

from collections.abc import Sequence
from decimal import Decimal

from django import template

from pinlian.apps.capture import step_forms
from pinlian.apps.capture.quantities import quantity_words
from pinlian.apps.capture.selectors import Held, ItemView

register = template.Library()


@register.simple_tag
def amount(quantity: Decimal, uom: str) -> str:
    """`12.5 kg`."""
    return quantity_words(quantity, uom)


@register.simple_tag
def held_words(row: Held) -> str:
    """What is held, on one line."""
    return step_forms.held_words(row)


@register.simple_tag
def piece_grams(row: Held, items: Sequence[ItemView]) -> str:
    """What one piece of a lot weighs; empty where nobody said."""
    found = next((item.piece_grams for item in items if item.gtin == row.thing.gtin), None)
    return str(found or "")
