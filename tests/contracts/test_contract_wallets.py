"""Accounts that are contracts: they order in their own transaction, and sign by EIP-1271."""

import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.abi import account_word, arguments, blob
from pinlian.chain.typed_data import Message, digest, hash_struct
from pinlian.domain.chain_events import ChainEvent, OrdersPlaced, RefusedAt
from pinlian.domain.group import Group, GroupStatus, SignedGroup
from pinlian.domain.keccak import keccak256
from pinlian.domain.messages import BumpNonce, CancelOrder
from pinlian.domain.order import SignedOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import (
    BUYER,
    DEPOSIT,
    EMPTY,
    FIRST_PRICE,
    NEIGHBOUR,
    NOBODY,
    TREASURY,
    Scene,
    deploy,
)


class Wallet:
    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.account = deploy("test/ContractWallet")

    def vouch(self, message: Message) -> None:
        selector = keccak256(b"vouch(bytes32)")[:4]
        self.scene.evm.send(NOBODY.account, self.account, selector + digest(message, self.scene.separator))

    def execute(self, call: bytes) -> list[ChainEvent]:
        """Have the wallet call the escrow."""
        selector = keccak256(b"execute(address,bytes)")[:4]
        data = selector + arguments(account_word(self.scene.address), blob(call))
        return self.scene.act(data, to=self.account)


@pytest.fixture
def wallet(scene: Scene) -> Wallet:
    wallet = Wallet(scene)
    scene.act(calls.deposit(wallet.account, DEPOSIT), TREASURY)
    return wallet


def test_place_orders__sent_by_a_contract_wallet__is_its_own(scene: Scene, group: Group, wallet: Wallet) -> None:
    order = SignedOrder(scene.order(BUYER, group, 2).order, EMPTY, EMPTY)
    wallet.execute(calls.place_orders([(hash_struct(group), [order])]))
    assert scene.account(wallet.account).balance == DEPOSIT - 2 * FIRST_PRICE
    assert scene.group_state(group).units == 2


def test_place_orders__a_wallets_beside_signed_ones__all_are_placed(scene: Scene, group: Group, wallet: Wallet) -> None:
    own = SignedOrder(scene.order(BUYER, group, nonce=0).order, EMPTY, EMPTY)
    wallet.execute(calls.place_orders([(hash_struct(group), [scene.order(NEIGHBOUR, group), own])]))
    assert scene.balance(NEIGHBOUR) == DEPOSIT - FIRST_PRICE
    assert scene.account(wallet.account).balance == DEPOSIT - FIRST_PRICE


def test_place_orders__a_wallets_signature__is_not_enough(scene: Scene, group: Group, wallet: Wallet) -> None:
    order = scene.order(BUYER, group, nonce=0)
    wallet.vouch(order.order)
    event = scene.place((group, [SignedOrder(order.order, EMPTY, EMPTY)]))
    assert event.refused == (RefusedAt(0, Refusal.UNDERFUNDED),)
    assert scene.account(wallet.account).balance == DEPOSIT


def test_bump_nonce__vouched_for_by_the_wallet__is_taken(scene: Scene, wallet: Wallet) -> None:
    message = BumpNonce(5)
    wallet.vouch(message)
    scene.act(calls.bump_nonce(wallet.account, message, b"whatever it wants"))
    assert scene.account(wallet.account).nonce_base == 5


def test_bump_nonce__not_vouched_for__is_refused(scene: Scene, wallet: Wallet) -> None:
    wallet.vouch(BumpNonce(6))
    for signature in (b"", b"whatever", scene.sign(BUYER, BumpNonce(5))):
        assert scene.refusal(calls.bump_nonce(wallet.account, BumpNonce(5), signature)) == Refusal.SIGNATURE_INVALID


@pytest.mark.parametrize("contract", ["token", "address"])
def test_bump_nonce__of_a_contract_that_cannot_vouch__is_refused(scene: Scene, contract: str) -> None:
    account = getattr(scene, contract)
    assert scene.refusal(calls.bump_nonce(account, BumpNonce(1), b"x")) == Refusal.SIGNATURE_INVALID


@pytest.mark.parametrize("length", [0, 1, 63, 65, 512])
def test_bump_nonce__key_signature_of_another_length__is_refused(scene: Scene, length: int) -> None:
    message = BumpNonce(1)
    signature = (scene.sign(BUYER, message) * 8)[:length]
    assert scene.refusal(calls.bump_nonce(BUYER.account, message, signature)) == Refusal.SIGNATURE_INVALID


def test_bump_nonce__of_nobody__is_refused(scene: Scene) -> None:
    """A malformed signature recovers the empty address, which must not pass for a signer."""
    for signature in (bytes(64), b"\x01" * 32 + b"\xff" * 32, b""):
        assert scene.refusal(calls.bump_nonce(bytes(20), BumpNonce(1), signature)) == Refusal.SIGNATURE_INVALID


def test_cancel_order__of_a_wallet__by_its_word(scene: Scene, group: Group, wallet: Wallet) -> None:
    order = SignedOrder(scene.order(BUYER, group).order, EMPTY, EMPTY)
    (event,) = wallet.execute(calls.place_orders([(hash_struct(group), [order])]))
    assert isinstance(event, OrdersPlaced)
    place, leaf, siblings = scene.leaf(event.batch)
    message = CancelOrder(place.group, leaf.nonce)
    assert scene.refusal(calls.cancel_order(place, leaf, siblings, b"")) == Refusal.SIGNATURE_INVALID
    wallet.vouch(message)
    scene.act(calls.cancel_order(place, leaf, siblings, b""))
    assert scene.account(wallet.account).balance == DEPOSIT


def test_publish_offer__by_a_merchant_that_is_a_contract__by_its_word(scene: Scene, wallet: Wallet) -> None:
    offer = scene.offer(merchant=wallet.account)
    wallet.vouch(offer)
    scene.act(calls.publish_offer(offer, b""))
    assert scene.escrow.offer_state(hash_struct(offer))[1] == offer.stock_cap


def test_open_groups__by_a_leader_that_is_a_contract__in_its_own_transaction(scene: Scene, wallet: Wallet) -> None:
    group = scene.group(scene.publish(), leader=wallet.account)
    opening = calls.open_groups([SignedGroup(group, EMPTY, EMPTY)])
    scene.act(opening)
    assert scene.escrow.group_state(hash_struct(group)) is None
    wallet.execute(opening)
    assert scene.group_state(group).status == GroupStatus.OPEN
