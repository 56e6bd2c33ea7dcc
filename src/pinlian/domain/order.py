"""A buyer's order: what is signed, and when it is refused."""

from dataclasses import dataclass

from pinlian.domain.account import NONCE_MAX, AccountState, nonce_refusal
from pinlian.domain.group import GroupState, GroupStatus
from pinlian.domain.keccak import keccak256
from pinlian.domain.offer import UNITS_MAX
from pinlian.domain.refusals import Refusal

ORDERS_MAX = 128
"""Orders in one call."""
VALID_AFTER_CLOSE_SECONDS_MAX = 3_600


@dataclass(frozen=True, slots=True)
class Order:
    """What a buyer signs.

    Attributes:
        group, offer: identifiers, 32 bytes; the offer must be the group's.
        quantity: units.
        amount: quantity at the offer's first price, in minor units.
        nonce: of the buyer's account, used once.
        valid_until: Unix seconds.
        details: hash of the encrypted delivery details, 32 bytes.
    """

    group: bytes
    offer: bytes
    quantity: int
    amount: int
    nonce: int
    valid_until: int
    details: bytes


@dataclass(frozen=True, slots=True)
class SignedOrder:
    """An order with its buyer's compact signature (ERC-2098); an empty r means that the sender is the buyer."""

    order: Order
    r: bytes
    vs: bytes


def order_id(group: bytes, buyer: bytes, nonce: int) -> bytes:
    """Identifier of a placed order, and of its case if one is opened."""
    return keccak256(group + bytes(12) + buyer + nonce.to_bytes(32, "big"))


def order_refusal(
    order: Order,
    *,
    now: int,
    group: GroupState | None,
    group_offer: bytes,
    first_price: int,
    units_left: int,
    account: AccountState,
) -> Refusal | None:
    """Why the contract would refuse `order` at `now` (or could never accept it); None if it would place it.

    Args:
        group: None for a group that the chain does not know.
        group_offer: identifier of the group's offer.
        units_left: the offer's stock cap less the units that are sold or promised.
        account: the buyer's, less what is promised.
    """
    if group is None:
        return Refusal.GROUP_UNKNOWN
    if group.status != GroupStatus.OPEN or now >= group.closes_at:
        return Refusal.GROUP_NOT_OPEN
    if order.quantity == 0:
        return Refusal.QUANTITY_ZERO
    if now > order.valid_until:
        return Refusal.ORDER_EXPIRED
    if order.offer != group_offer:
        return Refusal.WRONG_TERMS
    if order.valid_until > group.closes_at + VALID_AFTER_CLOSE_SECONDS_MAX:
        return Refusal.VALID_TOO_LONG
    if order.quantity > min(units_left, UNITS_MAX):
        return Refusal.STOCK_EXCEEDED
    if order.amount != order.quantity * first_price:
        return Refusal.WRONG_AMOUNT
    if order.nonce > NONCE_MAX:
        return Refusal.NONCE_TOO_FAR
    refusal = nonce_refusal(account, order.nonce)
    if refusal is not None:
        return refusal
    if account.balance < order.amount:
        return Refusal.UNDERFUNDED
    return None
