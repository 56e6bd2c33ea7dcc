"""What is accepted and what is refused, by name; what waits is reserved."""

import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from django.db import DatabaseError

from pinlian.chain.rpc import hex_bytes, to_hex
from pinlian.chain.signatures import address_of, sign
from pinlian.chain.typed_data import Message as SignedMessage
from pinlian.chain.typed_data import digest, domain_separator, hash_struct, message_json
from pinlian.domain.account import AccountState, use_nonce
from pinlian.domain.case import CaseKind, CaseState, CaseStatus
from pinlian.domain.group import Group, GroupState, GroupStatus
from pinlian.domain.merkle import RunOfLeaves
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    CancelOrder,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.offer import Offer, Step
from pinlian.domain.order import Order
from pinlian.domain.pause import PauseState
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer import facade, journal
from pinlian.relayer.candidate import Submission
from pinlian.relayer.chain_view import GroupView, OfferView, OrderView
from pinlian.relayer.intake import Intake, Promise
from pinlian.relayer.kinds import TYPE_NAMES
from pinlian.relayer.models import ChainTx, Message
from pinlian.relayer.promise import promise_domain_separator, promise_signer

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

NOW = 1_700_000_000
CLOSES_AT = NOW + 1_000
ESCROW = b"\xee" * 20
CHAIN_ID = 31337
SEPARATOR = domain_separator(CHAIN_ID, ESCROW)
PRICE = 990
OFFER_ID, GROUP_ID, CASE_ID = b"\x0f" * 32, b"\x09" * 32, b"\x0c" * 32
DETAILS = b"\xde" * 32


def private_key(number: int) -> bytes:
    return number.to_bytes(32, "big")


BUYER, OTHER, MERCHANT, LEADER, ARBITER, RELAYER, STRANGER = (private_key(number) for number in range(1, 8))
KINDS = {name: kind.value for kind, name in TYPE_NAMES.items()}


@dataclass
class Town:
    """An indexed state that tests change as they like; a relayer.chain_view.ChainView."""

    balances: dict[bytes, AccountState] = field(default_factory=dict)
    known_offers: dict[bytes, OfferView] = field(default_factory=dict)
    known_groups: dict[bytes, GroupView] = field(default_factory=dict)
    orders: dict[tuple[bytes, bytes, int], OrderView] = field(default_factory=dict)
    cases: dict[bytes, CaseState] = field(default_factory=dict)
    paused: PauseState = field(default_factory=PauseState)
    indexed: int = 10
    asked: int = 0

    def accounts(self, addresses: Collection[bytes]) -> Mapping[bytes, AccountState]:
        return {address: self.balances[address] for address in addresses if address in self.balances}

    def offers(self, offers: Collection[bytes]) -> Mapping[bytes, OfferView]:
        return {offer: self.known_offers[offer] for offer in offers if offer in self.known_offers}

    def groups(self, groups: Collection[bytes]) -> Mapping[bytes, GroupView]:
        return {group: self.known_groups[group] for group in groups if group in self.known_groups}

    def order(self, group: bytes, buyer: bytes, nonce: int) -> OrderView | None:
        return self.orders.get((group, buyer, nonce))

    def case(self, case_id: bytes) -> CaseState | None:
        return self.cases.get(case_id)

    def batch(self, number: int) -> list[RunOfLeaves] | None:
        return None

    def pause(self) -> PauseState:
        return self.paused

    def position(self) -> tuple[int, str]:
        self.asked += 1
        return self.indexed, f"block {self.asked}"

    def set_group(self, **changes: Any) -> None:
        group = self.known_groups[GROUP_ID]
        self.known_groups[GROUP_ID] = replace(group, state=replace(group.state, **changes))


