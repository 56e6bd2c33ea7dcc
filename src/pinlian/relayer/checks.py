"""Whether the chain would take a message now: the contract's own conditions, on the indexed state less what waits.

Every check raises Refused with the contract's name for the reason, so that a user reads one text wherever it is found.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from pinlian.chain.typed_data import hash_struct
from pinlian.domain.account import AccountState, bump_refusal, nonce_refusal
from pinlian.domain.case import CaseState, answer_refusal, opening_refusal, ruling_refusal
from pinlian.domain.group import Group, GroupStatus, check_group, window_ends_at
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
from pinlian.domain.offer import EMPTY_ACCOUNT, Offer, check_offer
from pinlian.domain.order import Order, order_refusal
from pinlian.domain.pause import PauseState, clock, is_paused
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.candidate import Candidate, taken_by
from pinlian.relayer.chain_view import ChainView, GroupView, OfferView, OrderView


@dataclass(slots=True)
class Reserved:
    """What an account's waiting messages will take: minor units, nonces, and nonces that a waiting bump voids."""

    amount: int = 0
    nonces: set[int] = field(default_factory=set)
    bumped_to: int = 0


@dataclass(slots=True)
class Picture:
    """The state that one round of intake is checked against; `take` adds what was accepted in this round.

    `now` is the chain's time in Unix seconds at which an accepted message can be expected before the contract.
    """

    now: int
    escrow: bytes
    view: ChainView
    pause: PauseState
    accounts: dict[bytes, AccountState]
    offers: dict[bytes, OfferView]
    groups: dict[bytes, GroupView]
    reserved: dict[bytes, Reserved]
    reserved_units: dict[bytes, int]

    def group(self, group: bytes) -> GroupView:
        """The group, which the message must name rightly."""
        found = self.groups.get(group)
        if found is None:
            raise Refused(Refusal.GROUP_UNKNOWN, "group")
        return found

    def offer_of(self, group: GroupView) -> OfferView:
        """The group's offer; the chain has it, or the group would not be there."""
        return self.offers[group.offer]

    def order(self, group: bytes, buyer: bytes, nonce: int) -> OrderView:
        """A placed order that is still in."""
        found = self.view.order(group, buyer, nonce)
        if found is None:
            raise Refused(Refusal.ORDER_UNKNOWN, "order_nonce")
        if found.has_left:
            raise Refused(Refusal.ALREADY_LEFT, "order_nonce")
        return found

    def case(self, case_id: bytes) -> tuple[CaseState, GroupView]:
        """A case and its group."""
        found = self.view.case(case_id)
        if found is None:
            raise Refused(Refusal.CASE_UNKNOWN, "case_id")
        group = self.view.groups([found.group])[found.group]
        self.offers.update(self.view.offers([group.offer]))
        return found, group

    def account(self, signer: bytes) -> AccountState:
        """The account less what is reserved of its balance."""
        state = self.accounts.get(signer, AccountState())
        reserved = self.reserved.get(signer, Reserved())
        return AccountState(state.balance - reserved.amount, state.nonce_base, state.nonce_bitmap)

    def units_left(self, offer: bytes) -> int:
        """The offer's stock less what is sold or reserved."""
        view = self.offers[offer]
        return view.stock_cap - view.units_sold - self.reserved_units.get(offer, 0)

    def check_nonce_unreserved(self, signer: bytes, nonce: int) -> None:
        """Nonces of waiting messages count as used. The base does not move: batches do not keep their order."""
        reserved = self.reserved.get(signer)
        if reserved is not None and (nonce in reserved.nonces or nonce < reserved.bumped_to):
            raise Refused(Refusal.NONCE_USED, "nonce", "a message with this nonce is on its way")

    def take(self, candidate: Candidate) -> None:
        """Reserve what an accepted message will take."""
        taken = taken_by(candidate.message)
        reserved = self.reserved.setdefault(candidate.signer, Reserved())
        reserved.amount += taken.amount
        if taken.nonce is not None:
            reserved.nonces.add(taken.nonce)
        if isinstance(candidate.message, BumpNonce):
            reserved.bumped_to = max(reserved.bumped_to, candidate.message.nonce_base)
        if taken.quantity:
            self.reserved_units[taken.offer] = self.reserved_units.get(taken.offer, 0) + taken.quantity


