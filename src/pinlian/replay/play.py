"""Plays group buys through the contracts: every member's signed order goes the way of a real one.

The clock of the node is moved from deadline to deadline, so that weeks pass in seconds. Nothing is decided here: who
got what is read from the events of the chain afterwards.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pinlian.chain.embedded.node import EmbeddedNode
from pinlian.chain.escrow import Escrow
from pinlian.chain.keys import Key, key_from_bytes
from pinlian.chain.rpc import to_hex
from pinlian.chain.signatures import sign
from pinlian.chain.typed_data import Message, digest, hash_struct, message_json
from pinlian.domain.case import CaseKind, case_id
from pinlian.domain.group import Group, GroupStatus
from pinlian.domain.keccak import keccak256
from pinlian.domain.ladder import price_reached
from pinlian.domain.messages import AnswerCase, ConfirmDelivery, OpenCase
from pinlian.domain.offer import Offer, Payee, WindowKind
from pinlian.domain.order import Order
from pinlian.engine.loop import Engine
from pinlian.relayer import facade as relayer
from pinlian.replay.goods import Goods
from pinlian.replay.group_buys import UNITS_MIN, GroupBuy

DAY = 86_400
OPEN_SECONDS = DAY
DELIVERY_SECONDS = 2 * DAY
WINDOW_SECONDS = 7 * DAY
LEADER_BPS = 500
PLATFORM_BPS = 100
MERCHANTS = 40
RETURNED_ONE_IN = 20
"""Of the orders that are delivered, one in so many is returned."""
GROUPS_PER_WAVE = 256
"""Groups that are open at the same time."""


class ReplayFailed(Exception):
    """A message of the replay was refused; the message says which and why."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the replay is: `groups` of `groups_total` have ended."""

    groups: int
    groups_total: int
    orders: int
    step: str


@dataclass(slots=True)
class PlayedGroup:
    """A group buy with what was signed for it."""

    buy: GroupBuy
    id: bytes
    offer: Offer
    leader: Key
    orders: list[tuple[Key, Order]] = field(default_factory=list)

    @property
    def paid(self) -> int:
        """What its buyers locked, in minor units."""
        return sum(order.amount for _, order in self.orders)


@dataclass(slots=True)
class Played:
    """All that was signed, and the time that the orders took from intake to indexed."""

    groups: list[PlayedGroup] = field(default_factory=list)
    returns: int = 0
    order_seconds: float = 0.0


def key_of(role: str, number: int) -> Key:
    """The key of a person of the replay; the same in every replay, and worth nothing outside it."""
    return key_from_bytes(f"{role}-{number}", keccak256(f"pinlian replay {role} {number}".encode()))


def _waves(buys: Iterable[GroupBuy]) -> Iterator[list[GroupBuy]]:
    rest = iter(buys)
    while wave := list(islice(rest, GROUPS_PER_WAVE)):
        yield wave


