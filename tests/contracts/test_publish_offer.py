from typing import Any

import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import OfferPublished
from pinlian.domain.offer import LADDER_STEPS_MAX, PAYEES_MAX, Payee, Step, WindowKind
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import CARRIER, FIRST_PRICE, MERCHANT, NOBODY, Scene


def test_publish_offer__signed__is_known_by_its_struct_hash(scene: Scene) -> None:
    offer = scene.offer()
    events = scene.act(calls.publish_offer(offer, scene.sign(MERCHANT, offer)))
    assert events == [
        OfferPublished(
            offer=hash_struct(offer),
            merchant=offer.merchant,
            arbiter=offer.arbiter,
            stock_cap=offer.stock_cap,
            window_kind=offer.window_kind,
            window_seconds=offer.window_seconds,
            leader_bps=offer.leader_bps,
            ladder=offer.ladder,
            payees=offer.payees,
            terms=offer.terms,
            salt=offer.salt,
        )
    ]
    assert scene.escrow.offer_state(hash_struct(offer)) == (FIRST_PRICE, offer.stock_cap, 0)


def test_publish_offer__of_one_price_and_no_payees__is_admitted(scene: Scene) -> None:
    offer = scene.publish(ladder=(Step(1, 1),), payees=(), leader_bps=0, window_seconds=0)
    assert scene.escrow.offer_state(hash_struct(offer)) == (1, offer.stock_cap, 0)


def test_publish_offer__with_every_field_at_its_limit__is_admitted(scene: Scene) -> None:
    offer = scene.publish(
        stock_cap=2**32 - 1,
        window_kind=WindowKind.FRESHNESS,
        window_seconds=30 * 86_400,
        leader_bps=3_000 - PAYEES_MAX * 400,
        ladder=tuple(
            Step(1 if at == 0 else 2**32 - LADDER_STEPS_MAX + at, 2**96 - 1 - at) for at in range(LADDER_STEPS_MAX)
        ),
        payees=(Payee(CARRIER.account, 400),) * PAYEES_MAX,
        salt=2**256 - 1,
    )
    assert scene.escrow.offer_state(hash_struct(offer)) == (2**96 - 1, 2**32 - 1, 0)


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"merchant": bytes(20)}, Refusal.MERCHANT_EMPTY),
        ({"stock_cap": 0}, Refusal.STOCK_CAP_INVALID),
        ({"stock_cap": 2**32}, Refusal.STOCK_CAP_INVALID),
        ({"window_kind": 2}, Refusal.WINDOW_INVALID),
        ({"window_seconds": 30 * 86_400 + 1}, Refusal.WINDOW_INVALID),
        ({"ladder": ()}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(0, 10),)}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(2, 10),)}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 0),)}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 10), Step(1, 9))}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 10), Step(5, 10))}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 10), Step(5, 11))}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 10), Step(5, 9), Step(4, 8))}, Refusal.LADDER_INVALID),
        ({"ladder": (Step(1, 10), Step(2**32, 9))}, Refusal.LADDER_INVALID),
        ({"payees": (Payee(bytes(20), 1),)}, Refusal.PAYEE_EMPTY),
        ({"leader_bps": 3_001, "payees": ()}, Refusal.SHARES_EXCEEDED),
        ({"leader_bps": 2**256 - 1}, Refusal.SHARES_EXCEEDED),
        ({"leader_bps": 2_000, "payees": (Payee(CARRIER.account, 1_001),)}, Refusal.SHARES_EXCEEDED),
        ({"leader_bps": 0, "payees": (Payee(CARRIER.account, 2**16 - 1),) * PAYEES_MAX}, Refusal.SHARES_EXCEEDED),
    ],
)
def test_publish_offer__out_of_bounds__is_refused(scene: Scene, changes: dict[str, Any], refusal: Refusal) -> None:
    offer = scene.offer(**changes)
    assert scene.refusal(calls.publish_offer(offer, scene.sign(MERCHANT, offer))) == refusal


def test_publish_offer__a_payee_of_more_than_20_bytes__is_refused(scene: Scene) -> None:
    offer = scene.offer(payees=(Payee(CARRIER.account, 1),))
    call = calls.publish_offer(offer, scene.sign(MERCHANT, offer))
    packed = (int.from_bytes(CARRIER.account, "big") << 16 | 1).to_bytes(32, "big")
    assert scene.refusal(call.replace(packed, b"\x01" + packed[1:])) == Refusal.PAYEE_EMPTY


def test_publish_offer__twice__is_refused(scene: Scene) -> None:
    offer = scene.publish()
    assert scene.refusal(calls.publish_offer(offer, scene.sign(MERCHANT, offer))) == Refusal.OFFER_EXISTS


def test_publish_offer__signed_by_another__is_refused(scene: Scene) -> None:
    offer = scene.offer()
    assert scene.refusal(calls.publish_offer(offer, scene.sign(NOBODY, offer))) == Refusal.SIGNATURE_INVALID
    assert scene.refusal(calls.publish_offer(offer, b"")) == Refusal.SIGNATURE_INVALID


def test_publish_offer__in_the_merchants_own_transaction__needs_no_signature(scene: Scene) -> None:
    offer = scene.offer()
    scene.act(calls.publish_offer(offer, b""), MERCHANT)
    assert scene.escrow.offer_state(hash_struct(offer))[1] == offer.stock_cap
