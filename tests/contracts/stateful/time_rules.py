"""Time, pauses, gifts of tokens."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pinlian.chain import escrow as calls
from pinlian.domain.chain_events import Paused
from pinlian.domain.group import GroupStatus
from tests.contracts.stateful.ledger import DAY, GRACE, HOUR, PAUSE_MAX, Stage
from tests.contracts.stateful.life import FEW, Life, seldom
from tests.contracts.stateful.people import CARRIER, PAUSERS, STRANGER, Person
from tests.contracts.stateful.tally import TALLY


class TimeRules(Life):
    def pausers_left(self) -> list[Person]:
        return PAUSERS[len(self.ledger.pauses) :]

    @precondition(lambda self: self.pausers_left() and self.deals(GroupStatus.DELIVERED))
    @rule(seconds=st.sampled_from([1, HOUR, DAY, PAUSE_MAX]))
    @TALLY.counted
    def pause(self, seconds: int) -> bool:
        pauser = self.pausers_left()[0]
        now = self.town.now
        ends_at = max([now + seconds, *(end for _, end in self.ledger.pauses)])
        assert self.town.act(pauser, calls.pause(seconds)) == [Paused(pauser.account, ends_at)]
        self.ledger.pauses.append((now, now + seconds))
        return True

    @seldom("wait")
    @rule(seconds=st.sampled_from([1, 60, HOUR]))
    @TALLY.counted
    def wait(self, seconds: int) -> bool:
        self.town.evm.wait(seconds)
        return True

    def deadlines(self) -> list[int]:
        """The first seconds in which something becomes possible or impossible that is not yet."""
        now = self.town.now
        times = [deal.terms.closes_at for deal in self.deals(GroupStatus.OPEN)]
        times += [deal.terms.deliver_by + GRACE + 1 for deal in self.deals(GroupStatus.CLOSED)]
        stopped = now - self.ledger.clock(now)
        times += [
            self.ledger.window_ends_at(deal) + 1 + stopped
            for deal in self.deals(GroupStatus.DELIVERED)
            if self.ledger.window_is_open(deal, now)
        ]
        times += [dispute.decide_by + 1 for dispute in self.disputes(Stage.OPENED, Stage.REJECTED, late=False)]
        times += [end for _, end in self.ledger.pauses]
        return sorted({time for time in times if time > now})

    @precondition(lambda self: self.deadlines() and self.calls["wait_for_deadline"] < 5 * FEW)
    @rule(number=st.sampled_from([0, 0, 0, -1]), before=st.sampled_from([0, 0, 1]))
    @TALLY.counted
    def wait_for_deadline(self, number: int, before: int) -> bool:
        self.town.evm.wait(self.deadlines()[number] - before - self.town.now)
        return True

    @seldom("give_tokens")
    @rule(giver=st.sampled_from([CARRIER, STRANGER]), amount=st.integers(1, 500))
    @TALLY.counted
    def give_tokens(self, giver: Person, amount: int) -> bool:
        self.town.give(giver, amount)
        self.ledger.gifts += amount
        return True
