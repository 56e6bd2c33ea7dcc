import pytest

from pinlian.chain import escrow as calls
from pinlian.chain import yuan
from pinlian.domain.chain_events import Withdrawn
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, DEPOSIT, NEIGHBOUR, NOBODY, PAUSERS, Scene, deploy


def test_withdraw__own_balance__pays_tokens_out(scene: Scene) -> None:
    held = scene.escrow.held()
    events = scene.act(calls.withdraw(NEIGHBOUR.account, 400), BUYER)
    assert events == [Withdrawn(account=BUYER.account, to=NEIGHBOUR.account, amount=400, nonce=2**256 - 1)]
    assert scene.balance(BUYER) == DEPOSIT - 400
    assert scene.tokens(NEIGHBOUR.account) == 400
    assert scene.escrow.held() == held - 400 == scene.tokens(scene.address)


def test_withdraw__everything__leaves_the_nonces(scene: Scene) -> None:
    scene.ordered(scene.open(), 1)
    scene.act(calls.withdraw(BUYER.account, scene.balance(BUYER)), BUYER)
    account = scene.account(BUYER.account)
    assert (account.balance, account.nonce_base) == (0, 1)


def test_withdraw__more_than_the_balance__is_refused(scene: Scene) -> None:
    assert scene.refusal(calls.withdraw(BUYER.account, DEPOSIT + 1), BUYER) == Refusal.UNDERFUNDED
    assert scene.refusal(calls.withdraw(NOBODY.account, 1), NOBODY) == Refusal.UNDERFUNDED


@pytest.mark.parametrize("amount", [2**128, 2**256 - 1])
def test_withdraw__amount_beyond_a_balance__is_refused(scene: Scene, amount: int) -> None:
    assert scene.refusal(calls.withdraw(BUYER.account, amount), BUYER) == Refusal.UNDERFUNDED


def test_withdraw__locked_in_an_order__is_refused(scene: Scene) -> None:
    scene.ordered(scene.open(), 1)
    assert scene.refusal(calls.withdraw(BUYER.account, DEPOSIT), BUYER) == Refusal.UNDERFUNDED


def test_withdraw__of_nothing__is_refused(scene: Scene) -> None:
    assert scene.refusal(calls.withdraw(BUYER.account, 0), BUYER) == Refusal.AMOUNT_ZERO


def test_withdraw__to_nobody_or_to_the_escrow__is_refused(scene: Scene) -> None:
    assert scene.refusal(calls.withdraw(bytes(20), 1), BUYER) == Refusal.ACCOUNT_EMPTY
    assert scene.refusal(calls.withdraw(scene.address, 1), BUYER) == Refusal.ACCOUNT_EMPTY


def test_withdraw__while_orders_are_paused__pays(scene: Scene) -> None:
    scene.act(calls.pause(86_400), PAUSERS[0])
    scene.act(calls.withdraw(BUYER.account, DEPOSIT), BUYER)
    assert scene.tokens(BUYER.account) == DEPOSIT


def test_withdraw__of_a_token_that_answers_false__is_refused() -> None:
    token = deploy("test/HostileToken")
    scene = Scene(token, deploy("Escrow", token, []))
    for call in (yuan.mint(BUYER.account, 100), yuan.approve(scene.address, 100)):
        scene.evm.send(BUYER.account, token, call)
    scene.act(calls.deposit(BUYER.account, 100), BUYER)
    scene.evm.send(BUYER.account, token, keccak256(b"refuse()")[:4])
    assert scene.refusal(calls.withdraw(BUYER.account, 100), BUYER) == Refusal.TRANSFER_FAILED
    assert scene.balance(BUYER) == scene.escrow.held() == 100
