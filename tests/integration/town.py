"""A town for the tests of the apps: people with keys, a node that all tests share, an escrow of each test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.groupbuy.chain_view import ReadModelView
from pinlian.chain import escrow as escrow_calls
from pinlian.chain.deployment import Deployment, deploy
from pinlian.chain.embedded import EmbeddedNode
from pinlian.chain.escrow import Escrow
from pinlian.chain.keys import Key, key_from_bytes
from pinlian.chain.rpc import Rpc, to_hex
from pinlian.chain.transactions import Sender
from pinlian.chain.typed_data import domain_separator, hash_struct
from pinlian.chain.yuan import Yuan
from pinlian.config.wiring import PROJECTIONS
from pinlian.domain.account import free_nonce
from pinlian.domain.group import Group
from pinlian.domain.keccak import keccak256
from pinlian.domain.messages import AnswerCase, CancelOrder, ConfirmDelivery, OpenCase, RuleCase
from pinlian.domain.offer import Offer, Payee, Step, WindowKind
from pinlian.domain.order import Order
from pinlian.domain.order import order_id as id_of_order
from pinlian.indexer.follow import Indexer
from pinlian.relayer import facade as relayer
from pinlian.relayer.intake import Intake
from tests.integration.relayer.instance import RELAYER, TREASURY, Instance

DAY = 86_400
PRICE = 1_000
LOW_PRICE = 880
LADDER = (Step(1, PRICE), Step(10, LOW_PRICE))
PICKUP = b"\x99" * 32


def key(name: str) -> Key:
    """The same key for the same name."""
    return key_from_bytes(name, keccak256(name.encode()))


MERCHANT, LEADER, ARBITER, COURIER, PAUSER = (
    key(f"key of {name}") for name in ("merchant", "leader", "arbiter", "courier", "pauser")
)


def buyer(number: int) -> Key:
    return key(f"key of buyer {number}")


@dataclass
class Town(Instance):
    """An instance with a market day in it. Its clock is moved by the test."""

    orders: dict[str, Order] = field(default_factory=dict)

    @property
    def now(self) -> int:
        return self.clock()

    def pass_to(self, at: int) -> None:
        """Let time pass until `at`, a block be made, and everything be done that is due."""
        self.node.mine_at(at)
        self.keep_up()

    def keep_up(self) -> None:
        """Carry on until nothing waits and nothing is due."""
        self.settle()
        while due := groupbuy.due_upkeep(self.now):
            for call in due:
                relayer.submit_upkeep(call.kind, call.arguments)
            self.settle()

    def publish(self, salt: int = 0, **changes: object) -> Offer:
        terms = {
            "merchant": MERCHANT.address,
            "arbiter": ARBITER.address,
            "stock_cap": 500,
            "window_kind": WindowKind.NO_REASON,
            "window_seconds": 7 * DAY,
            "leader_bps": 800,
            "ladder": LADDER,
            "payees": (Payee(COURIER.address, 250),),
            "terms": b"\x07" * 32,
            "salt": salt,
        }
        offer = Offer(**(terms | changes))  # type: ignore[arg-type]
        self.submit(offer, MERCHANT)
        self.settle()
        return offer

    def open(self, offer: Offer, salt: int = 0, units_min: int = 3, days: int = 1) -> Group:
        now = self.now
        group = Group(
            hash_struct(offer), LEADER.address, units_min, now + days * DAY, now + (days + 2) * DAY, PICKUP, salt
        )
        self.submit(group, LEADER)
        self.settle()
        return group

    def make_order(
        self, group: Group, who: Key, quantity: int, details: bytes = bytes(32), nonce: int | None = None
    ) -> Order:
        state = ReadModelView().accounts([who.address])[who.address]
        price = groupbuy.group_card(to_hex(hash_struct(group))).offer.first_price_minor
        return Order(
            group=hash_struct(group),
            offer=group.offer,
            quantity=quantity,
            amount=quantity * price,
            nonce=(free_nonce(state) or 0) if nonce is None else nonce,
            valid_until=group.closes_at,
            details=details,
        )

    def order(self, group: Group, who: Key, quantity: int = 1, details: bytes = bytes(32)) -> str:
        """Place an order; its id."""
        order = self.make_order(group, who, quantity, details)
        self.submit(order, who)
        self.settle()
        identifier = to_hex(id_of_order(order.group, who.address, order.nonce))
        self.orders[identifier] = order
        return identifier

    def cancel(self, order_id: str, who: Key) -> None:
        order = self.orders[order_id]
        self.submit(CancelOrder(order.group, order.nonce), who)
        self.settle()

    def deliver(self, group: Group) -> None:
        self.submit(ConfirmDelivery(hash_struct(group)), LEADER)
        self.keep_up()

    def open_case(self, order_id: str, who: Key, kind: int, asked: int, evidence: bytes = bytes(32)) -> None:
        order = self.orders[order_id]
        self.submit(OpenCase(order.group, order.nonce, kind, asked, evidence), who)
        self.settle()

    def answer(self, order_id: str, *, accepted: bool, who: Key = MERCHANT) -> None:
        self.submit(AnswerCase(bytes.fromhex(order_id[2:]), accepted), who)
        self.settle()

    def rule(self, order_id: str, award: int) -> None:
        self.submit(RuleCase(bytes.fromhex(order_id[2:]), award), ARBITER)
        self.settle()

    def pause(self, seconds: int) -> None:
        """The pauser stops new orders; once only."""
        self.node.fund(PAUSER.address)
        Sender(self.rpc, PAUSER).call(self.deployment.escrow, escrow_calls.pause(seconds))
        self.settle()


_current: list[Town] = []


def current_intake() -> Intake:
    """settings.RELAYER_INTAKE while a town is there."""
    return _current[-1].intake


def current_deployment() -> Deployment:
    """settings.ESCROW_DEPLOYMENT while a town is there."""
    return _current[-1].deployment


@contextmanager
def new_town(node: EmbeddedNode, home: Path) -> Iterator[Town]:
    """A town with contracts of its own on the shared node; its databases are those of the test."""
    with Rpc(node.rpc_url) as rpc:
        deployer = Sender(rpc, RELAYER)
        deployment = deploy(rpc, deployer, home, treasury=TREASURY.address, pausers=[PAUSER.address])
        escrow = Escrow(rpc, deployment.escrow, deployment.chain_id)
        town = Town(
            node=node,
            rpc=rpc,
            deployment=deployment,
            separator=domain_separator(deployment.chain_id, deployment.escrow),
            intake=Intake(
                view=ReadModelView(),
                chain_id=deployment.chain_id,
                escrow=deployment.escrow,
                relayer_key=RELAYER.private_key,
                clock=node.now,
            ),
            indexer=Indexer(rpc, escrow, PROJECTIONS, start_block=deployment.block),
            escrow=escrow,
            yuan=Yuan(rpc, deployment.token),
            clock=node.now,
        )
        _current.append(town)
        relayer._intake.cache_clear()
        yield town
        _current.pop()
        relayer._intake.cache_clear()
