"""A group buy's people, contracts and messages in an EVM, for tests of single functions."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, cast

import boa
import pytest
from coincurve import PrivateKey

from pinlian.chain import escrow as calls
from pinlian.chain import yuan
from pinlian.chain.abi import account_word, number, word
from pinlian.chain.escrow import Escrow, decode_event
from pinlian.chain.rpc import Reverted, Rpc
from pinlian.chain.typed_data import Message, digest, hash_struct
from pinlian.domain.account import AccountState
from pinlian.domain.case import CaseKind
from pinlian.domain.chain_events import ChainEvent, OrdersPlaced
from pinlian.domain.group import Group, GroupState, SignedGroup
from pinlian.domain.keccak import keccak256
from pinlian.domain.merkle import Leaf, Place, RunOfLeaves, place_of, run_place
from pinlian.domain.messages import AnswerCase, CancelGroup, CancelOrder, ConfirmDelivery, OpenCase, RuleCase
from pinlian.domain.offer import Offer, Payee, Step, WindowKind
from pinlian.domain.order import Order, SignedOrder, order_id
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.evm import Evm
from tests.contracts.stateful.people import Person

CONTRACTS = Path(__file__).resolve().parents[2] / "contracts"
DAY = 86_400
EMPTY = bytes(32)
NOBODY = Person("nobody")
"""Stands for a caller who has no part in anything."""

MERCHANT = Person("merchant")
LEADER = Person("leader")
ARBITER = Person("arbiter")
CARRIER = Person("carrier")
GROWTH_POOL = Person("growth pool")
TREASURY = Person("treasury")
PAUSERS = [Person("first pauser"), Person("second pauser")]
BUYERS = [Person(f"buyer {number}") for number in range(1, 131)]
BUYER, NEIGHBOUR, *_ = BUYERS

DEPOSIT = 1_000_000
FIRST_PRICE, TENTH_PRICE, TWENTIETH_PRICE = 1_283, 1_177, 1_099
"""Unit prices of the usual offer, from 1, 10 and 20 units on, in fen; odd, so that shares need rounding."""
LEADER_BPS, CARRIER_BPS, GROWTH_BPS = 800, 333, 50


@dataclass(frozen=True)
class Contracts:
    """Accounts of the token and the escrow."""

    token: bytes
    escrow: bytes


def deploy_contracts() -> Contracts:
    """Token and escrow; every buyer has DEPOSIT in the escrow."""
    boa.env.enable_fast_mode()
    token = deploy("CommunityYuan", TREASURY.account)
    escrow = deploy("Escrow", token, [pauser.account for pauser in PAUSERS])
    evm = Evm()
    evm.send(TREASURY.account, token, yuan.mint(TREASURY.account, 10**12))
    evm.send(TREASURY.account, token, yuan.approve(escrow, 2**256 - 1))
    for buyer in BUYERS:
        evm.send(TREASURY.account, escrow, calls.deposit(buyer.account, DEPOSIT))
    return Contracts(token, escrow)


@cache
def _compiled(contract: str) -> Any:
    return boa.load_partial(CONTRACTS / f"{contract}.vy")


def deploy(contract: str, *arguments: Any) -> bytes:
    """Create a contract of contracts/; its account."""
    created = _compiled(contract).deploy(*map(_boa_argument, arguments))
    return bytes.fromhex(str(created.address)[2:])


def _boa_argument(argument: Any) -> Any:
    if isinstance(argument, bytes):
        return "0x" + argument.hex()
    return [_boa_argument(item) for item in argument] if isinstance(argument, list) else argument


@dataclass
class Scene:
    """What a test acts in. Amounts in fen.

    Attributes:
        batches: by number, the runs that OrdersPlaced reported.
    """

    token: bytes
    address: bytes
    evm: Evm = field(default_factory=Evm)
    batches: dict[int, list[RunOfLeaves]] = field(default_factory=dict)
    nonces: dict[bytes, int] = field(default_factory=dict)
    offers: dict[bytes, Offer] = field(default_factory=dict)
    salt: int = 0

    def __post_init__(self) -> None:
        self.escrow = Escrow(cast(Rpc, self.evm), self.address, int(boa.env.evm.patch.chain_id))
        self.separator = self.escrow.domain_separator()

    @property
    def now(self) -> int:
        return self.evm.now

    def wait(self, seconds: int) -> None:
        self.evm.wait(seconds)

    def wait_until(self, at: int) -> None:
        self.evm.wait(at - self.now)

    # --- Acting ---

    def act(self, call: bytes, sender: Person = NOBODY, *, to: bytes | None = None) -> list[ChainEvent]:
        """A transaction to the escrow, or to another contract; the escrow's events.

        Raises:
            Reverted: it changed nothing.
        """
        events = []
        for log in self.evm.send(sender.account, to or self.address, call):
            event = decode_event(log.topics, log.data) if log.address == self.address else None
            if event is not None:
                events.append(event)
                if isinstance(event, OrdersPlaced) and event.batch:
                    self.batches[event.batch] = event.runs_of_leaves()
        return events

    def refusal(self, call: bytes, sender: Person = NOBODY) -> Refusal:
        """Why the escrow refuses a transaction; fails if it does not, or gives no name."""
        with pytest.raises(Reverted) as refused:
            self.act(call, sender)
        assert refused.value.refusal is not None, refused.value
        return refused.value.refusal

    def sign(self, signer: Person, message: Message) -> bytes:
        return signer.sign(digest(message, self.separator))

    # --- Reading ---

    def account(self, account: bytes) -> AccountState:
        return self.escrow.account_state(account)

    def balance(self, person: Person) -> int:
        """In the escrow."""
        return self.account(person.account).balance

    def group_state(self, group: Group) -> GroupState:
        state = self.escrow.group_state(hash_struct(group))
        assert state is not None
        return state

    def units_sold(self, offer: Offer) -> int:
        return self.escrow.offer_state(hash_struct(offer))[2]

    def tokens(self, account: bytes) -> int:
        """Outside the escrow (or its own)."""
        return number(self.evm.read(self.token, keccak256(b"balanceOf(address)")[:4] + account_word(account)))

    # --- Offers and groups ---

    def _next_salt(self) -> int:
        self.salt += 1
        return self.salt

    def offer(self, **changes: Any) -> Offer:
        """The usual offer, changed; not published."""
        usual = Offer(
            merchant=MERCHANT.account,
            arbiter=ARBITER.account,
            stock_cap=1_000,
            window_kind=WindowKind.NO_REASON,
            window_seconds=7 * DAY,
            leader_bps=LEADER_BPS,
            ladder=(Step(1, FIRST_PRICE), Step(10, TENTH_PRICE), Step(20, TWENTIETH_PRICE)),
            payees=(Payee(CARRIER.account, CARRIER_BPS), Payee(GROWTH_POOL.account, GROWTH_BPS)),
            terms=keccak256(b"terms"),
            salt=self._next_salt(),
        )
        return replace(usual, **changes)

    def publish(self, **changes: Any) -> Offer:
        """The usual offer, changed and published."""
        offer = self.offer(**changes)
        self.act(calls.publish_offer(offer, self.sign(MERCHANT, offer)))
        self.offers[hash_struct(offer)] = offer
        return offer

    def group(self, offer: Offer, **changes: Any) -> Group:
        """The usual group, changed; not opened."""
        usual = Group(
            offer=hash_struct(offer),
            leader=LEADER.account,
            units_min=2,
            closes_at=self.now + 2 * DAY,
            deliver_by=self.now + 4 * DAY,
            pickup=keccak256(b"gate 3"),
            salt=self._next_salt(),
        )
        return replace(usual, **changes)

    def signed_group(self, group: Group, signer: Person = LEADER) -> SignedGroup:
        signature = self.sign(signer, group)
        return SignedGroup(group, signature[:32], signature[32:])

    def open(self, offer: Offer | None = None, **changes: Any) -> Group:
        """A group of the offer (of a new usual one), opened."""
        group = self.group(offer or self.publish(), **changes)
        self.act(calls.open_groups([self.signed_group(group)]))
        return group

    # --- Orders ---

    def order(self, buyer: Person, group: Group, quantity: int = 1, **changes: Any) -> SignedOrder:
        """Signed by the buyer, at the group's first price and the buyer's next nonce unless changed."""
        nonce = self.nonces.get(buyer.account, 0)
        if "nonce" not in changes:
            self.nonces[buyer.account] = nonce + 1
        price = self.offers[group.offer].ladder[0].price
        order = replace(
            Order(
                group=hash_struct(group),
                offer=group.offer,
                quantity=quantity,
                amount=quantity * price,
                nonce=nonce,
                valid_until=group.closes_at,
                details=keccak256(buyer.account + word(nonce)),
            ),
            **changes,
        )
        signature = self.sign(buyer, order)
        return SignedOrder(order, signature[:32], signature[32:])

    def place(self, *runs: tuple[Group, Sequence[SignedOrder]]) -> OrdersPlaced:
        """Send a batch; what the contract said of it."""
        (event,) = self.act(calls.place_orders([(hash_struct(group), orders) for group, orders in runs]))
        assert isinstance(event, OrdersPlaced)
        return event

    def ordered(self, group: Group, *quantities: int) -> OrdersPlaced:
        """A batch of one run: the first buyers order these quantities; all of it must be placed."""
        orders = [self.order(buyer, group, quantity) for buyer, quantity in zip(BUYERS, quantities, strict=False)]
        event = self.place((group, orders))
        assert event.refused == ()
        return event

    def leaf(self, batch: int, index: int = 0) -> tuple[Place, Leaf, list[bytes]]:
        """A placed order with its proof, as calls take it."""
        runs = self.batches[batch]
        place, siblings = place_of(batch, runs, index)
        return place, [leaf for run in runs for leaf in run.leaves][index], siblings

    def run(self, batch: int, run_index: int = 0) -> tuple[Place, tuple[Leaf, ...], list[bytes]]:
        """A placed run with its proof, as calls take it."""
        runs = self.batches[batch]
        place, siblings = run_place(batch, runs, run_index)
        return place, runs[run_index].leaves, siblings

    # --- A group's life ---

    def cancel_order_call(self, batch: int, index: int = 0, signer: Person | None = None) -> bytes:
        place, leaf, siblings = self.leaf(batch, index)
        buyer = signer or person_of(leaf.buyer)
        return calls.cancel_order(place, leaf, siblings, self.sign(buyer, CancelOrder(place.group, leaf.nonce)))

    def cancel_group_call(self, group: Group, signer: Person = LEADER) -> bytes:
        message = CancelGroup(hash_struct(group))
        return calls.cancel_group(message, signer.account, self.sign(signer, message))

    def close(self, group: Group) -> None:
        self.wait_until(max(self.now, group.closes_at))
        self.act(calls.close_group(hash_struct(group)))

    def deliver_call(self, group: Group, signer: Person = LEADER) -> bytes:
        message = ConfirmDelivery(hash_struct(group))
        return calls.confirm_delivery(message, signer.account, self.sign(signer, message))

    def deliver(self, group: Group) -> None:
        """Close the group, if it is open, and confirm the delivery."""
        if self.now < group.closes_at:
            self.close(group)
        self.act(self.deliver_call(group))

    def settle(self, group: Group) -> list[ChainEvent]:
        """Wait for the window's end and settle."""
        self.wait_until(self.group_state(group).delivered_at + self.offers[group.offer].window_seconds + 1)
        return self.act(calls.settle_group(hash_struct(group)))

    def open_case_call(
        self, batch: int, index: int = 0, *, kind: int = CaseKind.CLAIM, asked: int, signer: Person | None = None
    ) -> bytes:
        place, leaf, siblings = self.leaf(batch, index)
        message = OpenCase(place.group, leaf.nonce, kind, asked, keccak256(b"photograph"))
        return calls.open_case(place, leaf, siblings, message, self.sign(signer or person_of(leaf.buyer), message))

    def case_id(self, batch: int, index: int = 0) -> bytes:
        place, leaf, _ = self.leaf(batch, index)
        return order_id(place.group, leaf.buyer, leaf.nonce)

    def answer_call(self, case_id: bytes, *, accepted: bool, signer: Person = MERCHANT) -> bytes:
        message = AnswerCase(case_id, accepted)
        return calls.answer_case(message, signer.account, self.sign(signer, message))

    def rule_call(self, case_id: bytes, award: int, signer: Person = ARBITER) -> bytes:
        message = RuleCase(case_id, award)
        return calls.rule_case(message, self.sign(signer, message))

    # --- The token ---

    def fund(self, *people: Person, amount: int = DEPOSIT) -> None:
        """Credit each in the escrow, from the treasury."""
        for person in people:
            self.act(calls.deposit(person.account, amount), TREASURY)

    def approve(self, owner: Person, amount: int) -> None:
        self.evm.send(owner.account, self.token, yuan.approve(self.address, amount))

    def give_tokens(self, to: bytes, amount: int) -> None:
        self.evm.send(TREASURY.account, self.token, yuan.mint(to, amount))

    def permit(self, owner: Person, amount: int, deadline: int) -> tuple[int, bytes, bytes]:
        """An EIP-2612 signature (v, r, s) that lets the escrow take `amount`."""
        nonce = self.evm.read(self.token, keccak256(b"nonces(address)")[:4] + account_word(owner.account))
        separator = self.evm.read(self.token, keccak256(b"DOMAIN_SEPARATOR()")[:4])
        kind = keccak256(b"Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)")
        struct = keccak256(
            kind + account_word(owner.account) + account_word(self.address) + word(amount) + nonce + word(deadline)
        )
        signature = PrivateKey(owner.key).sign_recoverable(keccak256(b"\x19\x01" + separator + struct), hasher=None)
        return signature[64] + 27, signature[:32], signature[32:64]


_PEOPLE = {
    person.account: person
    for person in (NOBODY, MERCHANT, LEADER, ARBITER, CARRIER, GROWTH_POOL, TREASURY, *PAUSERS, *BUYERS)
}


def person_of(account: bytes) -> Person:
    return _PEOPLE[account]


def only(events: Sequence[ChainEvent], kind: type) -> Any:
    """The one event of this type among `events`."""
    (found,) = (event for event in events if isinstance(event, kind))
    return found
