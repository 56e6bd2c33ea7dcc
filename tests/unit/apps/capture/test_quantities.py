"""Quantities in words, in grams, and in equal parts."""

from decimal import Decimal

import pytest
from django.utils.translation import override
from hypothesis import given
from hypothesis import strategies as st

from pinlian.apps.capture.quantities import UNITS, grams, quantity_words
from pinlian.apps.capture.quantity_fields import QuantityField, equal_parts


@pytest.mark.parametrize(
    ("quantity", "uom", "words"),
    [("120.000", "KGM", "120 公斤"), ("0.5", "KGM", "0.5 公斤"), ("1E+2", "", "100 件"), ("2", "XBX", "2 XBX")],
)
def test_quantity_words__say_it_without_needless_zeros(quantity: str, uom: str, words: str) -> None:
    with override("zh-hans"):
        assert quantity_words(Decimal(quantity), uom) == words


def test_grams__pieces_weigh_something_only_if_somebody_said_so() -> None:
    assert grams(Decimal("2.5"), "KGM", None) == 2500
    assert grams(Decimal(3), "", 400) == 1200
    assert grams(Decimal(3), "", None) is None
    assert grams(Decimal(3), "LTR", 400) is None


def test_units__a_jin_is_half_a_kilogram() -> None:
    assert UNITS["jin"] == (Decimal("0.5"), "KGM")


@pytest.mark.parametrize(("typed", "read"), [("12.5", "12.5"), ("１２．５", "12.5"), (" 3 ", "3"), ("12。5", "12.5")])
def test_quantity_field__reads_what_a_chinese_keyboard_gives(typed: str, read: str) -> None:
    assert QuantityField().clean(typed) == Decimal(read)


@given(st.integers(1, 10**6), st.integers(1, 60))
def test_equal_parts__of_pieces__are_whole_and_differ_by_one_at_most(pieces: int, count: int) -> None:
    parts = equal_parts(Decimal(pieces), count, whole=True)

    assert sum(parts) == pieces
    assert all(part == part.to_integral_value() for part in parts)
    assert max(parts) - min(parts) <= 1


@given(st.integers(1, 10**9), st.integers(1, 60))
def test_equal_parts__add_up_and_differ_by_a_thousandth_at_most(thousandths: int, count: int) -> None:
    quantity = Decimal(thousandths).scaleb(-3)
    parts = equal_parts(quantity, count)

    assert sum(parts) == quantity
    assert len(parts) <= count
    assert max(parts) - min(parts) <= Decimal("0.001")
    assert min(parts) > 0
