"""When an order is refused."""

from dataclasses import replace
from typing import Any

import pytest

from pinlian.domain.account import AccountState
from pinlian.domain.group import GroupState, GroupStatus
from pinlian.domain.order import Order, order_id, order_refusal
from pinlian.domain.refusals import Refusal

NOW = 1_700_000_000
GROUP = GroupState(GroupStatus.OPEN, 0, 3, 0, 5, NOW + 100, NOW + 900, 0)
ORDER = Order(b"\1" * 32, b"\2" * 32, 2, 500, 7, NOW + 50, b"\3" * 32)
CHAIN: dict[str, Any] = {
    "now": NOW,
    "group": GROUP,
    "group_offer": b"\2" * 32,
    "first_price": 250,
    "units_left": 2,
    "account": AccountState(balance=500, nonce_base=7),
}


def test_order_refusal__a_good_order__is_none() -> None:
    assert order_refusal(ORDER, **CHAIN) is None


@pytest.mark.parametrize(
    ("order", "chain", "refusal"),
    [
        ({}, {"group": None}, Refusal.GROUP_UNKNOWN),
        ({}, {"group": replace(GROUP, status=GroupStatus.FAILED)}, Refusal.GROUP_NOT_OPEN),
        ({}, {"now": NOW + 100}, Refusal.GROUP_NOT_OPEN),
        ({"quantity": 0, "amount": 0}, {}, Refusal.QUANTITY_ZERO),
        ({"valid_until": NOW - 1}, {}, Refusal.ORDER_EXPIRED),
        ({"offer": b"\4" * 32}, {}, Refusal.WRONG_TERMS),
        ({"valid_until": NOW + 100 + 3_601}, {}, Refusal.VALID_TOO_LONG),
        ({"quantity": 3, "amount": 750}, {}, Refusal.STOCK_EXCEEDED),
        ({"amount": 499}, {}, Refusal.WRONG_AMOUNT),
        ({"nonce": 2**64}, {}, Refusal.NONCE_TOO_FAR),
        ({"nonce": 6}, {}, Refusal.NONCE_USED),
        ({}, {"account": AccountState(balance=499, nonce_base=7)}, Refusal.UNDERFUNDED),
    ],
)
def test_order_refusal__one_fault__is_named(order: dict[str, Any], chain: dict[str, Any], refusal: Refusal) -> None:
    assert order_refusal(replace(ORDER, **order), **(CHAIN | chain)) is refusal


def test_order_id__tells_group_buyer_and_nonce_apart() -> None:
    ids = {
        order_id(group * 32, buyer * 20, nonce)
        for group in (b"\1", b"\2")
        for buyer in (b"\3", b"\4")
        for nonce in (0, 1)
    }
    assert len(ids) == 8