@pytest.fixture
def town() -> Town:
    town = Town()
    town.balances[address_of(BUYER)] = AccountState(10 * PRICE)
    town.balances[address_of(OTHER)] = AccountState(10 * PRICE)
    town.known_offers[OFFER_ID] = OfferView(
        merchant=address_of(MERCHANT),
        arbiter=address_of(ARBITER),
        stock_cap=10,
        units_sold=2,
        window_kind=1,
        window_seconds=100,
        ladder=(Step(1, PRICE), Step(5, 900)),
    )
    state = GroupState(GroupStatus.OPEN, 0, 2, 0, 1, CLOSES_AT, CLOSES_AT + 1_000, 0)
    town.known_groups[GROUP_ID] = GroupView(OFFER_ID, address_of(LEADER), state)
    return town


@pytest.fixture
def intake(town: Town) -> Intake:
    return Intake(view=town, chain_id=CHAIN_ID, escrow=ESCROW, relayer_key=RELAYER, clock=lambda: NOW)


def an_order(quantity: int = 1, nonce: int = 0, **changes: Any) -> Order:
    fields: dict[str, Any] = {"amount": quantity * PRICE, "valid_until": CLOSES_AT, **changes}
    return Order(
        group=fields.pop("group", GROUP_ID),
        offer=fields.pop("offer", OFFER_ID),
        quantity=quantity,
        nonce=nonce,
        details=DETAILS,
        **fields,
    )


def signed(message: SignedMessage, key: bytes = BUYER) -> Submission:
    return Submission(
        kind=KINDS[type(message).__name__],
        body=message_json(message),
        signature=to_hex(sign(key, digest(message, SEPARATOR))),
        signer=to_hex(address_of(key)),
    )


def submit(intake: Intake, message: SignedMessage, key: bytes = BUYER) -> Promise:
    (answer,) = intake.submit_all([signed(message, key)])
    if isinstance(answer, Refused):
        raise answer
    return answer


def refusal(intake: Intake, message: SignedMessage, key: bytes = BUYER) -> tuple[str, str | None]:
    """The refusal's name and field; nothing may be stored."""
    before = Message.objects.count()
    with pytest.raises(Refused) as caught:
        submit(intake, message, key)
    assert Message.objects.count() == before
    return caught.value.refusal.name, caught.value.field


# --- Promises ---


def test_order__accepted__is_journaled_and_promised(intake: Intake) -> None:
    promise = submit(intake, an_order(2))
    row = Message.objects.get(message_id=promise.id)
    assert (row.status, row.kind, row.nonce, row.quantity, row.amount) == ("waiting", "order", 0, 2, str(2 * PRICE))
    assert row.group == to_hex(GROUP_ID)
    assert promise.promised_by == NOW + 60
    signer = promise_signer(
        promise_domain_separator(CHAIN_ID, ESCROW),
        hex_bytes(promise.digest),
        hex_bytes(promise.signer),
        promise.promised_by,
        hex_bytes(promise.signature),
    )
    assert signer == address_of(RELAYER)
    assert promise.relayer == to_hex(address_of(RELAYER))


def test_order__sent_again__gets_the_same_promise(intake: Intake) -> None:
    promise = submit(intake, an_order())
    assert submit(intake, an_order()) == promise
    assert intake.submit_all([signed(an_order()), signed(an_order())]) == [promise, promise]
    assert Message.objects.count() == 1


def test_promise__never_later_than_the_message_is_good(intake: Intake) -> None:
    assert submit(intake, an_order(valid_until=NOW + 30)).promised_by == NOW + 30


def test_order__refused_by_the_chain__may_try_again(intake: Intake) -> None:
    first = submit(intake, an_order())
    tx = ChainTx.objects.create(
        sender="0x", nonce=0, kind="order", to="0x", data="0x", gas_limit=1, created_at=0, status="mined"
    )
    Message.objects.update(status="refused", refusal=Refusal.STOCK_EXCEEDED, tx=tx, position=0, tries=3)
    assert submit(intake, an_order()).promised_by == first.promised_by
    assert Message.objects.get().status == "refused", "the block may still leave the chain"
    ChainTx.objects.update(status="final")
    submit(intake, an_order())
    row = Message.objects.get()
    assert (row.status, row.refusal, row.tx, row.tries) == ("waiting", None, None, 0)


