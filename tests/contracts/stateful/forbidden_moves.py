"""What nobody may do with an escrow: each is tried whenever it is at hand, and must be refused by its name.

The invariants that follow every step show that the attempt changed nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from hypothesis import strategies as st
from hypothesis.stateful import rule

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import Message
from pinlian.domain.case import CaseKind
from pinlian.domain.chain_events import OrdersPlaced, RefusedAt
from pinlian.domain.group import GroupStatus
from pinlian.domain.merkle import Leaf
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
from pinlian.domain.offer import Payee, Step, WindowKind
from pinlian.domain.order import Order, SignedOrder
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.drafts import picks
from tests.contracts.stateful.escrow_life import EscrowLife
from tests.contracts.stateful.ledger import DAY, GRACE, PAUSE_MAX, Deal, Dispute, Fate, Purchase, Run, Stage
from tests.contracts.stateful.life import one
from tests.contracts.stateful.people import ARBITER, BUYERS, BY_ACCOUNT, MERCHANTS, PAUSERS, STRANGER, Person
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import only


@dataclass(frozen=True)
class Move:
    """A call that must be refused for this reason."""

    refusal: Refusal
    sender: Person
    call: bytes


@dataclass(frozen=True)
class OrderMove:
    """An order that must be refused for this reason, in a batch of its own."""

    refusal: Refusal
    signed: SignedOrder


Attempt = Callable[[EscrowLife, int], Move | OrderMove | None]
ATTEMPTS: dict[str, Attempt] = {}


def forbidden(attempt: Attempt) -> Attempt:
    """An attempt gives its move, or None if there is no occasion for it now."""
    name = attempt.__name__.replace("_", " ")
    ATTEMPTS[name] = attempt
    TALLY.expect(f"forbidden: {name}")
    return attempt


def first(life: EscrowLife, pick: int, *statuses: GroupStatus) -> Deal | None:
    deals = life.deals(*statuses)
    return one(deals, pick) if deals else None


def signed_by(life: EscrowLife, signer: Person, message: Message) -> bytes:
    return life.town.sign(signer, message)


# --- accounts ---


def _withdrawal(life: EscrowLife, owner: Person) -> Withdraw:
    return Withdraw(owner.account, 1, life.ledger.next_nonce(owner.account), valid_until=life.town.now)


@forbidden
def deposit_nothing(life: EscrowLife, pick: int) -> Move:
    return Move(Refusal.AMOUNT_ZERO, BUYERS[0], calls.deposit(BUYERS[1].account, 0))


@forbidden
def deposit_for_nobody(life: EscrowLife, pick: int) -> Move:
    return Move(Refusal.ACCOUNT_EMPTY, BUYERS[0], calls.deposit(bytes(20), 1))


@forbidden
def withdraw_more_than_one_has(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    return Move(Refusal.UNDERFUNDED, owner, calls.withdraw(owner.account, life.ledger.balance(owner.account) + 1))


@forbidden
def withdraw_into_the_escrow(life: EscrowLife, pick: int) -> Move | None:
    if not life.funded():
        return None
    return Move(Refusal.ACCOUNT_EMPTY, one(life.funded(), pick), calls.withdraw(life.town.address, 1))


@forbidden
def withdraw_what_another_owns(life: EscrowLife, pick: int) -> Move | None:
    if not life.funded():
        return None
    owner = one(life.funded(), pick)
    thief = STRANGER if owner != STRANGER else BUYERS[0]
    message = _withdrawal(life, owner)
    call = calls.withdraw_signed(owner.account, message, signed_by(life, thief, message))
    return Move(Refusal.SIGNATURE_INVALID, thief, call)


@forbidden
def withdraw_more_than_was_signed(life: EscrowLife, pick: int) -> Move | None:
    if not life.funded():
        return None
    owner = one(life.funded(), pick)
    message = _withdrawal(life, owner)
    call = calls.withdraw_signed(owner.account, replace(message, amount=2), signed_by(life, owner, message))
    return Move(Refusal.SIGNATURE_INVALID, PAUSERS[0] if owner != PAUSERS[0] else STRANGER, call)


@forbidden
def withdraw_after_the_message_expired(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = replace(_withdrawal(life, owner), valid_until=life.town.now - 1)
    call = calls.withdraw_signed(owner.account, message, signed_by(life, owner, message))
    return Move(Refusal.MESSAGE_EXPIRED, STRANGER, call)


@forbidden
def withdraw_with_a_used_nonce(life: EscrowLife, pick: int) -> Move | None:
    used = [(account, nonce) for account, nonces in life.ledger.nonces_used.items() for nonce in sorted(nonces)]
    if not used:
        return None
    account, nonce = one(used, pick)
    owner = BY_ACCOUNT[account]
    message = replace(_withdrawal(life, owner), nonce=nonce)
    call = calls.withdraw_signed(owner.account, message, signed_by(life, owner, message))
    return Move(Refusal.NONCE_USED, STRANGER, call)


@forbidden
def withdraw_with_a_far_nonce(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = replace(_withdrawal(life, owner), nonce=life.ledger.next_nonce(owner.account) + 64)
    call = calls.withdraw_signed(owner.account, message, signed_by(life, owner, message))
    return Move(Refusal.NONCE_TOO_FAR, STRANGER, call)


@forbidden
def bump_the_nonce_backwards(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = BumpNonce(life.ledger.next_nonce(owner.account))
    return Move(Refusal.NONCE_USED, owner, calls.bump_nonce(owner.account, message, b""))


@forbidden
def bump_the_nonce_too_far(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = BumpNonce(life.ledger.next_nonce(owner.account) + 65)
    return Move(Refusal.NONCE_TOO_FAR, owner, calls.bump_nonce(owner.account, message, b""))


@forbidden
def bump_the_nonce_of_another(life: EscrowLife, pick: int) -> Move:
    owner = one(BUYERS, pick)
    message = BumpNonce(life.ledger.next_nonce(owner.account) + 1)
    call = calls.bump_nonce(owner.account, message, signed_by(life, ARBITER, message))
    return Move(Refusal.SIGNATURE_INVALID, ARBITER, call)


# --- offers ---


@forbidden
def publish_an_offer_twice(life: EscrowLife, pick: int) -> Move:
    offer = one(list(life.ledger.offers.values()), pick)
    return Move(Refusal.OFFER_EXISTS, BY_ACCOUNT[offer.merchant], calls.publish_offer(offer, b""))


@forbidden
def publish_another_merchants_offer(life: EscrowLife, pick: int) -> Move:
    offer = replace(one(list(life.ledger.offers.values()), pick), salt=life.salt())
    call = calls.publish_offer(offer, signed_by(life, STRANGER, offer))
    return Move(Refusal.SIGNATURE_INVALID, STRANGER, call)


@forbidden
def publish_a_ladder_that_rises(life: EscrowLife, pick: int) -> Move:
    offer = replace(one(list(life.ledger.offers.values()), pick), ladder=(Step(1, 10), Step(2, 10)), salt=life.salt())
    return Move(Refusal.LADDER_INVALID, BY_ACCOUNT[offer.merchant], calls.publish_offer(offer, b""))


@forbidden
def publish_shares_above_the_cap(life: EscrowLife, pick: int) -> Move:
    payees = (Payee(ARBITER.account, 3_001 - 1_000),)
    offer = replace(one(list(life.ledger.offers.values()), pick), leader_bps=1_000, payees=payees, salt=life.salt())
    return Move(Refusal.SHARES_EXCEEDED, BY_ACCOUNT[offer.merchant], calls.publish_offer(offer, b""))


# --- orders ---


def _order(life: EscrowLife, deal: Deal, buyer: Person, quantity: int = 1) -> Order:
    return Order(
        group=deal.group_id,
        offer=deal.terms.offer,
        quantity=quantity,
        amount=quantity * deal.first_price,
        nonce=life.ledger.next_nonce(buyer.account),
        valid_until=life.town.now,
        details=life.hash(),
    )


def _signed(life: EscrowLife, buyer: Person, order: Order) -> SignedOrder:
    signature = signed_by(life, buyer, order)
    return SignedOrder(order, signature[:32], signature[32:])


def _takes_orders(life: EscrowLife) -> bool:
    return not life.ledger.is_paused(life.town.now)


@forbidden
def order_in_a_group_that_is_not_open(life: EscrowLife, pick: int) -> OrderMove | None:
    closed = [deal for deal in life.ledger.groups.values() if deal not in life.open_deals()]
    if not closed or not _takes_orders(life):
        return None
    buyer = one(BUYERS, pick)
    return OrderMove(Refusal.GROUP_NOT_OPEN, _signed(life, buyer, _order(life, one(closed, pick), buyer)))


@forbidden
def order_over_the_stock(life: EscrowLife, pick: int) -> OrderMove | None:
    if not life.open_deals() or not _takes_orders(life):
        return None
    deal, buyer = one(life.open_deals(), pick), one(BUYERS, pick)
    order = _order(life, deal, buyer, quantity=life.ledger.units_left(deal.terms.offer) + 1)
    return OrderMove(Refusal.STOCK_EXCEEDED, _signed(life, buyer, order))


def _replay(life: EscrowLife, pick: int, fate: Fate) -> OrderMove | None:
    can_follow = [
        purchase
        for deal in life.open_deals()
        for purchase in deal.purchases
        if purchase.fate is fate
        and purchase.signed.r != bytes(32)
        and purchase.signed.order.valid_until >= life.town.now
        and purchase.quantity <= life.ledger.units_left(deal.terms.offer)
    ]
    if not can_follow or not _takes_orders(life):
        return None
    return OrderMove(Refusal.NONCE_USED, one(can_follow, pick).signed)


@forbidden
def order_again_by_the_same_message(life: EscrowLife, pick: int) -> OrderMove | None:
    return _replay(life, pick, Fate.KEPT)


@forbidden
def order_again_what_was_cancelled(life: EscrowLife, pick: int) -> OrderMove | None:
    return _replay(life, pick, Fate.CANCELLED)


@forbidden
def order_under_other_terms(life: EscrowLife, pick: int) -> OrderMove | None:
    """The contract takes the group's offer: whoever signed for another offer is then somebody without money."""
    deals = [deal for deal in life.open_deals() if life.ledger.units_left(deal.terms.offer) > 0]
    if not deals or not _takes_orders(life):
        return None
    buyer = one(BUYERS, pick)
    order = replace(_order(life, one(deals, pick), buyer), offer=life.hash(), nonce=0)
    return OrderMove(Refusal.UNDERFUNDED, _signed(life, buyer, order))


