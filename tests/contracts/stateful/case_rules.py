"""Returns and claims."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pinlian.chain import escrow as calls
from pinlian.domain.case import CaseKind, Decided, case_id
from pinlian.domain.chain_events import CaseClosed, CaseOpened, CaseRejected, ChainEvent
from pinlian.domain.messages import AnswerCase, OpenCase, RuleCase
from pinlian.domain.offer import WindowKind
from tests.contracts.stateful.drafts import picks, shares
from tests.contracts.stateful.ledger import ANSWER, RULING, Dispute, Fate, Purchase, Stage
from tests.contracts.stateful.life import Life, one
from tests.contracts.stateful.people import ARBITER, EVERYBODY, Person
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import only


class CaseRules(Life):
    @precondition(lambda self: self.purchases(self.windows()))
    @rule(pick=picks, share=shares, wants_return=st.booleans(), own=picks)
    @TALLY.counted
    def open_case(self, pick: int, share: int, wants_return: bool, own: int) -> bool:
        purchase = one(self.purchases(self.windows()), pick)
        deal = purchase.group
        kind, asked = CaseKind.CLAIM, -(-purchase.amount * share // 100)
        if wants_return and deal.offer.window_kind == WindowKind.NO_REASON:
            kind, asked = CaseKind.RETURN, purchase.amount
        self._open_case(purchase, kind, asked, own)
        return True

    def _open_case(self, purchase: Purchase, kind: CaseKind, asked: int, own: int) -> None:
        deal = purchase.group
        message = OpenCase(deal.group_id, purchase.leaf.nonce, kind, asked, self.hash())
        sender, signature = self.authorise(purchase.buyer, message, own)
        call = calls.open_case(purchase.place, purchase.leaf, purchase.siblings, message, signature)
        event = only(self.town.act(sender, call), CaseOpened)
        rebate = 0 if purchase.is_rebated else purchase.rebate
        assert (event.amount, event.asked, event.rebate) == (purchase.amount, asked, rebate)
        key = case_id(deal.group_id, purchase.buyer.account, purchase.leaf.nonce)
        assert event.case_id == key
        self.ledger.credit(purchase.buyer.account, rebate)
        purchase.fate = Fate.IN_CASE
        purchase.is_rebated = True
        self.ledger.disputes[key] = Dispute(key, purchase, kind, purchase.amount, asked, self.town.now + ANSWER)

    def _closed(self, dispute: Dispute, events: list[ChainEvent], award: int, decided: Decided) -> None:
        deal = dispute.purchase.group
        released = dispute.amount - award
        assert events[0] == CaseClosed(dispute.case_id, deal.group_id, award, released, decided)
        dispute.stage = Stage.CLOSED
        self.ledger.credit(dispute.purchase.buyer.account, award)
        self._released(deal, events[1:], released)

    @precondition(lambda self: self.disputes(Stage.OPENED, late=False))
    @rule(pick=picks, accepted=st.sampled_from([False, False, False, True]), own=picks)
    @TALLY.counted
    def answer_case(self, pick: int, accepted: bool, own: int) -> bool:
        dispute = one(self.disputes(Stage.OPENED, late=False), pick)
        deal = dispute.purchase.group
        by_leader = accepted and dispute.kind == CaseKind.RETURN and pick // 7 % 2
        signer = deal.leader if by_leader else deal.merchant
        self._answer(dispute, signer, accepted, own)
        return True

    def _answer(self, dispute: Dispute, signer: Person, accepted: bool, own: int) -> None:
        message = AnswerCase(dispute.case_id, accepted)
        sender, signature = self.authorise(signer, message, own)
        events = self.town.act(sender, calls.answer_case(message, signer.account, signature))
        if accepted:
            self._closed(dispute, events, dispute.asked, Decided.ACCEPTED)
        else:
            dispute.stage = Stage.REJECTED
            dispute.decide_by = self.town.now + RULING
            assert events == [CaseRejected(dispute.case_id, dispute.decide_by)]

    def to_rule(self) -> list[Dispute]:
        rejected = self.disputes(Stage.REJECTED, late=False)
        return [dispute for dispute in rejected if dispute.purchase.group.offer.arbiter == ARBITER.account]

    @precondition(lambda self: self.to_rule())
    @rule(pick=picks, share=st.integers(0, 100), own=picks)
    @TALLY.counted
    def rule_case(self, pick: int, share: int, own: int) -> bool:
        dispute = one(self.to_rule(), pick)
        self._rule(dispute, dispute.asked * share // 100, own)
        return True

    def _rule(self, dispute: Dispute, award: int, own: int) -> None:
        message = RuleCase(dispute.case_id, award)
        sender, signature = self.authorise(ARBITER, message, own)
        events = self.town.act(sender, calls.rule_case(message, signature))
        self._closed(dispute, events, award, Decided.RULED)

    @precondition(lambda self: self.disputes(Stage.OPENED, Stage.REJECTED, late=True))
    @rule(pick=picks, sender=st.sampled_from(EVERYBODY))
    @TALLY.counted
    def resolve_case(self, pick: int, sender: Person) -> bool:
        self._resolve(one(self.disputes(Stage.OPENED, Stage.REJECTED, late=True), pick), sender)
        return True

    def _resolve(self, dispute: Dispute, sender: Person) -> None:
        events = self.town.act(sender, calls.resolve_case(dispute.case_id))
        self._closed(dispute, events, dispute.asked, Decided.TIMEOUT)
