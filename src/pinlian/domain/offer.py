"""What a merchant offers, and which offers the contract admits."""

from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise

from pinlian.domain.refusals import Refusal

BPS = 10_000
LADDER_STEPS_MAX = 5
PAYEES_MAX = 6
SHARES_BPS_MAX = 3_000
"""Cap on the leader's and all payees' shares together; the merchant always keeps the rest."""
STOCK_CAP_MAX = 2**32 - 1
UNITS_MAX = 2**32 - 1
PRICE_MAX = 2**96 - 1
WINDOW_SECONDS_MAX = 30 * 86_400
EMPTY_ACCOUNT = bytes(20)


class WindowKind(IntEnum):
    """What a buyer may ask for within the window after delivery."""

    FRESHNESS = 0
    """Claims only."""
    NO_REASON = 1
    """Claims, and returns without a reason."""


@dataclass(frozen=True, slots=True)
class Step:
    """From `units_min` units of a group on, a unit costs `price` (minor units)."""

    units_min: int
    price: int


@dataclass(frozen=True, slots=True)
class Payee:
    """An account that gets `share_bps` ten-thousandths of every amount released to the sellers' side."""

    account: bytes
    share_bps: int


@dataclass(frozen=True, slots=True)
class Offer:
    """A merchant's terms; frozen once signed. The identifier is the EIP-712 struct hash.

    Attributes:
        merchant, arbiter: accounts, 20 bytes.
        stock_cap: units that all groups together may order.
        window_kind: a WindowKind; a plain number in messages that are yet to be checked.
        window_seconds: length of the return or claim window after delivery.
        leader_bps: the leader's share.
        ladder: at least one step; the first from 1 unit; units rise and prices fall.
        terms: keccak of the terms document, 32 bytes.
        salt: makes two otherwise equal offers distinct.
    """

    merchant: bytes
    arbiter: bytes
    stock_cap: int
    window_kind: int
    window_seconds: int
    leader_bps: int
    ladder: tuple[Step, ...]
    payees: tuple[Payee, ...]
    terms: bytes
    salt: int


def _ladder_is_valid(ladder: tuple[Step, ...]) -> bool:
    if not 1 <= len(ladder) <= LADDER_STEPS_MAX or ladder[0].units_min != 1:
        return False
    if not 0 < ladder[0].price <= PRICE_MAX:
        return False
    return all(
        before.units_min < step.units_min <= UNITS_MAX and 0 < step.price < before.price
        for before, step in pairwise(ladder)
    )


def check_offer(offer: Offer) -> list[Refusal]:
    """Every reason for which the contract would refuse `offer`, in the contract's order; empty if it admits it."""
    refusals = []
    if offer.merchant == EMPTY_ACCOUNT:
        refusals.append(Refusal.MERCHANT_EMPTY)
    if not 0 < offer.stock_cap <= STOCK_CAP_MAX:
        refusals.append(Refusal.STOCK_CAP_INVALID)
    if not 0 <= offer.window_kind <= max(WindowKind) or not 0 <= offer.window_seconds <= WINDOW_SECONDS_MAX:
        refusals.append(Refusal.WINDOW_INVALID)
    if not _ladder_is_valid(offer.ladder):
        refusals.append(Refusal.LADDER_INVALID)
    if any(payee.account == EMPTY_ACCOUNT for payee in offer.payees):
        refusals.append(Refusal.PAYEE_EMPTY)
    shares = [offer.leader_bps, *(payee.share_bps for payee in offer.payees)]
    if len(offer.payees) > PAYEES_MAX or min(shares) < 0 or sum(shares) > SHARES_BPS_MAX:
        refusals.append(Refusal.SHARES_EXCEEDED)
    return refusals
