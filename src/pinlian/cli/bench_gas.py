"""What the contracts' calls cost, measured by sending them to a real node."""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from pinlian.chain import escrow as calls
from pinlian.chain import yuan
from pinlian.chain.abi import account_word, arguments, creation_code, selectors, word
from pinlian.chain.embedded.node import EmbeddedNode
from pinlian.chain.escrow import decode_event
from pinlian.chain.keys import Key, key_from_bytes
from pinlian.chain.rpc import Receipt, Rpc, hex_bytes
from pinlian.chain.signatures import sign
from pinlian.chain.transactions import Sender
from pinlian.chain.typed_data import Message, digest, domain_separator, hash_struct
from pinlian.domain.case import CaseKind
from pinlian.domain.chain_events import OrdersPlaced
from pinlian.domain.group import GROUPS_MAX, Group, SignedGroup
from pinlian.domain.keccak import keccak256
from pinlian.domain.merkle import RunOfLeaves, place_of, run_place
from pinlian.domain.messages import AnswerCase, CancelOrder, ConfirmDelivery, OpenCase, Withdraw
from pinlian.domain.offer import Offer, Payee, Step, WindowKind
from pinlian.domain.order import Order, SignedOrder, order_id

GENESIS_TIME = 1_750_000_000
"""Of the node that is measured: times are part of the call data, whose bytes cost gas."""
ORDERS = 100
GROUPS = 25
NAIVE_ORDERS = 10
DAY_SECONDS = 86_400
TX_GAS_MAX = 2**24
"""What one transaction may use at most (EIP-7825)."""

_DEPOSIT = 1_000_000
_PRICE = 1_280


def _key(name: str) -> Key:
    return key_from_bytes(name, keccak256(name.encode()))


@dataclass(frozen=True, slots=True)
class _Batch:
    number: int
    runs: list[RunOfLeaves]
    gas: int


