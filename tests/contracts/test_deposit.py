import pytest

from pinlian.chain import escrow as calls
from pinlian.chain import yuan
from pinlian.chain.rpc import Reverted
from pinlian.domain.chain_events import Deposited
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, DEPOSIT, NOBODY, TREASURY, Scene, deploy


def test_deposit__from_own_tokens__credits_the_account(scene: Scene) -> None:
    held, tokens = scene.escrow.held(), scene.tokens(TREASURY.account)
    events = scene.act(calls.deposit(BUYER.account, 12_345), TREASURY)
    assert events == [Deposited(account=BUYER.account, payer=TREASURY.account, amount=12_345)]
    assert scene.balance(BUYER) == DEPOSIT + 12_345
    assert scene.escrow.held() == held + 12_345
    assert scene.tokens(TREASURY.account) == tokens - 12_345
    assert scene.tokens(scene.address) == held + 12_345


def test_deposit__keeps_the_nonces(scene: Scene) -> None:
    scene.ordered(scene.open(), 1)
    before = scene.account(BUYER.account)
    scene.act(calls.deposit(BUYER.account, 1), TREASURY)
    assert scene.account(BUYER.account).nonce_base == before.nonce_base == 1


def test_deposit__to_nobody__is_refused(scene: Scene) -> None:
    assert scene.refusal(calls.deposit(bytes(20), 1), TREASURY) == Refusal.ACCOUNT_EMPTY


def test_deposit__of_nothing__is_refused(scene: Scene) -> None:
    assert scene.refusal(calls.deposit(BUYER.account, 0), TREASURY) == Refusal.AMOUNT_ZERO


@pytest.mark.parametrize("amount", [2**128, 2**256 - 1])
def test_deposit__above_what_a_balance_can_hold__is_refused(scene: Scene, amount: int) -> None:
    assert scene.refusal(calls.deposit(BUYER.account, amount), TREASURY) == Refusal.AMOUNT_TOO_LARGE


def test_deposit__that_all_accounts_together_cannot_hold__is_refused(scene: Scene) -> None:
    amount = 2**128 - scene.escrow.held()
    scene.give_tokens(TREASURY.account, amount)
    assert scene.refusal(calls.deposit(BUYER.account, amount), TREASURY) == Refusal.AMOUNT_TOO_LARGE
    scene.act(calls.deposit(BUYER.account, amount - 1), TREASURY)
    assert scene.escrow.held() == 2**128 - 1


def test_deposit__without_an_allowance__fails_in_the_token_and_credits_nothing(scene: Scene) -> None:
    scene.give_tokens(NOBODY.account, 100)
    with pytest.raises(Reverted) as reverted:
        scene.act(calls.deposit(BUYER.account, 100), NOBODY)
    assert b"erc20: insufficient allowance" in reverted.value.data
    assert scene.balance(BUYER) == DEPOSIT


def test_deposit__of_a_token_that_answers_false__is_refused(scene: Scene) -> None:
    token = deploy("test/HostileToken")
    other = Scene(token, deploy("Escrow", token, []))
    mint = yuan.mint(NOBODY.account, 100)
    other.evm.send(NOBODY.account, token, mint)
    other.evm.send(NOBODY.account, token, yuan.approve(other.address, 100))
    other.evm.send(NOBODY.account, token, keccak256(b"refuse()")[:4])
    assert other.refusal(calls.deposit(BUYER.account, 100), NOBODY) == Refusal.TRANSFER_FAILED


def test_deposit__gifts__change_no_account(scene: Scene) -> None:
    held = scene.escrow.held()
    scene.give_tokens(scene.address, 777)
    assert scene.escrow.held() == held
    assert scene.tokens(scene.address) == held + 777
