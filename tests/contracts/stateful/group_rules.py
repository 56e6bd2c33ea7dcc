"""A group from its close to the payout, or to the refund."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pinlian.chain import escrow as calls
from pinlian.domain.chain_events import (
    ChainEvent,
    GroupClosed,
    GroupDelivered,
    GroupFailed,
    GroupSettled,
    RunRebated,
    RunRefunded,
)
from pinlian.domain.group import FailReason, GroupStatus
from pinlian.domain.messages import CancelGroup, ConfirmDelivery
from tests.contracts.stateful.drafts import picks
from tests.contracts.stateful.ledger import GRACE, Deal, Fate, Purchase, Run
from tests.contracts.stateful.life import Life, one, seldom
from tests.contracts.stateful.people import ARBITER, EVERYBODY, Person
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import only


class GroupRules(Life):
    def _failed(self, deal: Deal, events: list[ChainEvent], reason: FailReason) -> None:
        assert events == [GroupFailed(deal.group_id, deal.units_ordered, reason)]
        deal.status = GroupStatus.FAILED

    @seldom("cancel_group")
    @precondition(lambda self: len(self.deals(GroupStatus.OPEN, GroupStatus.CLOSED)) > 1)
    @rule(pick=picks, own=picks)
    @TALLY.counted
    def cancel_group(self, pick: int, own: int) -> bool:
        deal = one(self.deals(GroupStatus.OPEN, GroupStatus.CLOSED), pick)
        by_leader = deal.status == GroupStatus.OPEN and pick // 7 % 2
        signer = deal.leader if by_leader else deal.merchant
        message = CancelGroup(deal.group_id)
        sender, signature = self.authorise(signer, message, own)
        events = self.town.act(sender, calls.cancel_group(message, signer.account, signature))
        self._failed(deal, events, FailReason.CANCELLED)
        return True

    def to_close(self) -> list[Deal]:
        return [deal for deal in self.deals(GroupStatus.OPEN) if self.town.now >= deal.terms.closes_at]

    @precondition(lambda self: self.to_close())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def close_group(self, pick: int, sender: Person) -> bool:
        self._close(one(self.to_close(), pick), sender)
        return True

    def _close(self, deal: Deal, sender: Person) -> None:
        units = deal.units_ordered
        events = self.town.act(sender, calls.close_group(deal.group_id))
        if units < deal.terms.units_min:
            self._failed(deal, events, FailReason.UNITS_MIN)
            return
        step = max(number for number, step in enumerate(deal.offer.ladder) if number == 0 or units >= step.units_min)
        deal.status = GroupStatus.CLOSED
        deal.price = deal.offer.ladder[step].price
        assert events == [GroupClosed(deal.group_id, units, step, deal.price)]

    def to_fail(self) -> list[Deal]:
        return [deal for deal in self.deals(GroupStatus.CLOSED) if self.town.now > deal.terms.deliver_by + GRACE]

    @precondition(lambda self: self.to_fail())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def fail_group(self, pick: int, sender: Person) -> bool:
        self._fail(one(self.to_fail(), pick), sender)
        return True

    def _fail(self, deal: Deal, sender: Person) -> None:
        self._failed(deal, self.town.act(sender, calls.fail_group(deal.group_id)), FailReason.UNDELIVERED)

    @precondition(lambda self: self.deals(GroupStatus.CLOSED))
    @rule(pick=picks, own=picks)
    @TALLY.counted
    def confirm_delivery(self, pick: int, own: int) -> bool:
        deal = one(self.deals(GroupStatus.CLOSED), pick)
        by_arbiter = deal.offer.arbiter != bytes(20) and pick // 7 % 3 == 0
        self._deliver(deal, ARBITER if by_arbiter else deal.leader, own)
        return True

    def _deliver(self, deal: Deal, signer: Person, own: int) -> None:
        message = ConfirmDelivery(deal.group_id)
        sender, signature = self.authorise(signer, message, own)
        events = self.town.act(sender, calls.confirm_delivery(message, signer.account, signature))
        deal.delivered_at = self.ledger.clock(self.town.now)
        deal.status = GroupStatus.DELIVERED
        assert events == [GroupDelivered(deal.group_id, deal.delivered_at)]

    def to_settle(self) -> list[Deal]:
        return [
            deal for deal in self.deals(GroupStatus.DELIVERED) if not self.ledger.window_is_open(deal, self.town.now)
        ]

    @precondition(lambda self: self.to_settle())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def settle_group(self, pick: int, sender: Person) -> bool:
        self._settle(one(self.to_settle(), pick), sender)
        return True

    def _settle(self, deal: Deal, sender: Person) -> None:
        events = self.town.act(sender, calls.settle_group(deal.group_id))
        kept = self.purchases([deal])
        amount = sum(purchase.amount for purchase in kept)
        units = sum(purchase.quantity for purchase in kept)
        assert events[0] == GroupSettled(deal.group_id, units, amount)
        self._released(deal, events[1:], amount)
        deal.status = GroupStatus.SETTLED

    def _give_back(self, run: Run, sender: Person) -> None:
        fresh = [purchase for purchase in run.purchases if purchase.fate is Fate.KEPT]
        total = sum(purchase.in_escrow for purchase in fresh)
        event = only(self.town.act(sender, calls.refund_batch(run.place, run.leaves, run.siblings)), RunRefunded)
        assert (event.amount, event.marks) == (total, _marks(fresh))
        for purchase in fresh:
            self.ledger.credit(purchase.buyer.account, purchase.in_escrow)
            purchase.fate = Fate.REFUNDED

    @precondition(lambda self: self.runs_to_refund())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def refund_batch(self, pick: int, sender: Person) -> bool:
        self._give_back(one(self.runs_to_refund(), pick), sender)
        return True

    def _rebate(self, run: Run, sender: Person) -> None:
        fresh = [purchase for purchase in run.purchases if purchase.fate is Fate.KEPT and not purchase.is_rebated]
        event = only(self.town.act(sender, calls.rebate_batch(run.place, run.leaves, run.siblings)), RunRebated)
        assert (event.amount, event.marks) == (sum(purchase.rebate for purchase in fresh), _marks(fresh))
        for purchase in fresh:
            self.ledger.credit(purchase.buyer.account, purchase.rebate)
            purchase.is_rebated = True

    @precondition(lambda self: self.runs_to_rebate())
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def rebate_batch(self, pick: int, sender: Person) -> bool:
        self._rebate(one(self.runs_to_rebate(), pick), sender)
        return True


def _marks(purchases: list[Purchase]) -> int:
    return sum(1 << purchase.place.index for purchase in purchases)