@forbidden
def order_without_money(life: EscrowLife, pick: int) -> OrderMove | None:
    deals = [deal for deal in life.open_deals() if life.ledger.units_left(deal.terms.offer) > 0]
    poor = [person for person in (*BUYERS, STRANGER, *MERCHANTS) if life.ledger.balance(person.account) == 0]
    if not deals or not poor or not _takes_orders(life):
        return None
    buyer = one(poor, pick)
    return OrderMove(Refusal.UNDERFUNDED, _signed(life, buyer, _order(life, one(deals, pick), buyer)))


@forbidden
def order_while_paused(life: EscrowLife, pick: int) -> Move | None:
    if _takes_orders(life):
        return None
    deal, buyer = one(list(life.ledger.groups.values()), pick), one(BUYERS, pick)
    call = calls.place_orders([(deal.group_id, [_signed(life, buyer, _order(life, deal, buyer))])])
    return Move(Refusal.PAUSED, buyer, call)


@forbidden
def runs_that_promise_more_orders(life: EscrowLife, pick: int) -> Move | None:
    if not _takes_orders(life):
        return None
    deal, buyer = one(list(life.ledger.groups.values()), pick), one(BUYERS, pick)
    call = bytearray(calls.place_orders([(deal.group_id, [_signed(life, buyer, _order(life, deal, buyer))])]))
    count_at = 4 + 32 * 2 + 32 + 32
    assert call[count_at : count_at + 32] == (1).to_bytes(32, "big")
    call[count_at + 31] = one([0, 2], pick)
    return Move(Refusal.RUNS_INVALID, buyer, bytes(call))