class _Bench:
    """A neighbourhood on a node of its own: contracts, people with balances, one offer a group."""

    def __init__(self, node: EmbeddedNode, rpc: Rpc) -> None:
        self.node = node
        self.rpc = rpc
        self.operator = _key("operator")
        self.merchant, self.leader, self.arbiter = _key("merchant"), _key("leader"), _key("arbiter")
        self.payees = [_key("carrier"), _key("platform")]
        self.buyers = [_key(f"buyer {number}") for number in range(ORDERS)]
        self.numbers = count(1)
        self.nonces = dict.fromkeys((buyer.address for buyer in self.buyers), 0)
        self.senders: dict[bytes, Sender] = {}

        treasury = account_word(self.operator.address)
        self.token = self._create(creation_code("CommunityYuan") + treasury)
        self.escrow = self._create(creation_code("Escrow") + arguments(account_word(self.token), word(64), word(0)))
        self.naive = self._create(creation_code("NaiveEscrow") + account_word(self.token))
        self.separator = domain_separator(node.chain_id, self.escrow)
        self.send(self.token, yuan.mint(self.operator.address, 2**64))
        self.send(self.token, yuan.approve(self.escrow, 2**256 - 1))

    def _sender(self, key: Key) -> Sender:
        if key.address not in self.senders:
            self.node.fund(key.address)
            self.senders[key.address] = Sender(self.rpc, key, self.node.chain_id)
        return self.senders[key.address]

    def _create(self, code: bytes) -> bytes:
        sender = self._sender(self.operator)
        contract = sender.call(None, code, gas=TX_GAS_MAX).contract
        if contract is None:
            raise AssertionError("a creation that succeeds names its contract")
        return contract

    def send(self, to: bytes, data: bytes, by: Key | None = None) -> Receipt:
        """A transaction of the operator, or of another."""
        return self._sender(by or self.operator).call(to, data, gas=TX_GAS_MAX)

    def gas(self, data: bytes) -> int:
        """Of a call of the escrow that the operator sends."""
        return self.send(self.escrow, data).gas_used

    def sign(self, key: Key, message: Message) -> bytes:
        return sign(key.private_key, digest(message, self.separator))

    def new_offer(self) -> Offer:
        return Offer(
            merchant=self.merchant.address,
            arbiter=self.arbiter.address,
            stock_cap=100_000,
            window_kind=WindowKind.NO_REASON,
            window_seconds=7 * DAY_SECONDS,
            leader_bps=800,
            ladder=(Step(1, _PRICE), Step(50, _PRICE - 100), Step(100, _PRICE - 180)),
            payees=tuple(Payee(payee.address, 200) for payee in self.payees),
            terms=keccak256(b"terms"),
            salt=next(self.numbers),
        )

    def publish(self, offer: Offer) -> int:
        return self.gas(calls.publish_offer(offer, self.sign(self.merchant, offer)))

    def new_group(self, offer: Offer, units_min: int = 2) -> Group:
        now = self.node.now()
        return Group(
            offer=hash_struct(offer),
            leader=self.leader.address,
            units_min=units_min,
            closes_at=now + 2 * DAY_SECONDS,
            deliver_by=now + 4 * DAY_SECONDS,
            pickup=keccak256(b"pickup point"),
            salt=next(self.numbers),
        )

    def open(self, groups: Sequence[Group]) -> int:
        """Open groups, in calls of as many as one takes; the gas of the first."""
        used = []
        for first in range(0, len(groups), GROUPS_MAX):
            signed = [(group, self.sign(self.leader, group)) for group in groups[first : first + GROUPS_MAX]]
            used.append(self.gas(calls.open_groups([SignedGroup(group, s[:32], s[32:]) for group, s in signed])))
        return used[0]

    def groups_of_new_offers(self, number: int, units_min: int = 2) -> list[Group]:
        offers = [self.new_offer() for _ in range(number)]
        for offer in offers:
            self.publish(offer)
        groups = [self.new_group(offer, units_min) for offer in offers]
        self.open(groups)
        return groups

    def order(self, buyer: Key, group: Group) -> SignedOrder:
        quantity = 1 + next(self.numbers) % 3
        nonce = self.nonces[buyer.address]
        self.nonces[buyer.address] += 1
        details = keccak256(buyer.address + word(nonce))
        order = Order(
            group=hash_struct(group),
            offer=group.offer,
            quantity=quantity,
            amount=quantity * _PRICE,
            nonce=nonce,
            valid_until=group.closes_at,
            details=details,
        )
        signature = self.sign(buyer, order)
        return SignedOrder(order, signature[:32], signature[32:])

    def place(self, groups: Sequence[Group]) -> _Batch:
        """One order of every buyer, in equal runs over the groups."""
        share = ORDERS // len(groups)
        runs = [
            (hash_struct(group), [self.order(buyer, group) for buyer in self.buyers[at * share : (at + 1) * share]])
            for at, group in enumerate(groups)
        ]
        receipt = self.send(self.escrow, calls.place_orders(runs))
        log = receipt.logs[-1]
        event = decode_event([hex_bytes(topic) for topic in log["topics"]], hex_bytes(log["data"]))
        if not isinstance(event, OrdersPlaced) or len(event.leaves) != ORDERS:
            raise AssertionError(f"the measured batch must be placed whole: {event}")
        return _Batch(event.batch, event.runs_of_leaves(), receipt.gas_used)


def _naive_gas(bench: _Bench) -> int:
    """An order of the naive contract in a group that has orders already, by buyers who hold and approved tokens."""
    functions = selectors("NaiveEscrow")
    closes_at = bench.node.now() + 2 * DAY_SECONDS
    terms = arguments(word(_PRICE), word(100_000), word(2), word(closes_at))
    bench.send(bench.naive, functions["open_group"] + terms, by=bench.merchant)
    used = []
    for buyer in bench.buyers[: NAIVE_ORDERS + 1]:
        bench.send(bench.token, yuan.transfer(buyer.address, _DEPOSIT))
        bench.send(bench.token, yuan.approve(bench.naive, _DEPOSIT), by=buyer)
        order = functions["place_order"] + arguments(word(1), word(2), keccak256(buyer.address))
        used.append(bench.send(bench.naive, order, by=buyer).gas_used)
    return sum(used[1:]) // NAIVE_ORDERS


def measure_gas(progress: Callable[[str], None] = lambda step: None) -> dict[str, int]:
    """Gas of the contracts' calls with every rule in force, on a node of its own; the same figures every time.

    Buyers are funded and have ordered before, details are random hashes, the escrow has seen a batch before.

    Args:
        progress: is told what is measured next.

    Returns:
        `gas_per_order` (a batch of 100 in one group), `gas_per_order_25_groups` (the same over 25 groups of 25 offers),
        `gas_per_order_100_groups` (over 100 groups), `naive_gas_per_order` (one transaction an order), and the gas of
        other calls by their names, with the number of orders or groups in it behind.

    Raises:
        NodeError: the node does not start.
    """
    with (
        tempfile.TemporaryDirectory(prefix="pinlian-gas-") as home,
        EmbeddedNode(Path(home), genesis_time=GENESIS_TIME, manual_clock=True) as node,
        Rpc(node.rpc_url) as rpc,
    ):
        progress("deposits")
        bench = _Bench(node, rpc)
        gas: dict[str, int] = {}
        for buyer in bench.buyers:
            gas["deposit"] = bench.gas(calls.deposit(buyer.address, _DEPOSIT))
        return gas | _batches(bench, progress)


