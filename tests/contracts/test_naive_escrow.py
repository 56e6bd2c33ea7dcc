"""The contract that the gas comparison is made with does its job: else the comparison would be worth nothing."""

import pytest

from pinlian.chain import yuan
from pinlian.chain.abi import arguments, selectors, word
from pinlian.chain.rpc import Reverted
from pinlian.domain.keccak import keccak256
from tests.contracts.scene import BUYER, DAY, MERCHANT, NEIGHBOUR, NOBODY, Scene, deploy
from tests.contracts.stateful.people import Person

PRICE = 1_280


class Naive:
    """A group of two units at least and three at most, and two buyers with 10,000 each."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.address = deploy("bench/NaiveEscrow", scene.token)

    def send(self, sender: Person, function: str, *parts: bytes) -> None:
        self.scene.evm.send(sender.account, self.address, selectors("NaiveEscrow")[function] + arguments(*parts))

    def order(self, buyer: Person, quantity: int) -> None:
        self.send(buyer, "place_order", word(1), word(quantity), keccak256(b"details"))

    def refused(self, sender: Person, function: str, *parts: bytes) -> bytes:
        with pytest.raises(Reverted) as reverted:
            self.send(sender, function, *parts)
        return reverted.value.data


@pytest.fixture
def naive(scene: Scene) -> Naive:
    naive = Naive(scene)
    for buyer in (BUYER, NEIGHBOUR):
        scene.give_tokens(buyer.account, 10_000)
        scene.evm.send(buyer.account, scene.token, yuan.approve(naive.address, 10_000))
    naive.send(MERCHANT, "open_group", word(PRICE), word(3), word(2), word(scene.now + DAY))
    return naive


def test_place_order__takes_the_price_and_pays_the_merchant(scene: Scene, naive: Naive) -> None:
    naive.order(BUYER, 1)
    naive.order(NEIGHBOUR, 2)
    assert scene.tokens(BUYER.account) == 10_000 - PRICE
    assert b"naive: stock is exceeded" in naive.refused(BUYER, "place_order", word(1), word(1), bytes(32))
    assert b"naive: group is open" in naive.refused(NOBODY, "pay_out", word(1))
    scene.wait(DAY)
    naive.send(NOBODY, "pay_out", word(1))
    assert scene.tokens(MERCHANT.account) == 3 * PRICE
    assert b"naive: group is paid" in naive.refused(NOBODY, "pay_out", word(1))


def test_refund_order__of_a_group_below_its_minimum__pays_back_once(scene: Scene, naive: Naive) -> None:
    naive.order(BUYER, 1)
    scene.wait(DAY)
    naive.send(NOBODY, "refund_order", word(1))
    assert scene.tokens(BUYER.account) == 10_000
    assert b"naive: nothing to refund" in naive.refused(NOBODY, "refund_order", word(1))