# --- leaving an open group ---


def _cancellation(
    life: EscrowLife, purchase: Purchase, leaf: Leaf | None = None, signer: Person | None = None
) -> bytes:
    message = CancelOrder(purchase.group.group_id, purchase.leaf.nonce)
    signature = signed_by(life, signer or purchase.buyer, message)
    return calls.cancel_order(purchase.place, leaf or purchase.leaf, purchase.siblings, signature)


def _purchase(life: EscrowLife, pick: int, deals: list[Deal], *fates: Fate) -> Purchase | None:
    found = [purchase for deal in deals for purchase in deal.purchases if purchase.fate in fates]
    return one(found, pick) if found else None


@forbidden
def cancel_an_order_twice(life: EscrowLife, pick: int) -> Move | None:
    purchase = _purchase(life, pick, life.open_deals(), Fate.CANCELLED)
    return Move(Refusal.ALREADY_LEFT, STRANGER, _cancellation(life, purchase)) if purchase else None


@forbidden
def cancel_an_order_after_the_close(life: EscrowLife, pick: int) -> Move | None:
    closed = [deal for deal in life.ledger.groups.values() if deal not in life.open_deals()]
    purchase = _purchase(life, pick, closed, *Fate)
    return Move(Refusal.GROUP_NOT_OPEN, STRANGER, _cancellation(life, purchase)) if purchase else None


