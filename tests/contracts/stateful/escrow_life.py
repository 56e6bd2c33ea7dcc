"""Everything that people can do with an escrow, in any order, with what must come of it, and how all of it ends."""

from dataclasses import replace

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant

from pinlian.chain import escrow as calls
from pinlian.domain.case import CaseKind
from pinlian.domain.group import GroupStatus
from tests.contracts.stateful.account_rules import AccountRules
from tests.contracts.stateful.case_rules import CaseRules
from tests.contracts.stateful.drafts import (
    OfferDraft,
    OpeningDraft,
    OrderDraft,
    offer_drafts,
    opening_drafts,
    order_drafts,
)
from tests.contracts.stateful.group_rules import GroupRules
from tests.contracts.stateful.ledger import DAY, GRACE, HOUR, PAUSE_MAX, RULING, Stage
from tests.contracts.stateful.offer_rules import OfferRules
from tests.contracts.stateful.order_rules import OrderRules
from tests.contracts.stateful.people import BUYERS, STRANGER
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.time_rules import TimeRules


class EscrowLife(AccountRules, OfferRules, OrderRules, GroupRules, CaseRules, TimeRules):
    def teardown(self) -> None:
        if self.town.is_sound:
            self.everything_ends()

    # --- the first days ---

    @initialize(
        offers=st.lists(offer_drafts, min_size=2, max_size=2),
        openings=st.lists(opening_drafts, min_size=6, max_size=6),
        orders=st.lists(order_drafts, min_size=24, max_size=24),
    )
    def first_days(self, offers: list[OfferDraft], openings: list[OpeningDraft], orders: list[OrderDraft]) -> None:
        """Two groups are delivered and two closed (if their orders suffice), two are open: all ages at once."""
        for buyer in BUYERS[:5]:
            self._deposit(buyer, buyer, 30_000)
        for offer in offers:
            self._publish(offer, own=0)
        sound = [
            replace(opening, defect="", closes_in=2 * HOUR, delivers_in=delivers_in)
            for opening, delivers_in in zip(openings, [10 * DAY, 10 * DAY, HOUR, HOUR, DAY, DAY], strict=True)
        ]
        self._open(sound[:4], own=0)
        self._place([replace(order, defect="") for order in orders[:16]], is_sorted=True, sender=STRANGER)
        self.town.evm.wait(2 * HOUR)
        for deal in self.deals(GroupStatus.OPEN):
            self._close(deal, STRANGER)
        self.afterwards("close_group")
        for deal in self.deals(GroupStatus.CLOSED)[:2]:
            self._deliver(deal, deal.leader, own=0)
        self._open(sound[4:], own=0)
        self._place([replace(order, defect="") for order in orders[16:]], is_sorted=False, sender=STRANGER)

    # --- what holds after every step ---

    @invariant()
    def contract_books_and_ledger_agree(self) -> None:
        self.town.check()

    @invariant()
    def balances_fall_by_their_owners_only(self) -> None:
        balances = {account: state.balance for account, state in self.town.books.accounts.items()}
        fell = {account for account, before in self.balances_before.items() if balances[account] < before}
        assert fell <= self.spenders
        self.balances_before = balances
        self.spenders = set()

    @invariant()
    def states_go_forward_only(self) -> None:
        books = self.town.books
        statuses: dict[bytes, int] = {key: group.status for key, group in books.groups.items()}
        statuses |= {key: case.status for key, case in books.cases.items()}
        for key, before in self.statuses_before.items():
            assert statuses[key] >= before
            assert statuses[key] == before or before not in (GroupStatus.SETTLED, GroupStatus.FAILED)
        self.statuses_before = statuses

    # --- the last day ---

    def _did(self, what: str) -> None:
        TALLY.note(what, has_succeeded=True)
        self.afterwards(what)

    def everything_ends(self) -> None:
        """Whatever happened, strangers can bring every group and case to its end, and nobody's money stays behind."""
        for deal in self.deals(GroupStatus.OPEN):
            self.town.evm.wait(max(0, deal.terms.closes_at - self.town.now))
            self._close(deal, STRANGER)
        for deal in self.deals(GroupStatus.CLOSED)[1::2]:
            self._deliver(deal, deal.leader, own=0)
            self._did("confirm_delivery")
        for deal in self.windows():
            for purchase in self.purchases([deal])[:2]:
                self._open_case(purchase, CaseKind.CLAIM, purchase.amount, own=0)
                self._did("open_case")
        for dispute in self.disputes(Stage.OPENED, late=False)[::2]:
            self._answer(dispute, dispute.purchase.group.merchant, accepted=False, own=0)
            self._did("answer_case")
        for dispute in self.to_rule()[::2]:
            self._rule(dispute, dispute.asked // 2, own=0)
            self._did("rule_case")
        for deal in self.deals(GroupStatus.CLOSED):
            self.town.evm.wait(max(0, deal.terms.deliver_by + GRACE + 1 - self.town.now))
            self._fail(deal, STRANGER)
            self._did("fail_group")
        self.town.evm.wait(RULING + 30 * DAY + PAUSE_MAX)
        self.afterwards("everything_runs_out")
        for dispute in self.disputes(Stage.OPENED, Stage.REJECTED, late=True):
            self._resolve(dispute, STRANGER)
            self._did("resolve_case")
        for deal in self.to_settle():
            self._settle(deal, STRANGER)
            self._did("settle_group")
        for run in self.runs_to_refund():
            self._give_back(run, STRANGER)
        for run in self.runs_to_rebate():
            self._rebate(run, STRANGER)
        for person in self.funded():
            amount = self.ledger.balance(person.account)
            events = self.town.act(person, calls.withdraw(person.account, amount))
            self._withdraw(person, person, amount, 2**256 - 1, events)
        self.town.check()
        assert self.ledger.held == 0
