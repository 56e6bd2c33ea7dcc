from dataclasses import replace
from typing import Any

from pinlian.chain import escrow as calls
from pinlian.domain.chain_events import Withdrawn
from pinlian.domain.messages import Withdraw
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, DEPOSIT, NEIGHBOUR, Scene
from tests.contracts.stateful.people import Person


def message(scene: Scene, **changes: Any) -> Withdraw:
    return replace(Withdraw(to=NEIGHBOUR.account, amount=700, nonce=0, valid_until=scene.now), **changes)


def call(scene: Scene, signed: Withdraw, *, said: Withdraw | None = None, signer: Person = BUYER) -> bytes:
    return calls.withdraw_signed(BUYER.account, said or signed, scene.sign(signer, signed))


def test_withdraw_signed__sent_by_anyone__pays_tokens_out_and_uses_the_nonce(scene: Scene) -> None:
    events = scene.act(call(scene, message(scene)))
    assert events == [Withdrawn(account=BUYER.account, to=NEIGHBOUR.account, amount=700, nonce=0)]
    account = scene.account(BUYER.account)
    assert (account.balance, account.nonce_base, account.nonce_bitmap) == (DEPOSIT - 700, 1, 0)
    assert scene.tokens(NEIGHBOUR.account) == 700


def test_withdraw_signed__twice__is_refused(scene: Scene) -> None:
    scene.act(call(scene, message(scene)))
    assert scene.refusal(call(scene, message(scene))) == Refusal.NONCE_USED


def test_withdraw_signed__nonce_of_an_order__is_refused(scene: Scene) -> None:
    scene.ordered(scene.open(), 1)
    assert scene.refusal(call(scene, message(scene, nonce=0))) == Refusal.NONCE_USED


def test_withdraw_signed__nonce_far_ahead__is_refused(scene: Scene) -> None:
    assert scene.refusal(call(scene, message(scene, nonce=64))) == Refusal.NONCE_TOO_FAR
    scene.act(call(scene, message(scene, nonce=63)))
    assert scene.account(BUYER.account).nonce_bitmap == 1 << 63


def test_withdraw_signed__nonce_no_64_bits_can_hold__is_refused(scene: Scene) -> None:
    assert scene.refusal(call(scene, message(scene, nonce=2**256 - 1))) == Refusal.NONCE_TOO_FAR


def test_withdraw_signed__after_its_time__is_refused(scene: Scene) -> None:
    late = call(scene, message(scene))
    scene.wait(1)
    assert scene.refusal(late) == Refusal.MESSAGE_EXPIRED


def test_withdraw_signed__by_another__is_refused(scene: Scene) -> None:
    assert scene.refusal(call(scene, message(scene), signer=NEIGHBOUR)) == Refusal.SIGNATURE_INVALID


def test_withdraw_signed__to_another_or_of_more_than_signed__is_refused(scene: Scene) -> None:
    signed = message(scene)
    for said in (replace(signed, to=BUYER.account), replace(signed, amount=701), replace(signed, nonce=1)):
        assert scene.refusal(call(scene, signed, said=said)) == Refusal.SIGNATURE_INVALID


def test_withdraw_signed__more_than_the_balance__is_refused_and_keeps_the_nonce(scene: Scene) -> None:
    assert scene.refusal(call(scene, message(scene, amount=DEPOSIT + 1))) == Refusal.UNDERFUNDED
    assert scene.account(BUYER.account).nonce_base == 0


def test_withdraw_signed__of_nothing__is_refused(scene: Scene) -> None:
    assert scene.refusal(call(scene, message(scene, amount=0))) == Refusal.AMOUNT_ZERO


def test_withdraw_signed__for_another_escrow__is_refused(scene: Scene) -> None:
    scene.separator = bytes(32)
    assert scene.refusal(call(scene, message(scene))) == Refusal.SIGNATURE_INVALID