@forbidden
def cancel_anothers_order(life: EscrowLife, pick: int) -> Move | None:
    purchase = _purchase(life, pick, life.open_deals(), Fate.KEPT)
    thief = one([STRANGER, ARBITER], pick)
    return Move(Refusal.SIGNATURE_INVALID, thief, _cancellation(life, purchase, signer=thief)) if purchase else None


@forbidden
def cancel_more_than_was_ordered(life: EscrowLife, pick: int) -> Move | None:
    purchase = _purchase(life, pick, life.open_deals(), Fate.KEPT)
    if purchase is None:
        return None
    leaf = replace(purchase.leaf, quantity=purchase.quantity + 1)
    return Move(Refusal.PROOF_INVALID, STRANGER, _cancellation(life, purchase, leaf))


# --- a group's life ---


@forbidden
def close_a_group_early(life: EscrowLife, pick: int) -> Move | None:
    deals = life.open_deals()
    return Move(Refusal.TOO_EARLY, STRANGER, calls.close_group(one(deals, pick).group_id)) if deals else None


@forbidden
def close_a_group_twice(life: EscrowLife, pick: int) -> Move | None:
    deal = first(life, pick, GroupStatus.CLOSED, GroupStatus.DELIVERED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_OPEN, STRANGER, calls.close_group(deal.group_id)) if deal else None


@forbidden
def fail_a_group_that_has_time(life: EscrowLife, pick: int) -> Move | None:
    deals = [deal for deal in life.deals(GroupStatus.CLOSED) if life.town.now <= deal.terms.deliver_by + GRACE]
    return Move(Refusal.TOO_EARLY, STRANGER, calls.fail_group(one(deals, pick).group_id)) if deals else None


@forbidden
def fail_a_group_that_is_not_closed(life: EscrowLife, pick: int) -> Move | None:
    deal = first(life, pick, GroupStatus.OPEN, GroupStatus.DELIVERED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_CLOSED, STRANGER, calls.fail_group(deal.group_id)) if deal else None


def _group_cancelled(life: EscrowLife, deal: Deal, signer: Person) -> bytes:
    message = CancelGroup(deal.group_id)
    return calls.cancel_group(message, signer.account, signed_by(life, signer, message))


@forbidden
def cancel_a_group_as_a_stranger(life: EscrowLife, pick: int) -> Move | None:
    deal = first(life, pick, GroupStatus.OPEN, GroupStatus.CLOSED)
    return Move(Refusal.SIGNER_NOT_ALLOWED, STRANGER, _group_cancelled(life, deal, STRANGER)) if deal else None


@forbidden
def cancel_a_closed_group_as_its_leader(life: EscrowLife, pick: int) -> Move | None:
    deals = [deal for deal in life.deals(GroupStatus.CLOSED) if deal.leader != deal.merchant]
    if not deals:
        return None
    deal = one(deals, pick)
    return Move(Refusal.GROUP_NOT_OPEN, STRANGER, _group_cancelled(life, deal, deal.leader))


@forbidden
def cancel_a_delivered_group(life: EscrowLife, pick: int) -> Move | None:
    deal = first(life, pick, GroupStatus.DELIVERED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_CLOSED, STRANGER, _group_cancelled(life, deal, deal.merchant)) if deal else None


def _delivery(life: EscrowLife, deal: Deal, named: Person, signer: Person) -> bytes:
    message = ConfirmDelivery(deal.group_id)
    return calls.confirm_delivery(message, named.account, signed_by(life, signer, message))


@forbidden
def confirm_a_delivery_as_a_stranger(life: EscrowLife, pick: int) -> Move | None:
    deal = first(life, pick, GroupStatus.CLOSED)
    return Move(Refusal.SIGNER_NOT_ALLOWED, STRANGER, _delivery(life, deal, STRANGER, STRANGER)) if deal else None


