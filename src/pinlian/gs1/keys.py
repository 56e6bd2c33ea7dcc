"""GS1 identification keys: lengths, check digits and characters (GS1 General Specifications, sections 3 and 7)."""

import re
from enum import StrEnum

GTIN_LENGTHS = (8, 12, 13, 14)
# Number of digits with the check digit.
GLN_LENGTH = 13
SSCC_LENGTH = 18
GSRN_LENGTH = 18
GSIN_LENGTH = 17
GRAI_LENGTH = 14
GDTI_LENGTH = 13
GCN_LENGTH = 13
COMPANY_PREFIX_LENGTHS = range(6, 13)

# General Specifications, figure 7.11-1 (82 characters, in their order) and 7.11-2 (39 characters).
CHARACTERS_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"
CHARACTERS_39 = "#-/0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

_DIGITS = re.compile(r"[0-9]+")
_GMN_CHECK_CHARACTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
_GMN_WEIGHTS = (2, 3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83)


class Reason(StrEnum):
    """Why a text does not identify anything; a page has a sentence and a remedy for each."""

    NOT_A_URI = "not_a_uri"
    SCHEME = "scheme"
    HOST = "host"
    CHARACTER = "character"
    PERCENT_ESCAPE = "percent_escape"
    NO_KEY = "no_key"
    TRAILING_SLASH = "trailing_slash"
    UNPAIRED = "unpaired"
    UNKNOWN_AI = "unknown_ai"
    QUALIFIER = "qualifier"
    MISSING_QUALIFIER = "missing_qualifier"
    IN_QUERY = "in_query"
    DUPLICATE = "duplicate"
    EMPTY_VALUE = "empty_value"
    FORMAT = "format"
    CHECK_DIGIT = "check_digit"
    DATE = "date"
    CONTENT = "content"
    EPC_SCHEME = "epc_scheme"
    EPC_PARTS = "epc_parts"
    COMPANY_PREFIX = "company_prefix"


class IdentifierError(ValueError):
    """A text that should identify something does not.

    `reason` says what is wrong, `part` repeats the part of the text that is wrong, as it was given.
    """

    def __init__(self, reason: Reason, part: str) -> None:
        super().__init__(f"{reason}: {part!r}")
        self.reason = reason
        self.part = part


def check_digit(digits: str) -> str:
    """The digit that must follow `digits` in a GTIN, GLN, SSCC, GSRN, GSIN, GRAI, GDTI or GCN.

    Source: General Specifications, section 7.9.1: from the right the digits weigh 3, 1, 3, 1 ...
    Raises ValueError when there is anything but digits 0 to 9.
    """
    if not _DIGITS.fullmatch(digits):
        raise ValueError(f"not digits: {digits!r}")
    total = 3 * sum(map(int, digits[-1::-2])) + sum(map(int, digits[-2::-2]))
    return str(-total % 10)


def has_check_digit(digits: str) -> bool:
    """Whether the last of the digits is the check digit of those before it."""
    return len(digits) > 1 and bool(_DIGITS.fullmatch(digits)) and check_digit(digits[:-1]) == digits[-1]


def is_gtin(text: str) -> bool:
    """Whether the text is a GTIN-8, GTIN-12, GTIN-13 or GTIN-14."""
    return len(text) in GTIN_LENGTHS and has_check_digit(text)


def is_gln(text: str) -> bool:
    """Whether the text is a Global Location Number."""
    return len(text) == GLN_LENGTH and has_check_digit(text)


def is_sscc(text: str) -> bool:
    """Whether the text is a Serial Shipping Container Code."""
    return len(text) == SSCC_LENGTH and has_check_digit(text)


def is_gsrn(text: str) -> bool:
    """Whether the text is a Global Service Relation Number."""
    return len(text) == GSRN_LENGTH and has_check_digit(text)


def gtin14(text: str) -> str:
    """The fourteen digits of a GTIN of any length: zeros go before a shorter one (section 3.3.2).

    Raises IdentifierError: FORMAT when it has not 8, 12, 13 or 14 digits, CHECK_DIGIT when the last digit is wrong.
    """
    if len(text) not in GTIN_LENGTHS or not _DIGITS.fullmatch(text):
        raise IdentifierError(Reason.FORMAT, text)
    if not has_check_digit(text):
        raise IdentifierError(Reason.CHECK_DIGIT, text)
    return text.zfill(14)


def gmn_check_characters(model: str) -> str:
    """The two characters that must follow `model` in a Global Model Number.

    Source: section 7.9: from the right the characters' values weigh the primes 2, 3, 5 ...; the sum modulo 1021 in
    base 32.
    Raises ValueError when a character is not of the 82, or there are more than 23.
    """
    if len(model) > len(_GMN_WEIGHTS):
        raise ValueError(f"more than {len(_GMN_WEIGHTS)} characters: {model!r}")
    total = sum(
        CHARACTERS_82.index(character) * weight
        for character, weight in zip(reversed(model), _GMN_WEIGHTS, strict=False)
    )
    high, low = divmod(total % 1021, 32)
    return _GMN_CHECK_CHARACTERS[high] + _GMN_CHECK_CHARACTERS[low]
