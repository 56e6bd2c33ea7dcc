"""Amounts as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.money import format_minor, parse_minor


@pytest.mark.parametrize(
    ("minor", "text"), [(0, "0.00"), (5, "0.05"), (1_234, "12.34"), (-5, "-0.05"), (-1_234, "-12.34")]
)
def test_format_minor(minor: int, text: str) -> None:
    assert format_minor(minor) == text


@given(amount=st.integers(1 - 10**30, 10**30 - 1), decimals=st.integers(0, 18))
def test_parse_minor__reads_what_format_minor_writes(amount: int, decimals: int) -> None:
    assert parse_minor(format_minor(amount, decimals), decimals) == amount


@pytest.mark.parametrize(("text", "minor"), [("12", 1_200), ("12.3", 1_230), (" 0.07 ", 7), ("-1.5", -150)])
def test_parse_minor__shorter_forms(text: str, minor: int) -> None:
    assert parse_minor(text) == minor


@pytest.mark.parametrize("text", ["", "1.234", "1,5", "1e3", ".5", "1.", "--1", "١", "0x1", "9" * 31])
def test_parse_minor__not_an_amount__is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"amount|decimals"):
        parse_minor(text)