@forbidden
def confirm_a_delivery_for_the_leader(life: EscrowLife, pick: int) -> Move | None:
    deal = first(life, pick, GroupStatus.CLOSED)
    return Move(Refusal.SIGNATURE_INVALID, STRANGER, _delivery(life, deal, deal.leader, STRANGER)) if deal else None


@forbidden
def confirm_a_delivery_twice(life: EscrowLife, pick: int) -> Move | None:
    deal = first(life, pick, GroupStatus.OPEN, GroupStatus.DELIVERED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_CLOSED, STRANGER, _delivery(life, deal, deal.leader, deal.leader)) if deal else None


@forbidden
def settle_within_the_window(life: EscrowLife, pick: int) -> Move | None:
    deals = life.windows()
    return Move(Refusal.TOO_EARLY, STRANGER, calls.settle_group(one(deals, pick).group_id)) if deals else None


@forbidden
def settle_what_is_not_delivered(life: EscrowLife, pick: int) -> Move | None:
    deal = first(life, pick, GroupStatus.OPEN, GroupStatus.CLOSED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_DELIVERED, STRANGER, calls.settle_group(deal.group_id)) if deal else None


# --- refunds and rebates ---


def _run(deals: list[Deal], pick: int) -> Run | None:
    runs = [run for deal in deals for run in deal.runs]
    return one(runs, pick) if runs else None


def _refund(run: Run) -> bytes:
    return calls.refund_batch(run.place, run.leaves, run.siblings)


def _rebate(run: Run) -> bytes:
    return calls.rebate_batch(run.place, run.leaves, run.siblings)


@forbidden
def refund_a_group_that_did_not_fail(life: EscrowLife, pick: int) -> Move | None:
    statuses = (GroupStatus.OPEN, GroupStatus.CLOSED, GroupStatus.DELIVERED, GroupStatus.SETTLED)
    run = _run(life.deals(*statuses), pick)
    return Move(Refusal.GROUP_NOT_FAILED, STRANGER, _refund(run)) if run else None


@forbidden
def refund_twice(life: EscrowLife, pick: int) -> Move | None:
    done = [
        run
        for deal in life.deals(GroupStatus.FAILED)
        for run in deal.runs
        if all(purchase.fate is not Fate.KEPT for purchase in run.purchases)
    ]
    return Move(Refusal.ALREADY_DONE, STRANGER, _refund(one(done, pick))) if done else None


@forbidden
def refund_more_than_was_ordered(life: EscrowLife, pick: int) -> Move | None:
    if not life.runs_to_refund():
        return None
    run = one(life.runs_to_refund(), pick)
    leaves = [replace(run.leaves[0], quantity=run.leaves[0].quantity + 1), *run.leaves[1:]]
    return Move(Refusal.PROOF_INVALID, STRANGER, calls.refund_batch(run.place, leaves, run.siblings))


@forbidden
def refund_to_another_account(life: EscrowLife, pick: int) -> Move | None:
    if not life.runs_to_refund():
        return None
    run = one(life.runs_to_refund(), pick)
    leaves = [*run.leaves[:-1], replace(run.leaves[-1], buyer=STRANGER.account)]
    return Move(Refusal.PROOF_INVALID, STRANGER, calls.refund_batch(run.place, leaves, run.siblings))


@forbidden
def rebate_before_the_close(life: EscrowLife, pick: int) -> Move | None:
    run = _run(life.deals(GroupStatus.OPEN, GroupStatus.FAILED), pick)
    return Move(Refusal.GROUP_NOT_CLOSED, STRANGER, _rebate(run)) if run else None


@forbidden
def rebate_twice_or_without_a_lower_price(life: EscrowLife, pick: int) -> Move | None:
    due = [id(run) for run in life.runs_to_rebate()]
    deals = life.deals(GroupStatus.CLOSED, GroupStatus.DELIVERED, GroupStatus.SETTLED)
    done = [run for deal in deals for run in deal.runs if id(run) not in due]
    return Move(Refusal.ALREADY_DONE, STRANGER, _rebate(one(done, pick))) if done else None


# --- cases ---