def _batches(bench: _Bench, progress: Callable[[str], None]) -> dict[str, int]:
    gas: dict[str, int] = {}
    progress("offers and groups")
    offer = bench.new_offer()
    gas["publish_offer"] = bench.publish(offer)
    delivered, failing, *others = [bench.new_group(offer, units_min) for units_min in (2, 10**6, *[2] * 30)]
    gas[f"open_groups_{GROUPS_MAX}"] = bench.open([delivered, failing, *others])
    spread = bench.groups_of_new_offers(GROUPS)
    thin = bench.groups_of_new_offers(ORDERS)

    progress("orders")
    delivered_batch = bench.place([delivered])
    failing_batch = bench.place([failing])
    spread_batch = bench.place(spread)
    gas["gas_per_order"] = round(failing_batch.gas / ORDERS)
    gas[f"gas_per_order_{GROUPS}_groups"] = round(spread_batch.gas / ORDERS)
    gas[f"gas_per_order_{ORDERS}_groups"] = round(bench.place(thin).gas / ORDERS)
    gas["naive_gas_per_order"] = _naive_gas(bench)

    progress("the rest of a group's life")
    gas["cancel_order"] = _cancel(bench, spread_batch)
    bench.node.mine_at(delivered.closes_at)
    gas["close_group"] = bench.gas(calls.close_group(hash_struct(delivered)))
    bench.gas(calls.close_group(hash_struct(failing)))
    run, siblings = run_place(failing_batch.number, failing_batch.runs, 0)
    gas[f"refund_batch_{ORDERS}"] = bench.gas(calls.refund_batch(run, failing_batch.runs[0].leaves, siblings))
    run, siblings = run_place(delivered_batch.number, delivered_batch.runs, 0)
    gas[f"rebate_batch_{ORDERS}"] = bench.gas(calls.rebate_batch(run, delivered_batch.runs[0].leaves, siblings))
    return gas | _delivery(bench, offer, delivered_batch)


def _cancel(bench: _Bench, batch: _Batch) -> int:
    place, siblings = place_of(batch.number, batch.runs, 1)
    leaf = batch.runs[0].leaves[1]
    signature = bench.sign(bench.buyers[1], CancelOrder(place.group, leaf.nonce))
    return bench.gas(calls.cancel_order(place, leaf, siblings, signature))


def _delivery(bench: _Bench, offer: Offer, batch: _Batch) -> dict[str, int]:
    """From the delivery of a closed group on, with a return of its second order."""
    gas: dict[str, int] = {}
    place, siblings = place_of(batch.number, batch.runs, 1)
    leaf, buyer = batch.runs[0].leaves[1], bench.buyers[1]
    confirm = ConfirmDelivery(place.group)
    signature = bench.sign(bench.leader, confirm)
    gas["confirm_delivery"] = bench.gas(calls.confirm_delivery(confirm, bench.leader.address, signature))

    asked = leaf.quantity * offer.ladder[-1].price
    case = OpenCase(place.group, leaf.nonce, CaseKind.RETURN, asked, keccak256(b"evidence"))
    gas["open_case"] = bench.gas(calls.open_case(place, leaf, siblings, case, bench.sign(buyer, case)))
    answer = AnswerCase(order_id(place.group, buyer.address, leaf.nonce), accepted=True)
    signature = bench.sign(bench.merchant, answer)
    gas["answer_case"] = bench.gas(calls.answer_case(answer, bench.merchant.address, signature))

    bench.node.mine_at(bench.node.now() + offer.window_seconds + 1)
    gas["settle_group"] = bench.gas(calls.settle_group(place.group))
    withdraw = Withdraw(buyer.address, 10_000, bench.nonces[buyer.address], bench.node.now() + DAY_SECONDS)
    signature = bench.sign(buyer, withdraw)
    gas["withdraw_signed"] = bench.gas(calls.withdraw_signed(buyer.address, withdraw, signature))
    return gas