def _refuse(refusal: Refusal | None, fields: dict[Refusal, str]) -> None:
    if refusal is not None:
        raise Refused(refusal, fields.get(refusal))


_ORDER_FIELDS = {
    Refusal.GROUP_UNKNOWN: "group",
    Refusal.GROUP_NOT_OPEN: "group",
    Refusal.QUANTITY_ZERO: "quantity",
    Refusal.STOCK_EXCEEDED: "quantity",
    Refusal.ORDER_EXPIRED: "valid_until",
    Refusal.VALID_TOO_LONG: "valid_until",
    Refusal.WRONG_TERMS: "offer",
    Refusal.WRONG_AMOUNT: "amount",
    Refusal.UNDERFUNDED: "amount",
    Refusal.NONCE_USED: "nonce",
    Refusal.NONCE_TOO_FAR: "nonce",
}


def _check_order(order: Order, signer: bytes, picture: Picture) -> None:
    if is_paused(picture.pause, picture.now):
        raise Refused(Refusal.PAUSED)
    group = picture.groups.get(order.group)
    refusal = order_refusal(
        order,
        now=picture.now,
        group=group.state if group else None,
        group_offer=group.offer if group else b"",
        first_price=picture.offer_of(group).ladder[0].price if group else 0,
        units_left=picture.units_left(group.offer) if group else 0,
        account=picture.account(signer),
    )
    if refusal in (None, Refusal.UNDERFUNDED):
        picture.check_nonce_unreserved(signer, order.nonce)
    _refuse(refusal, _ORDER_FIELDS)


def _check_offer(offer: Offer, signer: bytes, picture: Picture) -> None:
    for refusal in check_offer(offer):
        raise Refused(refusal)
    if offer.merchant != signer:
        raise Refused(Refusal.SIGNATURE_INVALID, "merchant", "not the signer")
    if picture.view.offers([hash_struct(offer)]):
        raise Refused(Refusal.OFFER_EXISTS)


def _check_group(group: Group, signer: bytes, picture: Picture) -> None:
    if picture.view.groups([hash_struct(group)]):
        raise Refused(Refusal.GROUP_EXISTS)
    if not picture.view.offers([group.offer]):
        raise Refused(Refusal.OFFER_UNKNOWN, "offer")
    for refusal in check_group(group, picture.now):
        raise Refused(refusal, "units_min" if refusal == Refusal.UNITS_MIN_INVALID else "closes_at")
    if group.leader != signer:
        raise Refused(Refusal.SIGNATURE_INVALID, "leader", "not the signer")


def _check_cancel_order(message: CancelOrder, signer: bytes, picture: Picture) -> None:
    state = picture.group(message.group).state
    if state.status != GroupStatus.OPEN or picture.now >= state.closes_at:
        raise Refused(Refusal.GROUP_NOT_OPEN, "group")
    picture.order(message.group, signer, message.order_nonce)


def _check_bump_nonce(message: BumpNonce, signer: bytes, picture: Picture) -> None:
    _refuse(
        bump_refusal(picture.account(signer), message.nonce_base),
        {Refusal.NONCE_USED: "nonce_base", Refusal.NONCE_TOO_FAR: "nonce_base"},
    )


def _check_withdraw(message: Withdraw, signer: bytes, picture: Picture) -> None:
    if picture.now > message.valid_until:
        raise Refused(Refusal.MESSAGE_EXPIRED, "valid_until")
    account = picture.account(signer)
    _refuse(nonce_refusal(account, message.nonce), {Refusal.NONCE_USED: "nonce", Refusal.NONCE_TOO_FAR: "nonce"})
    picture.check_nonce_unreserved(signer, message.nonce)
    if message.to in (EMPTY_ACCOUNT, picture.escrow):
        raise Refused(Refusal.ACCOUNT_EMPTY, "to")
    if message.amount == 0:
        raise Refused(Refusal.AMOUNT_ZERO, "amount")
    if account.balance < message.amount:
        raise Refused(Refusal.UNDERFUNDED, "amount")


