"""Amounts as people write them. Inside, money is a whole number of minor units; no floats."""

import re

YUAN_DECIMALS = 2


def format_minor(amount: int, decimals: int = YUAN_DECIMALS) -> str:
    """`1234` as `12.34`, `-5` as `-0.05`."""
    sign = "-" if amount < 0 else ""
    digits = str(abs(amount)).rjust(decimals + 1, "0")
    if decimals == 0:
        return sign + digits
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"


def parse_minor(text: str, decimals: int = YUAN_DECIMALS) -> int:
    """`12.34`, `12.3` or `12` as minor units.

    Raises:
        ValueError: not a plain decimal number, or finer than the minor unit.
    """
    match = re.fullmatch(r"(-?)([0-9]{1,30})(?:\.([0-9]+))?", text.strip())
    if match is None:
        raise ValueError(f"not an amount: {text!r}")
    sign, whole, fraction = match[1], match[2], match[3] or ""
    if len(fraction) > decimals:
        raise ValueError(f"more than {decimals} decimals: {text!r}")
    amount = int(whole + fraction.ljust(decimals, "0"))
    return -amount if sign else amount
