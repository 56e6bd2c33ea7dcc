from pinlian.chain import escrow as calls
from pinlian.domain.chain_events import NonceBumped
from pinlian.domain.messages import BumpNonce
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, NEIGHBOUR, Scene


def call(scene: Scene, nonce_base: int) -> bytes:
    message = BumpNonce(nonce_base)
    return calls.bump_nonce(BUYER.account, message, scene.sign(BUYER, message))


def test_bump_nonce__forward__voids_what_is_signed_before(scene: Scene) -> None:
    group = scene.open()
    order = scene.order(BUYER, group)
    assert scene.act(call(scene, 3)) == [NonceBumped(account=BUYER.account, nonce_base=3)]
    (refused,) = scene.place((group, [order])).refused
    assert refused.refusal == Refusal.NONCE_USED
    assert scene.place((group, [scene.order(BUYER, group, nonce=3)])).refused == ()


def test_bump_nonce__to_one_that_is_used_ahead__goes_past_it(scene: Scene) -> None:
    group = scene.open()
    scene.place((group, [scene.order(BUYER, group, nonce=nonce) for nonce in (2, 3, 5)]))
    scene.act(call(scene, 2))
    account = scene.account(BUYER.account)
    assert (account.nonce_base, account.nonce_bitmap) == (4, 0b10)


def test_bump_nonce__by_64__clears_the_bitmap(scene: Scene) -> None:
    group = scene.open()
    scene.place((group, [scene.order(BUYER, group, nonce=63)]))
    scene.act(call(scene, 64))
    account = scene.account(BUYER.account)
    assert (account.nonce_base, account.nonce_bitmap) == (64, 0)


def test_bump_nonce__not_forward__is_refused(scene: Scene) -> None:
    assert scene.refusal(call(scene, 0)) == Refusal.NONCE_USED
    scene.act(call(scene, 5))
    assert scene.refusal(call(scene, 5)) == Refusal.NONCE_USED


def test_bump_nonce__further_than_64__is_refused(scene: Scene) -> None:
    assert scene.refusal(call(scene, 65)) == Refusal.NONCE_TOO_FAR


def test_bump_nonce__by_another__is_refused(scene: Scene) -> None:
    message = BumpNonce(1)
    forged = calls.bump_nonce(BUYER.account, message, scene.sign(NEIGHBOUR, message))
    assert scene.refusal(forged) == Refusal.SIGNATURE_INVALID


def test_bump_nonce__in_an_own_transaction__needs_no_signature(scene: Scene) -> None:
    scene.act(calls.bump_nonce(BUYER.account, BumpNonce(9), b""), BUYER)
    assert scene.account(BUYER.account).nonce_base == 9