def _check_cancel_group(message: CancelGroup, signer: bytes, picture: Picture) -> None:
    group = picture.group(message.group)
    if signer == group.leader:
        if group.state.status != GroupStatus.OPEN:
            raise Refused(Refusal.GROUP_NOT_OPEN, "group")
        return
    if signer != picture.offer_of(group).merchant:
        raise Refused(Refusal.SIGNER_NOT_ALLOWED, "signer")
    if group.state.status not in (GroupStatus.OPEN, GroupStatus.CLOSED):
        raise Refused(Refusal.GROUP_NOT_CLOSED, "group")


def _check_confirm_delivery(message: ConfirmDelivery, signer: bytes, picture: Picture) -> None:
    group = picture.group(message.group)
    if group.state.status != GroupStatus.CLOSED:
        raise Refused(Refusal.GROUP_NOT_CLOSED, "group")
    if signer not in (group.leader, picture.offer_of(group).arbiter):
        raise Refused(Refusal.SIGNER_NOT_ALLOWED, "signer")


def _check_open_case(message: OpenCase, signer: bytes, picture: Picture) -> None:
    group = picture.group(message.group)
    offer = picture.offer_of(group)
    if group.state.status != GroupStatus.DELIVERED:
        raise Refused(Refusal.GROUP_NOT_DELIVERED, "group")
    if clock(picture.pause, picture.now) > window_ends_at(group.state, offer.window_seconds):
        raise Refused(Refusal.WINDOW_OVER, "group")
    order = picture.order(message.group, signer, message.order_nonce)
    amount = order.quantity * offer.ladder[group.state.step].price
    _refuse(
        opening_refusal(message.kind, message.asked, amount, offer.window_kind),
        {Refusal.ASKED_INVALID: "asked", Refusal.RETURN_NOT_ADMITTED: "kind", Refusal.KIND_INVALID: "kind"},
    )


def _check_answer_case(message: AnswerCase, signer: bytes, picture: Picture) -> None:
    case, group = picture.case(message.case_id)
    refusal = answer_refusal(
        case,
        accepted=message.accepted,
        signer=signer,
        merchant=picture.offer_of(group).merchant,
        leader=group.leader,
        now=picture.now,
    )
    _refuse(refusal, {Refusal.SIGNER_NOT_ALLOWED: "signer"})


def _check_rule_case(message: RuleCase, signer: bytes, picture: Picture) -> None:
    case, group = picture.case(message.case_id)
    _refuse(ruling_refusal(case, message.award, picture.now), {Refusal.AWARD_EXCEEDED: "award"})
    if signer != picture.offer_of(group).arbiter:
        raise Refused(Refusal.SIGNER_NOT_ALLOWED, "signer")


_CHECKS: dict[type, Callable[[Any, bytes, Picture], None]] = {
    Order: _check_order,
    Offer: _check_offer,
    Group: _check_group,
    CancelOrder: _check_cancel_order,
    BumpNonce: _check_bump_nonce,
    Withdraw: _check_withdraw,
    CancelGroup: _check_cancel_group,
    ConfirmDelivery: _check_confirm_delivery,
    OpenCase: _check_open_case,
    AnswerCase: _check_answer_case,
    RuleCase: _check_rule_case,
}


def check(candidate: Candidate, picture: Picture) -> None:
    """Refuse what the chain would refuse now, or would after what already waits.

    Raises:
        Refused: with the contract's reason, or WRONG_TERMS, WRONG_AMOUNT, VALID_TOO_LONG, ORDER_UNKNOWN, CASE_UNKNOWN.
    """
    _CHECKS[type(candidate.message)](candidate.message, candidate.signer, picture)
