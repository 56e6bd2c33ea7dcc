"""What nobody may do with a group, and who may not; refunds and rebates that are not due."""

from dataclasses import replace

from pinlian.chain import escrow as calls
from pinlian.domain.group import GroupStatus
from pinlian.domain.messages import CancelGroup, ConfirmDelivery
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.escrow_life import EscrowLife
from tests.contracts.stateful.forbidden.moves import Attempts, Move, any_deal, signed_by
from tests.contracts.stateful.ledger import GRACE, Deal, Fate, Run
from tests.contracts.stateful.life import one
from tests.contracts.stateful.people import STRANGER, Person

forbidden = Attempts()


@forbidden
def close_a_group_early(life: EscrowLife, pick: int) -> Move | None:
    deals = life.open_deals()
    return Move(Refusal.TOO_EARLY, STRANGER, calls.close_group(one(deals, pick).group_id)) if deals else None


@forbidden
def close_a_group_twice(life: EscrowLife, pick: int) -> Move | None:
    deal = any_deal(life, pick, GroupStatus.CLOSED, GroupStatus.DELIVERED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_OPEN, STRANGER, calls.close_group(deal.group_id)) if deal else None


@forbidden
def fail_a_group_that_has_time(life: EscrowLife, pick: int) -> Move | None:
    deals = [deal for deal in life.deals(GroupStatus.CLOSED) if life.town.now <= deal.terms.deliver_by + GRACE]
    return Move(Refusal.TOO_EARLY, STRANGER, calls.fail_group(one(deals, pick).group_id)) if deals else None


@forbidden
def fail_a_group_that_is_not_closed(life: EscrowLife, pick: int) -> Move | None:
    deal = any_deal(life, pick, GroupStatus.OPEN, GroupStatus.DELIVERED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_CLOSED, STRANGER, calls.fail_group(deal.group_id)) if deal else None


def _group_cancelled(life: EscrowLife, deal: Deal, signer: Person) -> bytes:
    message = CancelGroup(deal.group_id)
    return calls.cancel_group(message, signer.account, signed_by(life, signer, message))


@forbidden
def cancel_a_group_as_a_stranger(life: EscrowLife, pick: int) -> Move | None:
    deal = any_deal(life, pick, GroupStatus.OPEN, GroupStatus.CLOSED)
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
    deal = any_deal(life, pick, GroupStatus.DELIVERED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_CLOSED, STRANGER, _group_cancelled(life, deal, deal.merchant)) if deal else None


def _delivery(life: EscrowLife, deal: Deal, named: Person, signer: Person) -> bytes:
    message = ConfirmDelivery(deal.group_id)
    return calls.confirm_delivery(message, named.account, signed_by(life, signer, message))


@forbidden
def confirm_a_delivery_as_a_stranger(life: EscrowLife, pick: int) -> Move | None:
    deal = any_deal(life, pick, GroupStatus.CLOSED)
    return Move(Refusal.SIGNER_NOT_ALLOWED, STRANGER, _delivery(life, deal, STRANGER, STRANGER)) if deal else None


@forbidden
def confirm_a_delivery_for_the_leader(life: EscrowLife, pick: int) -> Move | None:
    deal = any_deal(life, pick, GroupStatus.CLOSED)
    return Move(Refusal.SIGNATURE_INVALID, STRANGER, _delivery(life, deal, deal.leader, STRANGER)) if deal else None


@forbidden
def confirm_a_delivery_twice(life: EscrowLife, pick: int) -> Move | None:
    deal = any_deal(life, pick, GroupStatus.OPEN, GroupStatus.DELIVERED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_CLOSED, STRANGER, _delivery(life, deal, deal.leader, deal.leader)) if deal else None


@forbidden
def settle_within_the_window(life: EscrowLife, pick: int) -> Move | None:
    deals = life.windows()
    return Move(Refusal.TOO_EARLY, STRANGER, calls.settle_group(one(deals, pick).group_id)) if deals else None


@forbidden
def settle_what_is_not_delivered(life: EscrowLife, pick: int) -> Move | None:
    deal = any_deal(life, pick, GroupStatus.OPEN, GroupStatus.CLOSED, GroupStatus.SETTLED, GroupStatus.FAILED)
    return Move(Refusal.GROUP_NOT_DELIVERED, STRANGER, calls.settle_group(deal.group_id)) if deal else None


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
