"""What nobody may ask, answer or rule."""

from pinlian.chain import escrow as calls
from pinlian.domain.case import CaseKind
from pinlian.domain.group import GroupStatus
from pinlian.domain.messages import AnswerCase, OpenCase, RuleCase
from pinlian.domain.offer import WindowKind
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.escrow_life import EscrowLife
from tests.contracts.stateful.forbidden.moves import Attempts, Move, any_purchase, signed_by
from tests.contracts.stateful.ledger import Dispute, Fate, Purchase, Stage
from tests.contracts.stateful.life import one
from tests.contracts.stateful.people import ARBITER, STRANGER, Person

forbidden = Attempts()


def _opening(life: EscrowLife, purchase: Purchase, kind: int, asked: int, signer: Person | None = None) -> bytes:
    message = OpenCase(purchase.group.group_id, purchase.leaf.nonce, kind, asked, life.hash())
    signature = signed_by(life, signer or purchase.buyer, message)
    return calls.open_case(purchase.place, purchase.leaf, purchase.siblings, message, signature)


def _in_window(life: EscrowLife, pick: int) -> Purchase | None:
    return any_purchase(life, pick, life.windows(), Fate.KEPT)


@forbidden
def open_a_case_before_or_long_after_delivery(life: EscrowLife, pick: int) -> Move | None:
    others = life.deals(GroupStatus.OPEN, GroupStatus.CLOSED, GroupStatus.SETTLED, GroupStatus.FAILED)
    purchase = any_purchase(life, pick, others, *Fate)
    return (
        Move(Refusal.GROUP_NOT_DELIVERED, STRANGER, _opening(life, purchase, CaseKind.CLAIM, 1)) if purchase else None
    )


@forbidden
def open_a_case_after_the_window(life: EscrowLife, pick: int) -> Move | None:
    purchase = any_purchase(life, pick, life.to_settle(), Fate.KEPT)
    return Move(Refusal.WINDOW_OVER, STRANGER, _opening(life, purchase, CaseKind.CLAIM, 1)) if purchase else None


@forbidden
def open_a_second_case(life: EscrowLife, pick: int) -> Move | None:
    purchase = any_purchase(life, pick, life.windows(), Fate.IN_CASE, Fate.CANCELLED)
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
