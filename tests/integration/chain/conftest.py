"""A real node for the chain's tests, with the contracts on it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pinlian.chain import escrow as escrow_calls
from pinlian.chain import yuan
from pinlian.chain.deployment import Deployment, deploy
from pinlian.chain.embedded import EmbeddedNode
from pinlian.chain.escrow import Escrow
from pinlian.chain.keys import Key, new_key
from pinlian.chain.rpc import Rpc
from pinlian.chain.signatures import sign
from pinlian.chain.transactions import Sender
from pinlian.chain.typed_data import digest, hash_struct
from pinlian.chain.yuan import Yuan
from pinlian.domain.group import Group, SignedGroup
from pinlian.domain.offer import Offer, Payee, Step
from pinlian.domain.order import Order, SignedOrder

GENESIS_TIME = 1_750_000_000
DAY = 86_400


@dataclass(frozen=True)
class Market:
    """A node with a clock of its own, and an escrow on it; each test deploys nothing but makes its own people."""

    node: EmbeddedNode
    rpc: Rpc
    relayer: Sender
    treasury: Sender
    deployment: Deployment
    escrow: Escrow
    yuan: Yuan

    def buyer(self, amount: int) -> Key:
        """A new account with `amount` in the escrow."""
        key = new_key("buyer")
        self.treasury.call(self.deployment.token, yuan.mint(self.treasury.address, amount))
        self.treasury.call(self.deployment.token, yuan.approve(self.deployment.escrow, amount))
        self.treasury.call(self.deployment.escrow, escrow_calls.deposit(key.address, amount))
        return key

    def offer(self, merchant: Key, price: int = 1_000, **changes: object) -> Offer:
        """A published offer."""
        terms: dict[str, object] = {
            "merchant": merchant.address,
            "arbiter": new_key("arbiter").address,
            "stock_cap": 1_000,
            "window_kind": 1,
            "window_seconds": 3 * DAY,
            "leader_bps": 800,
            "ladder": (Step(1, price), Step(10, price - 100)),
            "payees": (Payee(new_key("courier").address, 300),),
            "terms": bytes(32),
            "salt": self.rpc.block_number(),
        }
        offer = Offer(**(terms | changes))  # type: ignore[arg-type]
        signature = sign(merchant.private_key, digest(offer, self.escrow.domain_separator()))
        self.relayer.call(self.escrow.address, escrow_calls.publish_offer(offer, signature))
        return offer

    def group(self, offer: Offer, leader: Key, units_min: int = 1) -> tuple[bytes, Group]:
        """An open group and its identifier."""
        now = self.node.now()
        group = Group(hash_struct(offer), leader.address, units_min, now + DAY, now + 2 * DAY, bytes(32), now)
        signature = sign(leader.private_key, digest(group, self.escrow.domain_separator()))
        opening = SignedGroup(group, signature[:32], signature[32:])
        self.relayer.call(self.escrow.address, escrow_calls.open_groups([opening]))
        return hash_struct(group), group

    def order(self, buyer: Key, group_id: bytes, offer: Offer, nonce: int, quantity: int = 1) -> SignedOrder:
        order = Order(
            group_id,
            hash_struct(offer),
            quantity,
            quantity * offer.ladder[0].price,
            nonce,
            self.node.now() + DAY,
            nonce.to_bytes(32, "big"),
        )
        signature = sign(buyer.private_key, digest(order, self.escrow.domain_separator()))
        return SignedOrder(order, signature[:32], signature[32:])


def sender(node: EmbeddedNode, rpc: Rpc, name: str) -> Sender:
    key = new_key(name)
    node.fund(key.address)
    return Sender(rpc, key)


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Market]:
    home = tmp_path_factory.mktemp("market")
    with (
        EmbeddedNode(home / "node", genesis_time=GENESIS_TIME, manual_clock=True) as node,
        Rpc(node.rpc_url) as rpc,
    ):
        relayer, treasury = sender(node, rpc, "relayer"), sender(node, rpc, "treasury")
        deployment = deploy(rpc, relayer, home, treasury=treasury.address, pausers=[relayer.address])
        escrow = Escrow(rpc, deployment.escrow)
        yield Market(node, rpc, relayer, treasury, deployment, escrow, Yuan(rpc, deployment.token))


@pytest.fixture
def new_node(tmp_path: Path) -> Callable[..., EmbeddedNode]:
    """Makes nodes of one directory of the test, one after the other."""

    def make(name: str = "node", **options: object) -> EmbeddedNode:
        return EmbeddedNode(tmp_path / name, **options)  # type: ignore[arg-type]

    return make
