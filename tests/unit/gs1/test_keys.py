"""Lengths and check digits of GS1 keys."""

import pytest
from biip.checksums import gs1_standard_check_digit
from hypothesis import given
from hypothesis import strategies as st

from pinlian.gs1.keys import (
    IdentifierError,
    Reason,
    check_digit,
    gmn_check_characters,
    gtin14,
    has_check_digit,
    is_gln,
    is_gsrn,
    is_gtin,
    is_sscc,
)

DIGITS = st.text("0123456789", min_size=1, max_size=18)


@given(DIGITS)
def test_check_digit__any_digits__as_another_library_has_it(digits: str) -> None:
    assert check_digit(digits) == str(gs1_standard_check_digit(digits))


@given(DIGITS, st.data())
def test_has_check_digit__one_digit_changed__is_noticed(digits: str, data: st.DataObject) -> None:
    whole = digits + check_digit(digits)
    position = data.draw(st.integers(0, len(whole) - 1))
    other = data.draw(st.sampled_from([digit for digit in "0123456789" if digit != whole[position]]))
    assert has_check_digit(whole)
    assert not has_check_digit(whole[:position] + other + whole[position + 1 :])


def test_check_digit__digits_of_another_script__is_refused() -> None:
    with pytest.raises(ValueError, match="not digits"):
        check_digit("٤٥٦")


@pytest.mark.parametrize(
    ("gtin", "expected"),
    [
        ("02345673", "00000002345673"),
        ("416000336108", "00416000336108"),
        ("6901234567892", "06901234567892"),
        ("16901234567899", "16901234567899"),
    ],
)
def test_gtin14__every_length__gets_zeros_before_it(gtin: str, expected: str) -> None:
    assert gtin14(gtin) == expected
    assert is_gtin(gtin)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("6901234567893", Reason.CHECK_DIGIT),
        ("690123456789", Reason.CHECK_DIGIT),
        ("69012345678921", Reason.CHECK_DIGIT),
        ("690123456", Reason.FORMAT),
        ("690123456789X", Reason.FORMAT),
        (" 690123456789", Reason.FORMAT),
        ("", Reason.FORMAT),
    ],
)
def test_gtin14__malformed__is_refused_by_reason(text: str, reason: Reason) -> None:
    with pytest.raises(IdentifierError) as refused:
        gtin14(text)
    assert refused.value.reason is reason
    assert refused.value.part == text


def test_is_key__examples_of_the_general_specifications__only_their_own_length() -> None:
    assert is_gln("9520123456788")
    assert not is_gln("952012345678912345")
    assert is_sscc("952012345678912345")
    assert is_gsrn("123456789012345675")
    assert not is_sscc("9520123456788")


def test_gmn_check_characters__example_of_gs1__are_the_pair() -> None:
    assert gmn_check_characters("1987654Ad4X4bL5ttr2310c") == "2K"


def test_gmn_check_characters__too_long__is_refused() -> None:
    with pytest.raises(ValueError, match="more than 23"):
        gmn_check_characters("1" * 24)
