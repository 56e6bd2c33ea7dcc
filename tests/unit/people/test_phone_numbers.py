"""Telephone numbers: one spelling, found by a keyed hash, kept under a seal."""

import pytest
from cryptography.exceptions import InvalidTag

from pinlian.apps.people.phone_numbers import PhoneNumberInvalid, PhoneVault, masked, one_spelling, phone_vault

VAULT = PhoneVault(b"\x01" * 32, b"\x02" * 32)
OTHER = PhoneVault(b"\x03" * 32, b"\x04" * 32)


@pytest.mark.parametrize(
    "text",
    ["13912345678", "139 1234 5678", "+8613912345678", "8613912345678", "0086-139-1234-5678", "１３９１２３４５６７８"],
)
def test_spellings_of_one_number__become_one(text: str) -> None:
    assert one_spelling(text) == "+8613912345678"


@pytest.mark.parametrize(("text", "number"), [("+44 20 7946 0958", "+442079460958"), ("0049 30 901820", "+4930901820")])
def test_foreign_numbers__keep_their_country(text: str, number: str) -> None:
    assert one_spelling(text) == number


@pytest.mark.parametrize(
    "text", ["", "12345", "12912345678", "+86 12345678901", "139123456789", "phone", "+0123456789"]
)
def test_what_is_no_number__is_refused(text: str) -> None:
    with pytest.raises(PhoneNumberInvalid):
        one_spelling(text)


def test_lookup__is_equal_for_equal_numbers_and_differs_with_the_key() -> None:
    assert VAULT.lookup("+8613912345678") == VAULT.lookup("+8613912345678")
    assert VAULT.lookup("+8613912345678") != OTHER.lookup("+8613912345678")
    assert VAULT.lookup("+8613912345678") != VAULT.lookup_text("sign-in number", "+8613912345678")


def test_seal__opens_with_its_key_only_and_never_looks_the_same() -> None:
    sealed = VAULT.seal("+8613912345678")
    assert sealed != VAULT.seal("+8613912345678")
    assert b"139" not in sealed
    assert VAULT.unseal(sealed) == "+8613912345678"
    with pytest.raises(InvalidTag):
        OTHER.unseal(sealed)
    with pytest.raises(InvalidTag):
        VAULT.unseal(sealed[:-1] + bytes([sealed[-1] ^ 1]))


def test_vault__is_a_file_that_only_its_owner_reads(settings: object) -> None:
    vault = phone_vault()
    path = settings.PINLIAN_HOME / "keys" / "phone_numbers.json"  # type: ignore[attr-defined]
    assert path.stat().st_mode & 0o777 == 0o600
    phone_vault.cache_clear()
    assert phone_vault() == vault


def test_masked__keeps_the_last_four_digits() -> None:
    assert masked("+8613912345678") == "+86139****5678"
