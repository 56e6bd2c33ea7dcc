"""Telephone numbers: one spelling, a keyed hash to find them, and a seal to keep them.

The two keys live in PINLIAN_HOME/keys/phone_numbers.json. Without that file nobody can log in: it belongs in the
backup, apart from the database.
"""

import hmac
import json
import os
import re
import secrets
import tempfile
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

KEY_BYTES = 32
NONCE_BYTES = 12
CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}")
# E.164: at most 15 digits, the first not zero.
INTERNATIONAL = re.compile(r"\+[1-9]\d{6,14}")


class PhoneNumberInvalid(ValueError):
    """The text is no telephone number that we know how to write."""


def one_spelling(text: str) -> str:
    """`text` as +, country and number. Eleven digits that begin with 1 are a Chinese mobile number.

    Raises:
        PhoneNumberInvalid: neither a Chinese mobile number nor one with + and country in front.
    """
    digits = re.sub(r"[\s().·-]", "", unicodedata.normalize("NFKC", text))
    digits = re.sub(r"^00", "+", digits)
    for domestic in (digits, digits.removeprefix("86")):
        if CHINESE_MOBILE.fullmatch(domestic):
            return "+86" + domestic
    if digits.startswith("+86"):
        if not CHINESE_MOBILE.fullmatch(digits[3:]):
            raise PhoneNumberInvalid
        return digits
    if not INTERNATIONAL.fullmatch(digits):
        raise PhoneNumberInvalid
    return digits


def masked(number: str) -> str:
    """A number for the eyes of its owner or an operator: the last four digits and the beginning."""
    return f"{number[:-8]}****{number[-4:]}"


@dataclass(frozen=True)
class PhoneVault:
    """The keys for telephone numbers; all of them 32 bytes."""

    lookup_key: bytes
    sealing_key: bytes

    def lookup(self, number: str) -> str:
        """A keyed hash (hex) that is equal for equal numbers and tells nothing without the key."""
        return self.lookup_text("phone", number)

    def lookup_text(self, kind: str, text: str) -> str:
        """A keyed hash (hex) of `text`, different for each `kind` of text."""
        return hmac.digest(self.lookup_key, f"{kind}:{text}".encode(), "sha256").hex()

    def seal(self, number: str) -> bytes:
        """The number encrypted; the same number gives other bytes each time."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + AESGCM(self.sealing_key).encrypt(nonce, number.encode(), None)

    def unseal(self, sealed: bytes) -> str:
        """The number that was sealed.

        Raises:
            cryptography.exceptions.InvalidTag: sealed with another key, or altered.
        """
        return AESGCM(self.sealing_key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], None).decode()


@cache
def phone_vault() -> PhoneVault:
    """The instance's keys, made on first use. Processes that start together agree on the first file that appears."""
    path = Path(settings.PINLIAN_HOME) / "keys" / "phone_numbers.json"
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if not path.exists():
        _write_new(path, {"lookup_key": secrets.token_hex(KEY_BYTES), "sealing_key": secrets.token_hex(KEY_BYTES)})
    keys = json.loads(path.read_text())
    return PhoneVault(bytes.fromhex(keys["lookup_key"]), bytes.fromhex(keys["sealing_key"]))


def _write_new(path: Path, keys: dict[str, str]) -> None:
    descriptor, draft_name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(draft_name)
    try:
        with os.fdopen(descriptor, "w") as draft_file:
            json.dump(keys, draft_file)
            draft_file.flush()
            os.fsync(draft_file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        return
    finally:
        draft.unlink()