class Player:
    """Plays group buys on a node of its own with a manual clock."""

    def __init__(
        self,
        *,
        node: EmbeddedNode,
        escrow: Escrow,
        engine: Engine,
        goods: Goods,
        report: Callable[[Progress], None],
    ) -> None:
        self._node = node
        self._escrow = escrow
        self._engine = engine
        self._goods = goods
        self._report = report
        self._separator = escrow.domain_separator()
        self._offers: dict[int, Offer] = {}
        self._nonces: Counter[bytes] = Counter()
        self._payments = 0
        self._platform = key_of("platform", 0).address
        self._arbiter = key_of("arbiter", 0).address
        self._played = Played()
        self._total = 0

    def play(self, buys: Sequence[GroupBuy]) -> Played:
        """Play all of `buys`, wave by wave, each to its end.

        Raises:
            ReplayFailed: the relayer or the chain refused what should be accepted.
        """
        self._total = len(buys)
        units_of_item: Counter[int] = Counter()
        for buy in buys:
            units_of_item[buy.item] += len(buy.buyers)
        for wave in _waves(buys):
            self._publish_offers(wave, units_of_item)
            groups = self._open_groups(wave)
            self._top_up(groups)
            self._place_orders(groups)
            self._close(groups)
            delivered = self._deliver(groups)
            self._return_some(delivered)
            self._advance(WINDOW_SECONDS + 1, "settling")
            self._played.groups += groups
        self._tell("done")
        return self._played

    def _tell(self, step: str) -> None:
        done = self._played.groups
        self._report(Progress(len(done), self._total, sum(len(group.orders) for group in done), step))

    def _advance(self, seconds: int, step: str) -> None:
        self._tell(step)
        self._node.mine_at(self._node.now() + seconds)
        self._engine.settle()

    def _submit(self, kind: str, messages: Iterable[tuple[Key, Message]]) -> None:
        """Sign and hand in; nothing may be refused, here or by the contract."""
        answers = relayer.submit_all(
            relayer.Submission(
                kind,
                message_json(message),
                to_hex(sign(signer.private_key, digest(message, self._separator))),
                to_hex(signer.address),
            )
            for signer, message in messages
        )
        for answer in answers:
            if isinstance(answer, relayer.Refused):
                raise ReplayFailed(f"{kind} refused: {answer.refusal.name} {answer.field or ''}")
        self._engine.settle()
        for answer in answers:
            if isinstance(answer, relayer.Promise):
                state = relayer.status(answer.id)
                if state is None or state.refusal is not None:
                    refusal = state.refusal.name if state and state.refusal else "unknown to the relayer"
                    raise ReplayFailed(f"{kind} {answer.id} refused by the chain: {refusal}")

    def _publish_offers(self, wave: Sequence[GroupBuy], units_of_item: Counter[int]) -> None:
        self._tell("publishing offers")
        fresh: list[tuple[Key, Message]] = []
        for item in dict.fromkeys(buy.item for buy in wave):
            if item in self._offers:
                continue
            good = self._goods.of(item)
            merchant = key_of("merchant", item % MERCHANTS)
            offer = Offer(
                merchant=merchant.address,
                arbiter=self._arbiter,
                stock_cap=units_of_item[item],
                window_kind=WindowKind.NO_REASON,
                window_seconds=WINDOW_SECONDS,
                leader_bps=LEADER_BPS,
                ladder=good.ladder,
                payees=(Payee(self._platform, PLATFORM_BPS),),
                terms=keccak256(good.name.encode()),
                salt=item,
            )
            self._offers[item] = offer
            fresh.append((merchant, offer))
        self._submit("offer", fresh)

    def _open_groups(self, wave: Sequence[GroupBuy]) -> list[PlayedGroup]:
        self._tell("opening groups")
        closes_at = self._node.now() + OPEN_SECONDS
        groups = []
        openings: list[tuple[Key, Message]] = []
        for number, buy in enumerate(wave, start=len(self._played.groups)):
            leader = key_of("person", buy.initiator)
            offer = self._offers[buy.item]
            group = Group(
                offer=hash_struct(offer),
                leader=leader.address,
                units_min=UNITS_MIN,
                closes_at=closes_at,
                deliver_by=closes_at + DELIVERY_SECONDS,
                pickup=keccak256(b"replay pickup point"),
                salt=number,
            )
            groups.append(PlayedGroup(buy, hash_struct(group), offer, leader))
            openings.append((leader, group))
        self._submit("group", openings)
        for played in groups:
            price = played.offer.ladder[0].price
            for person in played.buy.buyers:
                buyer = key_of("person", person)
                nonce = self._nonces[buyer.address]
                self._nonces[buyer.address] += 1
                order = Order(
                    group=played.id,
                    offer=hash_struct(played.offer),
                    quantity=1,
                    amount=price,
                    nonce=nonce,
                    valid_until=closes_at,
                    details=keccak256(played.id + buyer.address + nonce.to_bytes(8, "big")),
                )
                played.orders.append((buyer, order))
        return groups

    def _top_up(self, groups: Sequence[PlayedGroup]) -> None:
        self._tell("topping up")
        owed: Counter[bytes] = Counter()
        for group in groups:
            for buyer, order in group.orders:
                owed[buyer.address] += order.amount
        for account, amount in owed.items():
            self._payments += 1
            relayer.top_up(to_hex(account), amount, f"replay-{self._payments}")
        self._engine.settle()

    def _place_orders(self, groups: Sequence[PlayedGroup]) -> None:
        self._tell("placing orders")
        started = time.perf_counter()
        self._submit("order", [(buyer, order) for group in groups for buyer, order in group.orders])
        self._played.order_seconds += time.perf_counter() - started

    def _close(self, groups: Sequence[PlayedGroup]) -> None:
        self._advance(OPEN_SECONDS, f"closing {len(groups)} groups")

    def _deliver(self, groups: Sequence[PlayedGroup]) -> list[PlayedGroup]:
        self._tell("delivering")
        closed = [
            group
            for group in groups
            if (state := self._escrow.group_state(group.id)) and state.status == GroupStatus.CLOSED
        ]
        self._node.mine_at(self._node.now() + DAY)
        self._submit("confirm_delivery", [(group.leader, ConfirmDelivery(group.id)) for group in closed])
        return closed

    def _return_some(self, groups: Sequence[PlayedGroup]) -> None:
        self._tell("returning")
        openings: list[tuple[Key, Message]] = []
        answers: list[tuple[Key, Message]] = []
        for group in groups:
            _, price = price_reached(group.offer.ladder, sum(order.quantity for _, order in group.orders))
            for buyer, order in group.orders:
                # The same orders in every replay of the same lines.
                draw = keccak256(f"return {group.buy.line} {buyer.name} {order.nonce}".encode())[0]
                if draw * RETURNED_ONE_IN >= 256:
                    continue
                asked = order.quantity * price
                openings.append((buyer, OpenCase(group.id, order.nonce, CaseKind.RETURN, asked, order.details)))
                answers.append((group.leader, AnswerCase(case_id(group.id, buyer.address, order.nonce), True)))
        self._submit("open_case", openings)
        self._submit("answer_case", answers)
        self._played.returns += len(openings)