def _opening(life: EscrowLife, purchase: Purchase, kind: int, asked: int, signer: Person | None = None) -> bytes:
    message = OpenCase(purchase.group.group_id, purchase.leaf.nonce, kind, asked, life.hash())
    signature = signed_by(life, signer or purchase.buyer, message)
    return calls.open_case(purchase.place, purchase.leaf, purchase.siblings, message, signature)


def _in_window(life: EscrowLife, pick: int) -> Purchase | None:
    return _purchase(life, pick, life.windows(), Fate.KEPT)


@forbidden
def open_a_case_before_or_long_after_delivery(life: EscrowLife, pick: int) -> Move | None:
    others = life.deals(GroupStatus.OPEN, GroupStatus.CLOSED, GroupStatus.SETTLED, GroupStatus.FAILED)
    purchase = _purchase(life, pick, others, *Fate)
    return (
        Move(Refusal.GROUP_NOT_DELIVERED, STRANGER, _opening(life, purchase, CaseKind.CLAIM, 1)) if purchase else None
    )


@forbidden
def open_a_case_after_the_window(life: EscrowLife, pick: int) -> Move | None:
    purchase = _purchase(life, pick, life.to_settle(), Fate.KEPT)
    return Move(Refusal.WINDOW_OVER, STRANGER, _opening(life, purchase, CaseKind.CLAIM, 1)) if purchase else None


@forbidden
def open_a_second_case(life: EscrowLife, pick: int) -> Move | None:
    purchase = _purchase(life, pick, life.windows(), Fate.IN_CASE, Fate.CANCELLED)
    return Move(Refusal.ALREADY_LEFT, STRANGER, _opening(life, purchase, CaseKind.CLAIM, 1)) if purchase else None


@forbidden
def ask_more_than_was_paid(life: EscrowLife, pick: int) -> Move | None:
    purchase = _in_window(life, pick)
    asked = purchase.amount + 1 if purchase else 0
    return Move(Refusal.ASKED_INVALID, STRANGER, _opening(life, purchase, CaseKind.CLAIM, asked)) if purchase else None


@forbidden
def return_for_part_of_the_price(life: EscrowLife, pick: int) -> Move | None:
    purchase = _in_window(life, pick)
    if purchase is None or purchase.amount < 2 or purchase.group.offer.window_kind != WindowKind.NO_REASON:
        return None
    call = _opening(life, purchase, CaseKind.RETURN, purchase.amount - 1)
    return Move(Refusal.ASKED_INVALID, STRANGER, call)


@forbidden
def return_what_the_offer_does_not_take_back(life: EscrowLife, pick: int) -> Move | None:
    purchase = _in_window(life, pick)
    if purchase is None or purchase.group.offer.window_kind == WindowKind.NO_REASON:
        return None
    call = _opening(life, purchase, CaseKind.RETURN, purchase.amount)
    return Move(Refusal.RETURN_NOT_ADMITTED, STRANGER, call)


@forbidden
def open_a_case_of_no_kind(life: EscrowLife, pick: int) -> Move | None:
    purchase = _in_window(life, pick)
    return Move(Refusal.KIND_INVALID, STRANGER, _opening(life, purchase, one([0, 3], pick), 1)) if purchase else None


@forbidden
def open_anothers_case(life: EscrowLife, pick: int) -> Move | None:
    purchase = _in_window(life, pick)
    thief = one([STRANGER, ARBITER], pick)
    return (
        Move(Refusal.SIGNATURE_INVALID, thief, _opening(life, purchase, CaseKind.CLAIM, 1, thief)) if purchase else None
    )


def _dispute(disputes: list[Dispute], pick: int) -> Dispute | None:
    return one(disputes, pick) if disputes else None


def _answer(life: EscrowLife, dispute: Dispute, accepted: bool, signer: Person, named: Person | None = None) -> bytes:
    message = AnswerCase(dispute.case_id, accepted)
    return calls.answer_case(message, (named or signer).account, signed_by(life, signer, message))


@forbidden
def answer_a_case_as_a_stranger(life: EscrowLife, pick: int) -> Move | None:
    dispute = _dispute(life.disputes(Stage.OPENED, late=False), pick)
    return Move(Refusal.SIGNER_NOT_ALLOWED, STRANGER, _answer(life, dispute, True, STRANGER)) if dispute else None


