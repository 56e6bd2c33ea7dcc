"""Exact quantities."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.traceability.quantity import DIGITS_MAX, Amount, QuantityInvalid, amount, plain


@pytest.mark.parametrize(
    ("quantity", "uom", "expected"),
    [
        ("1500", "GRM", Amount("KGM", Fraction(3, 2))),
        (Decimal("0.1"), "TNE", Amount("KGM", Fraction(100))),
        (3, "DZN", Amount("C62", Fraction(36))),
        ("7", "", Amount("C62", Fraction(7))),
        ("2.5", "MTR", Amount("MTR", Fraction(5, 2))),
    ],
)
def test_amount__is_in_the_unit_of_its_dimension(quantity: str, uom: str, expected: Amount) -> None:
    assert amount(quantity, uom) == expected


@pytest.mark.parametrize("text", ["1e9", "NaN", "", "1_000", " 1", "0x10", "1" * 19, "0." + "1" * 19, "9" * 10_000])
def test_amount__what_is_no_plain_decimal__is_refused(text: str) -> None:
    with pytest.raises(QuantityInvalid):
        amount(text)


@pytest.mark.parametrize("number", ["Infinity", "NaN", "1E+400", "1E-400"])
def test_amount__decimal_that_cannot_be_counted__is_refused(number: str) -> None:
    with pytest.raises(QuantityInvalid):
        amount(Decimal(number))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Fraction(3, 2), "1.5"),
        (Fraction(-1, 4), "-0.25"),
        (Fraction(400), "400"),
        (Fraction(0), "0"),
        (Fraction(1, 3), "0." + "3" * 36),
    ],
)
def test_plain__writes_the_value_without_superfluous_zeros(value: Fraction, text: str) -> None:
    assert plain(value) == text


@given(whole=st.integers(0, 10**DIGITS_MAX - 1), digits=st.integers(0, 10**9), uom=st.sampled_from(["KGM", "GRM", ""]))
def test_plain__of_an_amount__reads_back_as_the_same(whole: int, digits: int, uom: str) -> None:
    value = amount(f"{whole}.{digits:09}", uom).value
    assert Fraction(plain(value)) == value
