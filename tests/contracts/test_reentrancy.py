"""A token that calls back into the escrow while it moves money: nothing can be entered, and the sums stay right."""

from collections.abc import Callable

import pytest

from pinlian.chain import escrow as calls
from pinlian.chain import yuan
from pinlian.chain.abi import account_word, arguments, blob, number, selectors
from pinlian.domain.group import SignedGroup
from pinlian.domain.keccak import keccak256
from pinlian.domain.messages import BumpNonce
from tests.contracts.scene import BUYER, EMPTY, NOBODY, Scene, deploy


class HostileScene(Scene):
    """An escrow of a hostile token; the token itself and the buyer have balances in it."""

    def send_token(self, signature: str, *parts: bytes) -> None:
        self.evm.send(NOBODY.account, self.token, keccak256(signature.encode())[:4] + arguments(*parts))

    def strike(self, call: bytes) -> None:
        """From now on every transfer makes the token call the escrow."""
        self.send_token("strike(address,bytes)", account_word(self.address), blob(call))

    def flag(self, name: str) -> bool:
        return bool(number(self.evm.read(self.token, keccak256(f"{name}()".encode())[:4])))


@pytest.fixture
def hostile() -> HostileScene:
    token = deploy("test/HostileToken")
    scene = HostileScene(token, deploy("Escrow", token, [token]))
    for payer in (NOBODY.account, BUYER.account):
        scene.evm.send(NOBODY.account, token, yuan.mint(payer, 10_000))
    scene.evm.send(NOBODY.account, token, yuan.approve(scene.address, 10_000))
    scene.evm.send(BUYER.account, token, yuan.approve(scene.address, 10_000))
    scene.act(calls.deposit(token, 1_000), NOBODY)
    scene.act(calls.deposit(BUYER.account, 1_000), BUYER)
    return scene


def _withdraw(scene: HostileScene) -> bytes:
    return calls.withdraw(scene.token, 1_000)


def _deposit(scene: HostileScene) -> bytes:
    return calls.deposit(scene.token, 1)


def _bump_nonce(scene: HostileScene) -> bytes:
    return calls.bump_nonce(scene.token, BumpNonce(1), b"")


def _publish_offer(scene: HostileScene) -> bytes:
    return calls.publish_offer(scene.offer(merchant=scene.token), b"")


def _open_groups(scene: HostileScene) -> bytes:
    return calls.open_groups([SignedGroup(scene.group(scene.offer(), leader=scene.token), EMPTY, EMPTY)])


def _place_orders(scene: HostileScene) -> bytes:
    return calls.place_orders([])


def _pause(scene: HostileScene) -> bytes:
    return calls.pause(60)


def _read_account(scene: HostileScene) -> bytes:
    return selectors(calls.CONTRACT)["account_state"] + account_word(scene.token)


def _read_held(scene: HostileScene) -> bytes:
    return selectors(calls.CONTRACT)["held"]


REENTRIES = [_withdraw, _deposit, _bump_nonce, _publish_offer, _open_groups, _place_orders, _pause]
READS = [_read_account, _read_held]


@pytest.mark.parametrize("reentry", [*REENTRIES, *READS])
@pytest.mark.parametrize(
    ("call", "moved"),
    [(calls.withdraw(BUYER.account, 400), -400), (calls.deposit(BUYER.account, 400), 400)],
    ids=["withdraw", "deposit"],
)
def test_escrow__token_calls_back_while_it_moves_money__cannot_be_entered(
    hostile: HostileScene, call: bytes, moved: int, reentry: Callable[[HostileScene], bytes]
) -> None:
    hostile.strike(reentry(hostile))
    hostile.act(call, BUYER)
    assert hostile.flag("tried")
    assert not hostile.flag("entered")
    assert hostile.account(BUYER.account).balance == 1_000 + moved
    assert hostile.account(hostile.token).balance == 1_000
    assert hostile.escrow.held() == 2_000 + moved == hostile.tokens(hostile.address)
    assert hostile.escrow.batch_count() == 0
    assert hostile.escrow.paused_until() == 0


def test_every_reentry__on_its_own__would_succeed(hostile: HostileScene) -> None:
    """The test above proves the lock only if nothing else stops these calls."""
    hostile.evm.send(hostile.token, hostile.token, yuan.mint(hostile.token, 1))
    hostile.evm.send(hostile.token, hostile.token, yuan.approve(hostile.address, 1))
    for reentry in REENTRIES:
        hostile.evm.send(hostile.token, hostile.address, reentry(hostile))
    for read in READS:
        hostile.evm.read(hostile.address, read(hostile))