def test_same_words__of_two_buyers__are_two_messages(intake: Intake) -> None:
    one, other = submit(intake, an_order()), submit(intake, an_order(), OTHER)
    assert one.digest == other.digest
    assert Message.objects.count() == 2


def test_submit_all__some_bad__accepts_the_good_ones(intake: Intake) -> None:
    answers = intake.submit_all(
        [
            signed(an_order()),
            replace(signed(an_order(nonce=1)), signature="0x" + "22" * 64),
            signed(an_order(quantity=100, nonce=2)),
            signed(an_order(nonce=3)),
        ]
    )
    assert [answer.refusal.name if isinstance(answer, Refused) else "accepted" for answer in answers] == [
        "accepted",
        "SIGNATURE_INVALID",
        "STOCK_EXCEEDED",
        "accepted",
    ]
    assert Message.objects.count() == 2


# --- Orders that are refused ---


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"group": b"\x01" * 32}, ("GROUP_UNKNOWN", "group")),
        ({"offer": b"\x01" * 32}, ("WRONG_TERMS", "offer")),
        ({"quantity": 0}, ("QUANTITY_ZERO", "quantity")),
        ({"quantity": 9}, ("STOCK_EXCEEDED", "quantity")),
        ({"quantity": 2**200}, ("STOCK_EXCEEDED", "quantity")),
        ({"amount": PRICE - 1}, ("WRONG_AMOUNT", "amount")),
        ({"valid_until": NOW + 1}, ("ORDER_EXPIRED", "valid_until")),
        ({"valid_until": CLOSES_AT + 3_601}, ("VALID_TOO_LONG", "valid_until")),
        ({"nonce": 64}, ("NONCE_TOO_FAR", "nonce")),
        ({"nonce": 2**64}, ("NONCE_TOO_FAR", "nonce")),
    ],
)
def test_order__that_the_chain_would_refuse__is_refused(
    intake: Intake, changes: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert refusal(intake, an_order(**changes)) == expected


def test_order__group_is_over_or_about_to_be__is_refused(intake: Intake, town: Town) -> None:
    town.set_group(closes_at=NOW + 2)
    assert refusal(intake, an_order(valid_until=NOW + 100)) == ("GROUP_NOT_OPEN", "group")
    town.set_group(closes_at=CLOSES_AT, status=GroupStatus.FAILED)
    assert refusal(intake, an_order()) == ("GROUP_NOT_OPEN", "group")


def test_order__in_a_pause__is_refused(intake: Intake, town: Town) -> None:
    town.paused = PauseState(0, NOW - 10, NOW + 500)
    assert refusal(intake, an_order()) == ("PAUSED", None)


def test_order__nonce_is_used_on_the_chain__is_refused(intake: Intake, town: Town) -> None:
    town.balances[address_of(BUYER)] = AccountState(10 * PRICE, nonce_base=3, nonce_bitmap=0b100)
    assert refusal(intake, an_order(nonce=2)) == ("NONCE_USED", "nonce")
    assert refusal(intake, an_order(nonce=5)) == ("NONCE_USED", "nonce")


def test_order__without_an_account__is_underfunded(intake: Intake) -> None:
    assert refusal(intake, an_order(), STRANGER) == ("UNDERFUNDED", "amount")


# --- Reservations ---


def test_order__balance_is_promised_to_others__is_underfunded(intake: Intake) -> None:
    submit(intake, an_order(6))
    submit(intake, Withdraw(b"\x77" * 20, 4 * PRICE, 1, NOW + 100))
    assert refusal(intake, an_order(1, nonce=2)) == ("UNDERFUNDED", "amount")


def test_order__stock_is_promised_to_others__is_stock_exceeded(intake: Intake) -> None:
    submit(intake, an_order(5))
    submit(intake, an_order(3), OTHER)
    assert refusal(intake, an_order(1, nonce=1)) == ("STOCK_EXCEEDED", "quantity")


def test_orders__of_one_commit__reserve_against_each_other(intake: Intake) -> None:
    answers = intake.submit_all([signed(an_order(5)), signed(an_order(4), OTHER), signed(an_order(3), OTHER)])
    assert [isinstance(answer, Promise) for answer in answers] == [True, False, True]


def test_order__nonce_waits_already__is_refused(intake: Intake) -> None:
    submit(intake, an_order())
    assert refusal(intake, an_order(2)) == ("NONCE_USED", "nonce")


def test_order__nonce_will_be_voided__is_refused(intake: Intake) -> None:
    submit(intake, BumpNonce(5))
    assert refusal(intake, an_order(nonce=4)) == ("NONCE_USED", "nonce")
    submit(intake, an_order(nonce=5))


def test_reservation__once_the_order_is_indexed__is_taken_from_the_balance_only_once(
    intake: Intake, town: Town
) -> None:
    submit(intake, an_order(4))
    account = use_nonce(AccountState(10 * PRICE), 0)
    town.balances[address_of(BUYER)] = replace(account, balance=6 * PRICE)
    submit(intake, an_order(4, nonce=1))
    assert refusal(intake, Withdraw(b"\x77" * 20, 2 * PRICE + 1, 2, NOW + 100)) == ("UNDERFUNDED", "amount")
    submit(intake, Withdraw(b"\x77" * 20, 2 * PRICE, 2, NOW + 100))


def test_reservation__once_the_block_is_indexed__is_taken_from_the_stock_only_once(intake: Intake, town: Town) -> None:
    submit(intake, an_order(5))
    tx = ChainTx.objects.create(
        sender="0x", nonce=0, kind="order", to="0x", data="0x", gas_limit=1, created_at=0, status="mined"
    )
    ChainTx.objects.update(block_number=11)
    Message.objects.update(status="sent", tx=tx, position=0)
    assert refusal(intake, an_order(4), OTHER) == ("STOCK_EXCEEDED", "quantity")
    town.indexed = 11
    town.known_offers[OFFER_ID] = replace(town.known_offers[OFFER_ID], units_sold=7)
    assert refusal(intake, an_order(4), OTHER) == ("STOCK_EXCEEDED", "quantity")
    submit(intake, an_order(3), OTHER)


def test_reservation__of_a_refused_order__is_released(intake: Intake) -> None:
    submit(intake, an_order(8))
    assert refusal(intake, an_order(8), OTHER) == ("STOCK_EXCEEDED", "quantity")
    Message.objects.update(status="refused")
    submit(intake, an_order(8), OTHER)


def test_pending__is_told_by_signer_and_offer(intake: Intake) -> None:
    submit(intake, an_order(2))
    submit(intake, an_order(1, nonce=1))
    buyer, offer = to_hex(address_of(BUYER)), to_hex(OFFER_ID)
    pending = [(each.kind, each.nonce, each.quantity, each.amount_minor) for each in facade.pending_of(buyer)]
    assert pending == [("order", 0, 2, 2 * PRICE), ("order", 1, 1, PRICE)]
    assert facade.pending_units_by_group([offer]) == {(offer, to_hex(GROUP_ID)): 3}


# --- Other messages ---


def an_offer(**changes: Any) -> Offer:
    fields: dict[str, Any] = {
        "merchant": address_of(MERCHANT),
        "arbiter": address_of(ARBITER),
        "stock_cap": 10,
        "window_kind": 1,
        "window_seconds": 100,
        "leader_bps": 100,
        "ladder": (Step(1, PRICE),),
        "payees": (),
        "terms": bytes(32),
        "salt": 0,
    }
    return Offer(**fields | changes)


def test_offer__good__is_accepted_from_its_merchant_only(intake: Intake, town: Town) -> None:
    assert refusal(intake, an_offer(), STRANGER) == ("SIGNATURE_INVALID", "merchant")
    assert refusal(intake, an_offer(ladder=(Step(2, PRICE),)), MERCHANT) == ("LADDER_INVALID", None)
    assert refusal(intake, an_offer(leader_bps=3_001), MERCHANT) == ("SHARES_EXCEEDED", None)
    submit(intake, an_offer(), MERCHANT)
    offer = an_offer(salt=1)
    town.known_offers[hash_struct(offer)] = town.known_offers[OFFER_ID]
    assert refusal(intake, offer, MERCHANT) == ("OFFER_EXISTS", None)


def a_group(**changes: Any) -> Group:
    fields: dict[str, Any] = {
        "offer": OFFER_ID,
        "leader": address_of(LEADER),
        "units_min": 1,
        "closes_at": NOW + 500,
        "deliver_by": NOW + 900,
        "pickup": bytes(32),
        "salt": 0,
    }
    return Group(**fields | changes)


def test_group__good__is_accepted_from_its_leader_only(intake: Intake, town: Town) -> None:
    assert refusal(intake, a_group(), STRANGER) == ("SIGNATURE_INVALID", "leader")
    assert refusal(intake, a_group(offer=bytes(32)), LEADER) == ("OFFER_UNKNOWN", "offer")
    assert refusal(intake, a_group(units_min=0), LEADER) == ("UNITS_MIN_INVALID", "units_min")
    assert refusal(intake, a_group(closes_at=NOW), LEADER) == ("TIMES_INVALID", "closes_at")
    submit(intake, a_group(), LEADER)
    group = a_group(salt=1)
    town.known_groups[hash_struct(group)] = town.known_groups[GROUP_ID]
    assert refusal(intake, group, LEADER) == ("GROUP_EXISTS", None)


def test_withdraw__that_cannot_be__is_refused(intake: Intake) -> None:
    good = Withdraw(b"\x77" * 20, PRICE, 0, NOW + 100)
    assert refusal(intake, replace(good, valid_until=NOW)) == ("MESSAGE_EXPIRED", "valid_until")
    assert refusal(intake, replace(good, to=bytes(20))) == ("ACCOUNT_EMPTY", "to")
    assert refusal(intake, replace(good, to=ESCROW)) == ("ACCOUNT_EMPTY", "to")
    assert refusal(intake, replace(good, amount=0)) == ("AMOUNT_ZERO", "amount")
    assert refusal(intake, replace(good, amount=11 * PRICE)) == ("UNDERFUNDED", "amount")
    assert refusal(intake, replace(good, nonce=64)) == ("NONCE_TOO_FAR", "nonce")
    submit(intake, good)
    assert refusal(intake, replace(good, amount=1)) == ("NONCE_USED", "nonce")


def test_bump_nonce__that_changes_nothing_or_too_much__is_refused(intake: Intake) -> None:
    assert refusal(intake, BumpNonce(0)) == ("NONCE_USED", "nonce_base")
    assert refusal(intake, BumpNonce(65)) == ("NONCE_TOO_FAR", "nonce_base")


def test_cancel_order__own_order_in_an_open_group__only(intake: Intake, town: Town) -> None:
    message = CancelOrder(GROUP_ID, 3)
    assert refusal(intake, message) == ("ORDER_UNKNOWN", "order_nonce")
    town.orders[GROUP_ID, address_of(BUYER), 3] = OrderView(1, 0, 2, DETAILS, has_left=False)
    assert refusal(intake, message, OTHER) == ("ORDER_UNKNOWN", "order_nonce")
    submit(intake, message)
    town.orders[GROUP_ID, address_of(BUYER), 4] = OrderView(1, 1, 2, DETAILS, has_left=True)
    assert refusal(intake, CancelOrder(GROUP_ID, 4)) == ("ALREADY_LEFT", "order_nonce")
    town.set_group(status=GroupStatus.CLOSED)
    assert refusal(intake, CancelOrder(GROUP_ID, 5)) == ("GROUP_NOT_OPEN", "group")
    assert refusal(intake, CancelOrder(bytes(32), 5)) == ("GROUP_UNKNOWN", "group")


def test_cancel_group__leader_while_open_merchant_until_delivered(intake: Intake, town: Town) -> None:
    message = CancelGroup(GROUP_ID)
    assert refusal(intake, message, STRANGER) == ("SIGNER_NOT_ALLOWED", "signer")
    town.set_group(status=GroupStatus.CLOSED)
    assert refusal(intake, message, LEADER) == ("GROUP_NOT_OPEN", "group")
    submit(intake, message, MERCHANT)
    town.set_group(status=GroupStatus.DELIVERED)
    Message.objects.all().delete()
    assert refusal(intake, message, MERCHANT) == ("GROUP_NOT_CLOSED", "group")


def test_confirm_delivery__leader_or_arbiter_of_a_closed_group(intake: Intake, town: Town) -> None:
    message = ConfirmDelivery(GROUP_ID)
    assert refusal(intake, message, LEADER) == ("GROUP_NOT_CLOSED", "group")
    town.set_group(status=GroupStatus.CLOSED)
    assert refusal(intake, message, MERCHANT) == ("SIGNER_NOT_ALLOWED", "signer")
    submit(intake, message, LEADER)
    submit(intake, message, ARBITER)


def test_open_case__within_the_window_and_the_price(intake: Intake, town: Town) -> None:
    town.orders[GROUP_ID, address_of(BUYER), 0] = OrderView(1, 0, 2, DETAILS, has_left=False)
    good = OpenCase(GROUP_ID, 0, CaseKind.RETURN, 2 * 900, bytes(32))
    assert refusal(intake, good) == ("GROUP_NOT_DELIVERED", "group")
    town.set_group(status=GroupStatus.DELIVERED, delivered_at=NOW - 200, step=1)
    assert refusal(intake, good) == ("WINDOW_OVER", "group")
    town.set_group(delivered_at=NOW)
    assert refusal(intake, replace(good, order_nonce=9)) == ("ORDER_UNKNOWN", "order_nonce")
    assert refusal(intake, replace(good, asked=2 * PRICE)) == ("ASKED_INVALID", "asked")
    assert refusal(intake, replace(good, kind=7)) == ("KIND_INVALID", "kind")
    town.known_offers[OFFER_ID] = replace(town.known_offers[OFFER_ID], window_kind=0)
    assert refusal(intake, good) == ("RETURN_NOT_ADMITTED", "kind")
    submit(intake, replace(good, kind=CaseKind.CLAIM))


def test_answer_and_ruling__by_whom_and_when_the_case_admits(intake: Intake, town: Town) -> None:
    answer, ruling = AnswerCase(CASE_ID, accepted=False), RuleCase(CASE_ID, 500)
    assert refusal(intake, answer, MERCHANT) == ("CASE_UNKNOWN", "case_id")
    case = CaseState(GROUP_ID, address_of(BUYER), CaseKind.RETURN, CaseStatus.OPENED, NOW + 50, 900, 900)
    town.cases[CASE_ID] = case
    assert refusal(intake, answer, LEADER) == ("SIGNER_NOT_ALLOWED", "signer")
    submit(intake, AnswerCase(CASE_ID, accepted=True), LEADER)
    submit(intake, answer, MERCHANT)
    assert refusal(intake, ruling, ARBITER) == ("CASE_NOT_REJECTED", None)
    town.cases[CASE_ID] = replace(case, status=CaseStatus.REJECTED)
    assert refusal(intake, AnswerCase(CASE_ID, accepted=True), MERCHANT) == ("CASE_NOT_OPEN", None)
    assert refusal(intake, replace(ruling, award=901), ARBITER) == ("AWARD_EXCEEDED", "award")
    assert refusal(intake, ruling, MERCHANT) == ("SIGNER_NOT_ALLOWED", "signer")
    submit(intake, ruling, ARBITER)
    town.cases[CASE_ID] = replace(case, status=CaseStatus.REJECTED, decide_by=NOW - 1)
    assert refusal(intake, replace(ruling, award=1), ARBITER) == ("TOO_LATE", None)


# --- Upkeep and payments ---


def test_upkeep__asked_again_while_it_waits__is_one_message() -> None:
    group = {"group": to_hex(GROUP_ID)}
    first = facade.submit_upkeep("close_group", group)
    assert facade.submit_upkeep("close_group", group) == first
    assert facade.submit_upkeep("settle_group", group) != first
    assert Message.objects.count() == 2
    Message.objects.filter(kind="close_group").update(status="refused", refusal=Refusal.TOO_EARLY)
    assert facade.submit_upkeep("close_group", group) == first
    assert Message.objects.get(kind="close_group").status == "waiting"


@pytest.mark.parametrize(
    ("kind", "arguments", "field"),
    [
        ("order", {}, "kind"),
        ("close_group", {}, "arguments"),
        ("close_group", {"group": "0x12"}, "group"),
        ("refund_batch", {"batch": "1", "run_index": 0}, "batch"),
        ("refund_batch", {"batch": 1, "run_index": -1}, "run_index"),
    ],
)
def test_upkeep__malformed__names_the_field(kind: str, arguments: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as caught:
        facade.submit_upkeep(kind, arguments)
    assert (caught.value.refusal, caught.value.field) == (Refusal.MALFORMED, field)


def test_top_up__reference_of_another_payment__is_duplicate() -> None:
    account = to_hex(address_of(BUYER))
    facade.top_up(account, 100, "one")
    for other_account, amount in ((account, 101), (to_hex(address_of(OTHER)), 100)):
        with pytest.raises(Refused) as caught:
            facade.top_up(other_account, amount, "one")
        assert caught.value.refusal is Refusal.DUPLICATE
    assert Message.objects.count() == 1


@pytest.mark.parametrize(
    ("account", "amount", "expected"),
    [
        ("0x" + "00" * 20, 1, Refusal.ACCOUNT_EMPTY),
        ("0x" + "11" * 20, 0, Refusal.AMOUNT_ZERO),
        ("0x" + "11" * 20, 2**128, Refusal.AMOUNT_TOO_LARGE),
        ("0x11", 1, Refusal.MALFORMED),
    ],
)
def test_top_up__that_cannot_be__is_refused(account: str, amount: int, expected: Refusal) -> None:
    with pytest.raises(Refused) as caught:
        facade.top_up(account, amount, "reference")
    assert caught.value.refusal is expected


# --- Many at once ---


@pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)
def test_submit__many_threads__sell_no_unit_twice(intake: Intake, town: Town) -> None:
    keys = [private_key(100 + number) for number in range(40)]
    for key in keys:
        town.balances[address_of(key)] = AccountState(PRICE)
    answers: list[str] = []

    def buy(key: bytes) -> None:
        try:
            answers.append(intake.submit(signed(an_order(), key)).id)
        except Refused as refused:
            answers.append(refused.refusal.name)

    threads = [threading.Thread(target=buy, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count("STOCK_EXCEEDED") == 32
    assert Message.objects.count() == 8
    assert len(set(answers)) == 9


@pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)
def test_submit__journal_cannot_be_written__is_unavailable_and_not_promised(
    intake: Intake, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(messages: Any) -> None:
        raise DatabaseError("disk full")

    with monkeypatch.context() as patched:
        patched.setattr(journal, "insert", fail)
        with pytest.raises(Refused) as caught:
            intake.submit(signed(an_order()))
    assert caught.value.refusal is Refusal.UNAVAILABLE
    assert Message.objects.count() == 0
    intake.submit(signed(an_order()))
    assert Message.objects.count() == 1
