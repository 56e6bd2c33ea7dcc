"""The trade that is laid before pages are measured: the demo's people in groups of a thousand orders each.

Half of the groups are delivered, the others open. Everything goes through the facades, the relayer and the contract.
"""

import secrets
import sys
import time
from dataclasses import dataclass, field

from django.conf import settings

from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.market import facade as market
from pinlian.chain.embedded import EmbeddedNode
from pinlian.chain.keys import Key, new_key, read_or_create
from pinlian.chain.signatures import sign
from pinlian.chain.typed_data import Message, digest, hash_struct, message_json
from pinlian.config import wiring
from pinlian.demo.make import PASSPHRASE
from pinlian.demo.neighbourhood import GOODS
from pinlian.demo.population import Inhabitant, Population
from pinlian.demo.quick_hasher import QuickHasher
from pinlian.domain.group import Group
from pinlian.domain.messages import ConfirmDelivery
from pinlian.domain.offer import Step, WindowKind
from pinlian.domain.order import Order
from pinlian.engine.composition import compose_engine
from pinlian.engine.loop import Engine
from pinlian.engine.preparation import (
    DEPLOYER,
    fund_operator,
    prepare_chain,
    prepare_databases,
    prepare_static_files,
)
from pinlian.relayer import facade as relayer

ORDERS_PER_GROUP = 1_000
BUYERS = 480
"""Besides the demo's residents; enough that a group's thousand orders are of many."""
ORDERS_PER_ROUND = 48
"""Of one buyer, below the 64 nonces that an account may use ahead."""
BUYER_BALANCE_MINOR = 100_000_000
PRICE_MINOR = 1_280
DAY_SECONDS = 86_400


def say(text: str) -> None:
    """Tell on standard error how far it is."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@dataclass
class Trade:
    """What was laid before the measurement; groups by their 0x-hex ids."""

    population: Population
    orders: int = 0
    offer: str = ""
    delivered: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)


def lay(orders: int) -> Trade:
    """Make a neighbourhood and its trade, on a chain whose clock is ours: offered, ordered, closed and delivered.

    Args:
        orders: how many; there are at least two groups however few they are.
    """
    settings.PASSWORD_HASHERS = [f"{QuickHasher.__module__}.QuickHasher", *settings.PASSWORD_HASHERS]
    prepare_databases()
    prepare_static_files()
    home, now = settings.PINLIAN_HOME, int(time.time())
    begin = now - 5 * DAY_SECONDS
    with EmbeddedNode(home / "chain", settings.PINLIAN_NODE_PORT, genesis_time=begin, manual_clock=True) as node:
        fund_operator(node)
        prepare_chain(wiring.rpc(), read_or_create(home, DEPLOYER))
        wiring.use_clock(node.now)
        trade = Trade(Population(PASSPHRASE))
        _Trading(trade, compose_engine(waiting_ms_max=0), node, begin).run(orders)
        node.catch_up()
    return trade


class _Trading:
    """Lays the trade through the same doors as people's."""

    def __init__(self, trade: Trade, engine: Engine, node: EmbeddedNode, begin: int) -> None:
        self._trade = trade
        self._engine = engine
        self._node = node
        self._begin = begin
        self._separator = wiring.escrow().domain_separator()
        keys = [resident.wallet.signing for resident in trade.population.residents]
        self._buyers = keys + [new_key(f"buyer-{number}") for number in range(BUYERS)]
        self._nonces = [0] * len(self._buyers)

    def run(self, orders: int) -> None:
        say(f"funding {len(self._buyers)} buyers")
        for number, key in enumerate(self._buyers):
            relayer.top_up(f"0x{key.address.hex()}", BUYER_BALANCE_MINOR, f"bench-{number}")
        count = max(2, orders // ORDERS_PER_GROUP)
        groups = self._open(count)
        self._order(groups, orders)
        say("delivering half of the groups")
        self._node.set_time(self._begin + 2 * DAY_SECONDS + 60)
        self._engine.settle()
        for group, leader in groups[: count // 2]:
            self._confirm(group, leader)
        self._engine.settle()

    def _open(self, count: int) -> list[tuple[Group, Inhabitant]]:
        """Groups with their leaders; the first half of them closes after two days, the others are still open."""
        population, trade = self._trade.population, self._trade
        say(f"opening {count} groups")
        shop, merchant = next(iter(population.merchants.items()))
        plan = market.OfferPlan(
            stock_cap=10**9,
            ladder=(Step(1, PRICE_MINOR),),
            window_kind=WindowKind.NO_REASON,
            window_seconds=7 * DAY_SECONDS,
            leader_bps=500,
        )
        offer = market.draft_offer(_product_of(shop, population), plan)
        self._submit("offer", offer, merchant.wallet.signing)
        trade.offer = f"0x{hash_struct(offer).hex()}"
        self._engine.settle()
        groups = []
        for number in range(count):
            leader = population.leaders[number % (count // 2) % len(population.leaders)]
            is_done = number < count // 2
            closes_at = self._begin + (2 if is_done else 30) * DAY_SECONDS
            group = Group(
                offer=hash_struct(offer),
                leader=leader.wallet.address,
                units_min=1,
                closes_at=closes_at,
                deliver_by=closes_at + DAY_SECONDS,
                pickup=bytes.fromhex(next(iter(population.places.values()))[2:]),
                salt=number,
            )
            self._submit("group", group, leader.wallet.signing)
            (trade.delivered if is_done else trade.open).append(f"0x{hash_struct(group).hex()}")
            groups.append((group, leader))
        self._engine.settle()
        return groups

    def _order(self, groups: list[tuple[Group, Inhabitant]], orders: int) -> None:
        """Buyers in turn, groups in turn, in rounds that an account's nonces allow."""
        identifiers = [hash_struct(group) for group, _ in groups]
        while self._trade.orders < orders:
            say(f"ordering: {self._trade.orders} of {orders}")
            submissions = []
            first = self._trade.orders
            for number in range(first, min(orders, first + ORDERS_PER_ROUND * len(self._buyers))):
                buyer, at = number % len(self._buyers), number % len(groups)
                order = Order(
                    group=identifiers[at],
                    offer=groups[at][0].offer,
                    quantity=1 + number % 3,
                    amount=(1 + number % 3) * PRICE_MINOR,
                    nonce=self._nonces[buyer],
                    valid_until=groups[at][0].closes_at,
                    details=secrets.token_bytes(32),
                )
                self._nonces[buyer] += 1
                key = self._buyers[buyer]
                signature = sign(key.private_key, digest(order, self._separator))
                submissions.append(
                    relayer.Submission("order", message_json(order), f"0x{signature.hex()}", f"0x{key.address.hex()}")
                )
            answers = relayer.submit_all(submissions)
            refused = [answer for answer in answers if not isinstance(answer, relayer.Promise)]
            if refused:
                raise refused[0]
            self._trade.orders += len(submissions)
            self._engine.settle()

    def _confirm(self, group: Group, leader: Inhabitant) -> None:
        self._submit("confirm_delivery", ConfirmDelivery(hash_struct(group)), leader.wallet.signing)

    def _submit(self, kind: str, message: Message, key: Key) -> None:
        signature = sign(key.private_key, digest(message, self._separator))
        groupbuy.submit_message(kind, message_json(message), f"0x{signature.hex()}", f"0x{key.address.hex()}")


def _product_of(shop: str, population: Population) -> int:

    return next(population.products[good.key] for good in GOODS if good.shop == shop)
