"""The books find what does not follow from the rules, and name it.

The story that most tests start from, in minor units. An offer costs 1,000 a unit and 900 from 5 units on; the leader
gets 5 %, a payee 1 %. Three buyers deposit 5,000 each and order 2, 3 and 1 units of a group of at least 3; the third
takes the order back. The group closes at 900, the others get the rebate, the goods come. The second buyer claims
1,350 of 2,700, the merchant says no, the arbiter gives 901. The rest is settled. The first buyer's order of 1 unit in
a second group fails and is refunded.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from pinlian.chain.typed_data import hash_struct
from pinlian.domain.account import AccountState
from pinlian.domain.books import BatchState, Books, Difference, OfferState, OrderStatus
from pinlian.domain.case import ANSWER_SECONDS, RULING_SECONDS, CaseKind, CaseState, Decided, case_id
from pinlian.domain.chain_events import (
    CaseClosed,
    CaseOpened,
    CaseRejected,
    ChainEvent,
    Deposited,
    EventAt,
    GroupClosed,
    GroupDelivered,
    GroupFailed,
    GroupOpened,
    GroupSettled,
    GroupsRefused,
    NonceBumped,
    OfferPublished,
    OrderCancelled,
    OrdersPlaced,
    PaidOut,
    Paused,
    Run,
    RunRebated,
    RunRefunded,
    Withdrawn,
)
from pinlian.domain.group import FailReason, Group, GroupState, GroupStatus
from pinlian.domain.merkle import Leaf, RunOfLeaves, batch_root
from pinlian.domain.offer import Offer, Payee, Step, WindowKind

DAY = 86_400
T0 = 1_700_000_000
MERCHANT, ARBITER, LEADER, CARRIER, BUYER_1, BUYER_2, BUYER_3, PAUSER = (bytes([number]) * 20 for number in range(1, 9))
OWN_TRANSACTION = 2**256 - 1

OFFER = Offer(
    merchant=MERCHANT,
    arbiter=ARBITER,
    stock_cap=20,
    window_kind=WindowKind.NO_REASON,
    window_seconds=7 * DAY,
    leader_bps=500,
    ladder=(Step(1, 1_000), Step(5, 900)),
    payees=(Payee(CARRIER, 100),),
    terms=bytes(32),
    salt=0,
)
OFFER_ID = hash_struct(OFFER)
GROUP = Group(OFFER_ID, LEADER, units_min=3, closes_at=T0 + DAY, deliver_by=T0 + 3 * DAY, pickup=bytes(32), salt=0)
GROUP_ID = hash_struct(GROUP)
LONELY = replace(GROUP, units_min=10, salt=1)
LONELY_ID = hash_struct(LONELY)
CASE_ID = case_id(GROUP_ID, BUYER_2, 0)

RUNS = [
    RunOfLeaves(
        GROUP_ID,
        (
            Leaf(BUYER_1, quantity=2, nonce=0, details=bytes(32)),
            Leaf(BUYER_2, quantity=3, nonce=0, details=bytes(32)),
            Leaf(BUYER_3, quantity=1, nonce=0, details=bytes(32)),
        ),
    ),
    RunOfLeaves(LONELY_ID, (Leaf(BUYER_1, quantity=1, nonce=1, details=bytes(32)),)),
]


def published(offer: Offer) -> OfferPublished:
    return OfferPublished(offer=hash_struct(offer), **{name: getattr(offer, name) for name in Offer.__slots__})


def opened(group: Group) -> GroupOpened:
    return GroupOpened(group=hash_struct(group), **{name: getattr(group, name) for name in Group.__slots__})


def placed(batch: int, runs: Sequence[RunOfLeaves]) -> OrdersPlaced:
    leaves = tuple(leaf for run in runs for leaf in run.leaves)
    return OrdersPlaced(
        batch, batch_root(batch, runs), tuple(Run(run.group, len(run.leaves)) for run in runs), leaves, ()
    )


CLOSES, DELIVERS = T0 + DAY, T0 + 2 * DAY
CLAIMS, ANSWERS, RULES = DELIVERS + 100, DELIVERS + 200, DELIVERS + 300
SETTLES = DELIVERS + 7 * DAY + 1

STORY: list[tuple[int, ChainEvent]] = [
    (T0, published(OFFER)),
    (T0, opened(GROUP)),
    (T0, opened(LONELY)),
    (T0, GroupsRefused(())),
    *((T0, Deposited(buyer, buyer, 5_000)) for buyer in (BUYER_1, BUYER_2, BUYER_3)),
    (T0 + 10, placed(1, RUNS)),
    (T0 + 20, OrderCancelled(GROUP_ID, BUYER_3, 1, 2, 1_000)),
    (T0 + 30, Withdrawn(BUYER_3, BUYER_3, 4_000, 5)),
    (T0 + 40, NonceBumped(BUYER_3, 3)),
    (CLOSES, GroupClosed(GROUP_ID, 5, 1, 900)),
    (CLOSES, GroupFailed(LONELY_ID, 1, FailReason.UNITS_MIN)),
    (CLOSES, RunRebated(GROUP_ID, 1, 0b011, 500)),
    (CLOSES, RunRefunded(LONELY_ID, 1, 0b1000, 1_000)),
    (DELIVERS, GroupDelivered(GROUP_ID, DELIVERS)),
    (
        CLAIMS,
        CaseOpened(
            case_id=CASE_ID,
            group=GROUP_ID,
            buyer=BUYER_2,
            batch=1,
            index=1,
            kind=CaseKind.CLAIM,
            amount=2_700,
            asked=1_350,
            evidence=bytes(32),
            decide_by=CLAIMS + ANSWER_SECONDS,
            rebate=0,
        ),
    ),
    (ANSWERS, CaseRejected(CASE_ID, ANSWERS + RULING_SECONDS)),
    (RULES, CaseClosed(CASE_ID, GROUP_ID, 901, 1_799, Decided.RULED)),
    (RULES, PaidOut(GROUP_ID, LEADER, 89)),
    (RULES, PaidOut(GROUP_ID, CARRIER, 17)),
    (RULES, PaidOut(GROUP_ID, MERCHANT, 1_693)),
    (SETTLES, GroupSettled(GROUP_ID, 2, 1_800)),
    (SETTLES, PaidOut(GROUP_ID, LEADER, 90)),
    (SETTLES, PaidOut(GROUP_ID, CARRIER, 18)),
    (SETTLES, PaidOut(GROUP_ID, MERCHANT, 1_692)),
    (SETTLES, Withdrawn(MERCHANT, MERCHANT, 3_385, OWN_TRANSACTION)),
    (SETTLES, Paused(PAUSER, SETTLES + 1_000)),
]


def fold(story: Sequence[tuple[int, Any]]) -> Books:
    books = Books(hash_struct)
    for number, (time, event) in enumerate(story):
        books.apply(event, EventAt(number, bytes(32), time, bytes(32), 0))
    return books


def facts(differences: Sequence[Difference]) -> list[str]:
    return [found.what for found in differences]


def test_apply__whole_life_of_two_groups__nothing_differs_and_everybody_has_his_money() -> None:
    books = fold(STORY)
    assert books.check() == []
    assert {account: state.balance for account, state in books.accounts.items()} == {
        BUYER_1: 5_000 - 2_000 + 200,
        BUYER_2: 5_000 - 3_000 + 300 + 901,
        BUYER_3: 1_000,
        LEADER: 179,
        CARRIER: 35,
        MERCHANT: 0,
    }
    assert books.held == 15_000 - 4_000 - 3_385
    assert books.offers[OFFER_ID].state == OfferState(1_000, 20, units_sold=5)
    assert books.groups[GROUP_ID].payouts == {LEADER: 179, CARRIER: 35, MERCHANT: 3_385}
    assert books.account(BUYER_3) == AccountState(1_000, nonce_base=3, nonce_bitmap=0b100)


def test_check__after_every_event_of_a_transaction__sums_hold() -> None:
    for length in range(len(STORY)):
        if not isinstance(STORY[length][1], PaidOut):
            assert fold(STORY[:length]).check() == [], STORY[length - 1]


def test_orders__tell_what_became_of_each() -> None:
    orders = [(order.buyer, order.status, order.amount, order.rebate, order.refunded) for order in fold(STORY).orders()]
    assert orders == [
        (BUYER_1, OrderStatus.PLACED, 2_000, 200, 0),
        (BUYER_2, OrderStatus.IN_CASE, 3_000, 300, 901),
        (BUYER_3, OrderStatus.CANCELLED, 1_000, 0, 1_000),
        (BUYER_1, OrderStatus.REFUNDED, 1_000, 0, 1_000),
    ]


Change = Callable[[int, Any], list[tuple[int, Any]]]


def changed(event_type: type[Any], **values: Any) -> Change:
    return lambda time, event: [(time, replace(event, **values) if isinstance(event, event_type) else event)]


def earlier(event_type: type[Any], seconds: int) -> Change:
    return lambda time, event: [(time - seconds if isinstance(event, event_type) else time, event)]


def dropped(event_type: type) -> Change:
    return lambda time, event: [] if isinstance(event, event_type) else [(time, event)]


def doubled(event_type: type) -> Change:
    return lambda time, event: [(time, event)] * (2 if isinstance(event, event_type) else 1)


def with_leaf(number: int, leaf: Leaf) -> Change:
    """An order of the first run is another one, and the root is right for it."""
    leaves = list(RUNS[0].leaves)
    leaves[number] = leaf
    batch = placed(1, [RunOfLeaves(GROUP_ID, tuple(leaves)), RUNS[1]])
    return lambda time, event: [(time, batch if isinstance(event, OrdersPlaced) else event)]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (changed(OfferPublished, stock_cap=21), "offer identifier"),
        (changed(OfferPublished, leader_bps=3_000), "offer"),
        (doubled(OfferPublished), "offer"),
        (dropped(OfferPublished), "offer of group"),
        (changed(GroupOpened, units_min=2), "group identifier"),
        (changed(GroupOpened, closes_at=T0), "group"),
        (doubled(GroupOpened), "group"),
        (dropped(GroupOpened), "group"),
        (changed(Deposited, amount=0), "deposit"),
        (changed(Deposited, amount=4), "order at index 0"),
        (changed(OrdersPlaced, root=bytes(32)), "batch root"),
        (changed(OrdersPlaced, batch=2), "batch number"),
        (changed(OrdersPlaced, leaves=()), "leaves in runs"),
        (doubled(OrdersPlaced), "batch number"),
        (dropped(OrdersPlaced), "leaf"),
        (with_leaf(0, Leaf(BUYER_1, 3, 0, bytes(32))), "closed with units"),
        (with_leaf(0, Leaf(BUYER_1, 6, 0, bytes(32))), "order at index 0"),
        (with_leaf(1, Leaf(BUYER_1, 3, 0, bytes(32))), "order at index 1"),
        (with_leaf(1, Leaf(BUYER_1, 3, 70, bytes(32))), "order at index 1"),
        (with_leaf(1, Leaf(BUYER_1, 0, 2, bytes(32))), "order at index 1"),
        (with_leaf(0, Leaf(BUYER_1, 20, 0, bytes(32))), "orders"),
        (earlier(OrdersPlaced, -DAY), "orders"),
        (changed(OrderCancelled, amount=999), "amount of cancelled order"),
        (changed(OrderCancelled, buyer=BUYER_2), "buyer of cancelled order"),
        (changed(OrderCancelled, index=3), "leaf"),
        (doubled(OrderCancelled), "leaf leaves once"),
        (earlier(OrderCancelled, -DAY), "cancellation"),
        (changed(Withdrawn, amount=6_000), "withdrawal"),
        (changed(Withdrawn, nonce=0), "nonce of withdrawal"),
        (changed(NonceBumped, nonce_base=66), "nonce base"),
        (changed(GroupClosed, units=6), "closed with units"),
        (changed(GroupClosed, step=0), "step reached"),
        (changed(GroupClosed, price=901), "price reached"),
        (earlier(GroupClosed, 1), "close"),
        (doubled(GroupClosed), "close"),
        (changed(GroupClosed, group=LONELY_ID), "enough units to close"),
        (changed(GroupFailed, group=GROUP_ID), "failure"),
        (changed(GroupFailed, reason=FailReason.UNDELIVERED), "failure"),
        (changed(GroupFailed, reason=9), "failure"),
        (changed(GroupFailed, units=2), "failed with units"),
        (earlier(GroupFailed, 1), "failure"),
        (changed(RunRefunded, amount=900), "amount refunded"),
        (changed(RunRefunded, marks=0), "refund"),
        (changed(RunRefunded, marks=0b1001), "leaf"),
        (changed(RunRefunded, group=GROUP_ID, marks=1), "refund"),
        (doubled(RunRefunded), "leaf leaves once"),
        (changed(RunRebated, amount=499), "amount rebated"),
        (changed(RunRebated, marks=0b111), "leaf is rebated once"),
        (changed(RunRebated, group=LONELY_ID, marks=0b1000), "rebate"),
        (doubled(RunRebated), "leaf is rebated once"),
        (changed(GroupDelivered, delivered_at=T0), "delivered at"),
        (changed(GroupDelivered, group=LONELY_ID), "delivery"),
        (changed(CaseOpened, asked=2_701), "case"),
        (changed(CaseOpened, kind=CaseKind.RETURN), "case"),
        (changed(CaseOpened, kind=7), "case"),
        (changed(CaseOpened, amount=3_000), "amount in case"),
        (changed(CaseOpened, rebate=300), "rebate with case"),
        (changed(CaseOpened, decide_by=0), "answer is due by"),
        (changed(CaseOpened, case_id=bytes(32)), "case identifier"),
        (changed(CaseOpened, buyer=BUYER_1), "buyer of case"),
        (changed(CaseOpened, index=2), "leaf leaves once"),
        (earlier(CaseOpened, -8 * DAY), "case"),
        (dropped(CaseOpened), "case"),
        (changed(CaseRejected, decide_by=0), "ruling is due by"),
        (earlier(CaseRejected, -3 * DAY), "rejection"),
        (doubled(CaseRejected), "rejection"),
        (changed(CaseClosed, award=1_351), "ruling"),
        (changed(CaseClosed, award=900), "released by case"),
        (changed(CaseClosed, decided=Decided.TIMEOUT), "end of case"),
        (changed(CaseClosed, decided=Decided.ACCEPTED), "award"),
        (changed(CaseClosed, decided=9), "end of case"),
        (changed(CaseClosed, group=LONELY_ID), "group of case"),
        (earlier(CaseClosed, -8 * DAY), "end of case"),
        (doubled(CaseClosed), "end of case"),
        (changed(GroupSettled, units=5), "settled units"),
        (changed(GroupSettled, amount=4_500), "settled amount"),
        (changed(GroupSettled, group=LONELY_ID), "settlement"),
        (earlier(GroupSettled, 1), "settlement"),
        (doubled(GroupSettled), "settlement"),
        (changed(PaidOut, amount=91), "payout"),
        (changed(PaidOut, account=BUYER_2), "payout"),
        (doubled(PaidOut), "payout"),
        (dropped(PaidOut), "payout"),
        (changed(Paused, ends_at=SETTLES + 15 * DAY), "pause"),
        (changed(Paused, ends_at=SETTLES), "pause"),
        (doubled(Paused), "pause"),
    ],
)
def test_apply__events_that_do_not_follow_from_the_rules__are_named(change: Change, what: str) -> None:
    story = [moment for time, event in STORY for moment in change(time, event)]
    assert story != STORY
    assert what in facts(fold(story).check())


def test_apply__window_that_a_pause_stopped__ends_later_by_as_much() -> None:
    story: list[tuple[int, ChainEvent]] = [
        (time, event) for time, event in STORY if not isinstance(event, Paused) and time < SETTLES
    ]
    story.append((SETTLES - DAY, Paused(PAUSER, SETTLES - DAY + 1_000)))
    settlement: list[tuple[int, ChainEvent]] = [
        (time, event) for time, event in STORY if time == SETTLES and not isinstance(event, Paused)
    ]
    assert facts(fold(story + settlement).check()) == ["settlement"]
    assert fold(story + [(time + 1_000, event) for time, event in settlement]).check() == []


def test_apply__orders_while_paused__differ() -> None:
    story: list[tuple[int, ChainEvent]] = [*STORY[:7], (T0, Paused(PAUSER, T0 + 100)), STORY[7]]
    assert facts(fold(story).check()) == ["orders"]


def test_difference__names_the_thing_and_the_event_that_showed_it() -> None:
    story = [moment for time, event in STORY for moment in changed(RunRebated, amount=499)(time, event)]
    number = next(number for number, (_, event) in enumerate(story) if isinstance(event, RunRebated))
    assert fold(story).check() == [
        Difference("amount rebated", f"group 0x{GROUP_ID.hex()}, block {number}, log 0", expected=500, found=499)
    ]


@dataclass
class AnsweringChain:
    """A chain that answers as the books would, but for what a test changes."""

    books: Books
    balance: int
    changes: dict[object, Any] = field(default_factory=dict)

    def held(self) -> int:
        return int(self.changes.get("held", self.books.held))

    def token_balance(self) -> int:
        return self.balance

    def batch_count(self) -> int:
        return int(self.changes.get("batch_count", len(self.books.batches)))

    def paused_until(self) -> int:
        return int(self.changes.get("paused_until", self.books.pause.ends_at))

    def accounts(self, accounts: Sequence[bytes]) -> list[AccountState]:
        return [self.changes.get(key, self.books.accounts[key]) for key in accounts]

    def offers(self, offers: Sequence[bytes]) -> list[OfferState]:
        return [self.changes.get(key, self.books.offers[key].state) for key in offers]

    def groups(self, groups: Sequence[bytes]) -> list[GroupState]:
        return [self.changes.get(key, self.books.groups[key].state) for key in groups]

    def batches(self, batches: Sequence[int]) -> list[BatchState]:
        states = {number: BatchState(batch.root, batch.marks) for number, batch in self.books.batches.items()}
        return [self.changes.get(number, states[number]) for number in batches]

    def cases(self, cases: Sequence[bytes]) -> list[CaseState]:
        return [self.changes.get(key, self.books.cases[key].state) for key in cases]


def test_compare__chain_that_agrees_and_was_given_tokens__nothing_differs() -> None:
    books = fold(STORY)
    assert books.compare(AnsweringChain(books, balance=books.held + 1)) == []


def test_compare__chain_that_disagrees__each_fact_is_named() -> None:
    books = fold(STORY)
    group = replace(books.groups[GROUP_ID].state, status=GroupStatus.DELIVERED, units=3)
    chain = AnsweringChain(
        books,
        balance=books.held - 1,
        changes={
            "held": 7,
            "batch_count": 2,
            "paused_until": 0,
            BUYER_1: replace(books.account(BUYER_1), balance=1),
            OFFER_ID: OfferState(1_000, 20, 6),
            GROUP_ID: group,
            1: BatchState(bytes(32), books.batches[1].marks),
            CASE_ID: replace(books.cases[CASE_ID].state, asked=1),
        },
    )
    assert books.compare(chain) == [
        Difference("held", "escrow", books.held, 7),
        Difference("tokens cover what is held", "escrow", books.held, books.held - 1),
        Difference("batch count", "escrow", 1, 2),
        Difference("paused until", "escrow", SETTLES + 1_000, 0),
        Difference("balance", f"account 0x{BUYER_1.hex()}", 3_200, 1),
        Difference("units_sold", f"offer 0x{OFFER_ID.hex()}", 5, 6),
        Difference("status", f"group 0x{GROUP_ID.hex()}", "SETTLED", "DELIVERED"),
        Difference("units", f"group 0x{GROUP_ID.hex()}", 2, 3),
        Difference("root", "batch 1", "0x" + books.batches[1].root.hex(), "0x" + bytes(32).hex()),
        Difference("asked", f"case 0x{CASE_ID.hex()}", 1_350, 1),
    ]