@forbidden
def reject_a_case_for_the_merchant(life: EscrowLife, pick: int) -> Move | None:
    dispute = _dispute(life.disputes(Stage.OPENED, late=False), pick)
    if dispute is None:
        return None
    call = _answer(life, dispute, False, STRANGER, named=dispute.purchase.group.merchant)
    return Move(Refusal.SIGNATURE_INVALID, STRANGER, call)


@forbidden
def reject_a_case_as_its_leader(life: EscrowLife, pick: int) -> Move | None:
    found = [
        dispute
        for dispute in life.disputes(Stage.OPENED, late=False)
        if dispute.purchase.group.leader != dispute.purchase.group.merchant
    ]
    dispute = _dispute(found, pick)
    if dispute is None:
        return None
    return Move(Refusal.SIGNER_NOT_ALLOWED, STRANGER, _answer(life, dispute, False, dispute.purchase.group.leader))


@forbidden
def answer_a_case_too_late(life: EscrowLife, pick: int) -> Move | None:
    dispute = _dispute(life.disputes(Stage.OPENED, late=True), pick)
    if dispute is None:
        return None
    return Move(Refusal.TOO_LATE, STRANGER, _answer(life, dispute, False, dispute.purchase.group.merchant))


@forbidden
def answer_a_case_twice(life: EscrowLife, pick: int) -> Move | None:
    answered = [found for found in life.ledger.disputes.values() if found.stage is not Stage.OPENED]
    dispute = _dispute(answered, pick)
    if dispute is None:
        return None
    return Move(Refusal.CASE_NOT_OPEN, STRANGER, _answer(life, dispute, True, dispute.purchase.group.merchant))


def _ruling(life: EscrowLife, dispute: Dispute, award: int, signer: Person) -> bytes:
    message = RuleCase(dispute.case_id, award)
    return calls.rule_case(message, signed_by(life, signer, message))


@forbidden
def rule_a_case_that_was_not_rejected(life: EscrowLife, pick: int) -> Move | None:
    others = [found for found in life.ledger.disputes.values() if found.stage is not Stage.REJECTED]
    dispute = _dispute(others, pick)
    return Move(Refusal.CASE_NOT_REJECTED, STRANGER, _ruling(life, dispute, 0, ARBITER)) if dispute else None


@forbidden
def award_more_than_was_asked(life: EscrowLife, pick: int) -> Move | None:
    dispute = _dispute(life.disputes(Stage.REJECTED, late=False), pick)
    award = dispute.asked + 1 if dispute else 0
    return Move(Refusal.AWARD_EXCEEDED, STRANGER, _ruling(life, dispute, award, ARBITER)) if dispute else None


@forbidden
def rule_a_case_as_its_merchant(life: EscrowLife, pick: int) -> Move | None:
    dispute = _dispute(life.disputes(Stage.REJECTED, late=False), pick)
    if dispute is None:
        return None
    call = _ruling(life, dispute, 0, dispute.purchase.group.merchant)
    return Move(Refusal.SIGNATURE_INVALID, STRANGER, call)


@forbidden
def rule_a_case_too_late(life: EscrowLife, pick: int) -> Move | None:
    dispute = _dispute(life.disputes(Stage.REJECTED, late=True), pick)
    return Move(Refusal.TOO_LATE, STRANGER, _ruling(life, dispute, 0, ARBITER)) if dispute else None


@forbidden
def resolve_a_case_that_has_time(life: EscrowLife, pick: int) -> Move | None:
    dispute = _dispute(life.disputes(Stage.OPENED, Stage.REJECTED, late=False), pick)
    return Move(Refusal.TOO_EARLY, STRANGER, calls.resolve_case(dispute.case_id)) if dispute else None


@forbidden
def resolve_a_case_twice(life: EscrowLife, pick: int) -> Move | None:
    closed = [found for found in life.ledger.disputes.values() if found.stage is Stage.CLOSED]
    dispute = _dispute(closed, pick)
    return Move(Refusal.CASE_NOT_OPEN, STRANGER, calls.resolve_case(dispute.case_id)) if dispute else None


# --- pauses ---


@forbidden
def pause_as_a_stranger(life: EscrowLife, pick: int) -> Move:
    return Move(Refusal.SIGNER_NOT_ALLOWED, one([STRANGER, ARBITER, *MERCHANTS], pick), calls.pause(DAY))


