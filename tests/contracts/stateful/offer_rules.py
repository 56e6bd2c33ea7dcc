"""Merchants publish offers, leaders open groups."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.chain_events import GroupOpened, GroupsRefused, OfferPublished, RefusedAt
from pinlian.domain.group import Group, SignedGroup
from pinlian.domain.offer import Offer, Payee, Step
from pinlian.domain.refusals import Refusal
from tests.contracts.stateful.drafts import (
    OPENING_DEFECTS,
    OfferDraft,
    OpeningDraft,
    offer_drafts,
    opening_drafts,
    picks,
)
from tests.contracts.stateful.ledger import Deal
from tests.contracts.stateful.life import FEW, Life, one, seldom
from tests.contracts.stateful.people import ARBITER, BY_ACCOUNT, EVERYBODY, LEADERS, MERCHANTS, STRANGER, Person
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import only


class OfferRules(Life):
    def _publish(self, draft: OfferDraft, own: int) -> None:
        prices = sorted(draft.prices, reverse=True)
        offer = Offer(
            merchant=one(MERCHANTS, draft.merchant).account,
            arbiter=ARBITER.account if draft.has_arbiter else bytes(20),
            stock_cap=draft.stock_cap,
            window_kind=draft.window_kind,
            window_seconds=draft.window_seconds,
            leader_bps=draft.leader_bps,
            ladder=tuple(Step(1 + number * draft.step_units, price) for number, price in enumerate(prices)),
            payees=tuple(Payee(one(EVERYBODY, pick).account, share_bps) for pick, share_bps in draft.payees),
            terms=self.hash(),
            salt=self.salt(),
        )
        sender, signature = self.authorise(BY_ACCOUNT[offer.merchant], offer, own)
        event = only(self.town.act(sender, calls.publish_offer(offer, signature)), OfferPublished)
        assert event.offer == hash_struct(offer)
        self.ledger.offers[event.offer] = offer

    @seldom("publish_offer")
    @rule(draft=offer_drafts, own=picks)
    @TALLY.counted
    def publish_offer(self, draft: OfferDraft, own: int) -> bool:
        self._publish(draft, own)
        return True

    def _opening(self, draft: OpeningDraft, own: int, sender: Person) -> SignedGroup:
        now = self.town.now
        leader = one([*LEADERS, MERCHANTS[0]], draft.leader)
        closes_at = now if draft.defect == "closed" else now + draft.closes_in
        terms = Group(
            offer=self.hash() if draft.defect == "unknown offer" else one(list(self.ledger.offers), draft.offer),
            leader=leader.account,
            units_min=0 if draft.defect == "no units" else draft.units_min,
            closes_at=closes_at,
            deliver_by=closes_at if draft.defect == "delivered first" else closes_at + draft.delivers_in,
            pickup=self.hash(),
            salt=self.salt(),
        )
        if draft.defect == "again" and self.ledger.groups:
            terms = one(list(self.ledger.groups.values()), draft.offer).terms
        if sender == BY_ACCOUNT[terms.leader] and draft.defect != "forged" and own % 2:
            return SignedGroup(terms, bytes(32), bytes(32))
        signer = STRANGER if draft.defect == "forged" else BY_ACCOUNT[terms.leader]
        signature = self.town.sign(signer, terms)
        return SignedGroup(terms, signature[:32], signature[32:])

    def _open(self, drafts: list[OpeningDraft], own: int) -> int:
        sender = one([*LEADERS, STRANGER], own)
        openings = [self._opening(draft, own, sender) for draft in drafts]
        known = set(self.ledger.groups)
        refused = []
        opened = []
        for position, (draft, opening) in enumerate(zip(drafts, openings, strict=True)):
            group_id = hash_struct(opening.group)
            refusal = Refusal.GROUP_EXISTS if group_id in known else OPENING_DEFECTS.get(draft.defect)
            if draft.defect == "again" and group_id not in known:
                refusal = None
            if draft.defect == "forged" and sender.account == opening.group.leader:
                refusal = None
            if refusal is None:
                opened.append(opening.group)
                known.add(group_id)
            else:
                refused.append(RefusedAt(position, refusal))
        events = self.town.act(sender, calls.open_groups(openings))
        assert [event.group for event in events if isinstance(event, GroupOpened)] == list(map(hash_struct, opened))
        if refused:
            assert only(events, GroupsRefused).refused == tuple(refused)
        for group in opened:
            group_id = hash_struct(group)
            self.ledger.groups[group_id] = Deal(group_id, group, self.ledger.offers[group.offer])
        return len(opened)

    @precondition(lambda self: len(self.open_deals()) < FEW)
    @rule(drafts=st.lists(opening_drafts, min_size=1, max_size=4), own=picks)
    @TALLY.counted
    def open_groups(self, drafts: list[OpeningDraft], own: int) -> bool:
        return self._open(drafts, own) > 0
