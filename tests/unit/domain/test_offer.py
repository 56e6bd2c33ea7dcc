"""Which offers the contract admits."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given

from pinlian.domain.offer import Offer, Payee, Step, check_offer
from pinlian.domain.refusals import Refusal
from tests.unit.domain.strategies import offers

GOOD = Offer(
    merchant=b"\1" * 20,
    arbiter=b"\2" * 20,
    stock_cap=100,
    window_kind=1,
    window_seconds=7 * 86_400,
    leader_bps=800,
    ladder=(Step(1, 2_500), Step(10, 2_200)),
    payees=(Payee(b"\3" * 20, 300),),
    terms=b"\4" * 32,
    salt=5,
)


@given(offer=offers())
def test_check_offer__a_good_one__is_admitted(offer: Offer) -> None:
    assert check_offer(offer) == []


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"merchant": bytes(20)}, Refusal.MERCHANT_EMPTY),
        ({"stock_cap": 0}, Refusal.STOCK_CAP_INVALID),
        ({"stock_cap": 2**32}, Refusal.STOCK_CAP_INVALID),
        ({"window_kind": 2}, Refusal.WINDOW_INVALID),
        ({"window_seconds": 30 * 86_400 + 1}, Refusal.WINDOW_INVALID),
        ({"ladder": ()}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(2, 100),)}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 0),)}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 2**96),)}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 100), Step(1, 90))}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 100), Step(5, 100))}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 100), Step(2**32, 90))}, Refusal.LADDER_INVALID),
        ({"ladder": tuple(Step(1 + n, 100 - n) for n in range(6))}, Refusal.LADDER_INVALID),
        ({"leader_bps": 2_701}, Refusal.SHARES_EXCEEDED),
        ({"leader_bps": -1}, Refusal.SHARES_EXCEEDED),
        ({"payees": tuple(Payee(b"\3" * 20, 1) for _ in range(7))}, Refusal.SHARES_EXCEEDED),
        ({"payees": (Payee(bytes(20), 1),)}, Refusal.PAYEE_EMPTY),
    ],
)
def test_check_offer__one_fault__is_named(change: dict[str, Any], refusal: Refusal) -> None:
    assert check_offer(GOOD) == []
    assert check_offer(replace(GOOD, **change)) == [refusal]