@forbidden
def pause_twice(life: EscrowLife, pick: int) -> Move | None:
    spent = PAUSERS[: len(life.ledger.pauses)]
    return Move(Refusal.SIGNER_NOT_ALLOWED, one(spent, pick), calls.pause(DAY)) if spent else None


@forbidden
def pause_for_too_long(life: EscrowLife, pick: int) -> Move | None:
    left = life.pausers_left()
    return Move(Refusal.PAUSE_INVALID, left[0], calls.pause(one([0, PAUSE_MAX + 1], pick))) if left else None


FOLLOW_UPS = {
    "deposit": ["deposit for nobody", "deposit nothing"],
    "withdraw": ["withdraw more than one has", "withdraw into the escrow", "withdraw what another owns"],
    "withdraw_signed": [
        "withdraw after the message expired",
        "withdraw more than was signed",
        "withdraw with a far nonce",
        "withdraw with a used nonce",
    ],
    "bump_nonce": ["bump the nonce backwards", "bump the nonce of another", "bump the nonce too far"],
    "publish_offer": [
        "publish a ladder that rises",
        "publish an offer twice",
        "publish another merchants offer",
        "publish shares above the cap",
    ],
    "open_groups": ["close a group early", "cancel a group as a stranger", "rebate before the close"],
    "place_orders": [
        "order again by the same message",
        "order over the stock",
        "order under other terms",
        "order without money",
        "runs that promise more orders",
        "cancel anothers order",
        "cancel more than was ordered",
    ],
    "cancel_order": ["cancel an order twice", "order again what was cancelled"],
    "close_group": [
        "cancel a closed group as its leader",
        "cancel an order after the close",
        "close a group twice",
        "confirm a delivery as a stranger",
        "confirm a delivery for the leader",
        "fail a group that has time",
        "order in a group that is not open",
        "refund a group that did not fail",
        "settle what is not delivered",
    ],
    "cancel_group": ["fail a group that is not closed", "refund more than was ordered", "refund to another account"],
    "refund_batch": ["refund twice"],
    "rebate_batch": ["rebate twice or without a lower price"],
    "confirm_delivery": [
        "cancel a delivered group",
        "confirm a delivery twice",
        "open a case of no kind",
        "ask more than was paid",
        "open anothers case",
        "return for part of the price",
        "return what the offer does not take back",
        "settle within the window",
    ],
    "open_case": [
        "answer a case as a stranger",
        "open a second case",
        "reject a case as its leader",
        "reject a case for the merchant",
        "resolve a case that has time",
        "return for part of the price",
        "return what the offer does not take back",
        "rule a case that was not rejected",
    ],
    "answer_case": ["answer a case twice", "award more than was asked", "rule a case as its merchant"],
    "resolve_case": ["resolve a case twice"],
    "rule_case": ["resolve a case twice"],
    "settle_group": ["open a case before or long after delivery"],
    "pause": ["order while paused", "pause as a stranger", "pause for too long", "pause twice"],
    "wait_for_deadline": ["answer a case too late", "open a case after the window", "rule a case too late"],
    "everything_runs_out": ["answer a case too late", "open a case after the window", "rule a case too late"],
}
"""What is most tempting just after something was done; names of attempts by the name of the rule."""


assert {name for names in FOLLOW_UPS.values() for name in names} == ATTEMPTS.keys()


class EscrowLifeWithForbiddenMoves(EscrowLife):
    @rule(names=st.lists(st.sampled_from(sorted(ATTEMPTS)), min_size=2, max_size=5, unique=True), pick=picks)
    def try_what_is_forbidden(self, names: list[str], pick: int) -> None:
        for name in names:
            self._try(name, pick)

    def afterwards(self, what: str) -> None:
        for name in FOLLOW_UPS.get(what, []):
            self._try(name, pick=-1)

    def _try(self, name: str, pick: int) -> None:
        """Try the named move, if there is an occasion for it now."""
        move = ATTEMPTS[name](self, pick)
        if move is None:
            return
        if isinstance(move, Move):
            assert self.town.refusal(move.sender, move.call) == move.refusal, name
        else:
            call = calls.place_orders([(move.signed.order.group, [move.signed])])
            placed = only(self.town.act(STRANGER, call), OrdersPlaced)
            assert placed == OrdersPlaced(0, bytes(32), (), (), (RefusedAt(0, move.refusal),)), name
        TALLY.note(f"forbidden: {name}", has_succeeded=True)
