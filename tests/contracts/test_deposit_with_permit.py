import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.abi import account_word, arguments, word
from pinlian.chain.rpc import Reverted
from pinlian.domain.chain_events import Deposited
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, DEPOSIT, NOBODY, Scene


def call(scene: Scene, amount: int, *, deadline: int | None = None) -> bytes:
    deadline = scene.now if deadline is None else deadline
    return calls.deposit_with_permit(BUYER.account, amount, deadline, *scene.permit(BUYER, amount, deadline))


def test_deposit_with_permit__sent_by_anyone__credits_the_owner(scene: Scene) -> None:
    scene.give_tokens(BUYER.account, 500)
    events = scene.act(call(scene, 500), NOBODY)
    assert events == [Deposited(account=BUYER.account, payer=BUYER.account, amount=500)]
    assert scene.balance(BUYER) == DEPOSIT + 500
    assert scene.tokens(BUYER.account) == 0


def test_deposit_with_permit__permit_used_by_a_front_runner__credits_all_the_same(scene: Scene) -> None:
    scene.give_tokens(BUYER.account, 500)
    v, r, s = scene.permit(BUYER, 500, scene.now)
    permit = arguments(
        account_word(BUYER.account), account_word(scene.address), word(500), word(scene.now), word(v), r, s
    )
    selector = keccak256(b"permit(address,address,uint256,uint256,uint8,bytes32,bytes32)")[:4]
    scene.evm.send(NOBODY.account, scene.token, selector + permit)
    scene.act(calls.deposit_with_permit(BUYER.account, 500, scene.now, v, r, s), NOBODY)
    assert scene.balance(BUYER) == DEPOSIT + 500


def test_deposit_with_permit__used_twice__fails_in_the_token(scene: Scene) -> None:
    scene.give_tokens(BUYER.account, 1_000)
    used = call(scene, 500)
    scene.act(used)
    with pytest.raises(Reverted) as reverted:
        scene.act(used)
    assert b"erc20: invalid signature" in reverted.value.data
    assert scene.balance(BUYER) == DEPOSIT + 500


def test_deposit_with_permit__standing_approval_and_no_permit__fails_in_the_token(scene: Scene) -> None:
    scene.give_tokens(BUYER.account, 500)
    scene.approve(BUYER, 2**256 - 1)
    with pytest.raises(Reverted) as reverted:
        scene.act(calls.deposit_with_permit(BUYER.account, 500, scene.now, 27, bytes(32), bytes(32)), NOBODY)
    assert b"ecdsa: invalid signature" in reverted.value.data
    assert scene.balance(BUYER) == DEPOSIT
    assert scene.tokens(BUYER.account) == 500


def test_deposit_with_permit__approval_of_exactly_the_amount__credits_its_owner_without_a_permit(scene: Scene) -> None:
    scene.give_tokens(BUYER.account, 500)
    scene.approve(BUYER, 500)
    scene.act(calls.deposit_with_permit(BUYER.account, 500, scene.now, 27, bytes(32), bytes(32)), NOBODY)
    assert scene.balance(BUYER) == DEPOSIT + 500
    assert scene.tokens(BUYER.account) == 0


def test_deposit_with_permit__deadline_passed__fails_in_the_token(scene: Scene) -> None:
    scene.give_tokens(BUYER.account, 500)
    late = call(scene, 500)
    scene.wait(1)
    with pytest.raises(Reverted) as reverted:
        scene.act(late)
    assert b"erc20: expired deadline" in reverted.value.data


def test_deposit_with_permit__of_nothing__is_refused(scene: Scene) -> None:
    assert scene.refusal(call(scene, 0)) == Refusal.AMOUNT_ZERO
