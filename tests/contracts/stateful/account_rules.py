"""Deposits, withdrawals, nonces."""

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from pinlian.chain import escrow as calls
from pinlian.domain.chain_events import ChainEvent, Deposited, NonceBumped, Withdrawn
from pinlian.domain.messages import BumpNonce, Withdraw
from tests.contracts.stateful.drafts import picks, shares
from tests.contracts.stateful.ledger import HOUR
from tests.contracts.stateful.life import Life, one, seldom
from tests.contracts.stateful.people import BUYERS, CARRIER, EVERYBODY, STRANGER, Person
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import PERMITTERS


class AccountRules(Life):
    def _deposit(self, payer: Person, account: Person, amount: int) -> None:
        if payer in PERMITTERS:
            self._deposit_by_permit(payer, amount, STRANGER)
            return
        tokens = self.town.tokens_of(payer.account)
        events = self.town.act(payer, calls.deposit(account.account, amount))
        assert events == [Deposited(account.account, payer.account, amount)]
        assert self.town.tokens_of(payer.account) == tokens - amount
        self._deposited(account, amount)

    def _deposited(self, account: Person, amount: int) -> None:
        self.ledger.credit(account.account, amount)
        self.ledger.deposited += amount

    def _deposit_by_permit(self, owner: Person, amount: int, sender: Person) -> None:
        deadline = self.town.now + HOUR
        permit = self.town.permit(owner, amount, deadline)
        events = self.town.act(sender, calls.deposit_with_permit(owner.account, amount, deadline, *permit))
        assert events == [Deposited(owner.account, owner.account, amount)]
        self._deposited(owner, amount)

    @seldom("deposit")
    @rule(payer=st.sampled_from([*BUYERS[:3], CARRIER]), account=st.sampled_from(BUYERS), amount=st.integers(1, 9_000))
    @TALLY.counted
    def deposit(self, payer: Person, account: Person, amount: int) -> bool:
        self._deposit(payer, account, amount)
        return True

    @seldom("deposit_with_permit")
    @rule(owner=st.sampled_from(PERMITTERS), amount=st.integers(1, 9_000), sender=st.sampled_from([STRANGER, *BUYERS]))
    @TALLY.counted
    def deposit_with_permit(self, owner: Person, amount: int, sender: Person) -> bool:
        self._deposit_by_permit(owner, amount, sender)
        return True

    def _withdraw(self, owner: Person, to: Person, amount: int, nonce: int, events: list[ChainEvent]) -> None:
        assert events == [Withdrawn(owner.account, to.account, amount, nonce)]
        self.ledger.debit(owner.account, amount)
        self.ledger.withdrawn += amount
        self.spends(owner)

    @seldom("withdraw")
    @precondition(lambda self: self.funded())
    @rule(owner=picks, to=st.sampled_from(EVERYBODY), share=shares)
    @TALLY.counted
    def withdraw(self, owner: int, to: Person, share: int) -> bool:
        person = one(self.funded(), owner)
        amount = -(-self.ledger.balance(person.account) * share // 100)
        tokens = self.town.tokens_of(to.account)
        events = self.town.act(person, calls.withdraw(to.account, amount))
        self._withdraw(person, to, amount, 2**256 - 1, events)
        assert self.town.tokens_of(to.account) == tokens + amount
        return True

    @seldom("withdraw_signed")
    @precondition(lambda self: self.funded())
    @rule(owner=picks, to=st.sampled_from(EVERYBODY), share=shares, ahead=st.sampled_from([0, 0, 1, 63]), own=picks)
    @TALLY.counted
    def withdraw_signed(self, owner: int, to: Person, share: int, ahead: int, own: int) -> bool:
        person = one(self.funded(), owner)
        amount = -(-self.ledger.balance(person.account) * share // 100)
        nonce = self.ledger.next_nonce(person.account) + ahead
        message = Withdraw(to.account, amount, nonce, valid_until=self.town.now)
        sender, signature = self.authorise(person, message, own)
        call = calls.withdraw_signed(person.account, message, signature)
        refusal = self.ledger.nonce_refusal(person.account, nonce)
        if refusal is not None:
            assert self.town.refusal(sender, call) == refusal
            return False
        self._withdraw(person, to, amount, nonce, self.town.act(sender, call))
        self.ledger.use_nonce(person.account, nonce)
        return True

    @seldom("bump_nonce")
    @rule(owner=st.sampled_from(EVERYBODY), ahead=st.sampled_from([1, 2, 3, 64]), own=picks)
    @TALLY.counted
    def bump_nonce(self, owner: Person, ahead: int, own: int) -> bool:
        message = BumpNonce(self.ledger.next_nonce(owner.account) + ahead)
        sender, signature = self.authorise(owner, message, own)
        events = self.town.act(sender, calls.bump_nonce(owner.account, message, signature))
        assert events == [NonceBumped(owner.account, message.nonce_base)]
        self.ledger.nonces_void_below[owner.account] = message.nonce_base
        return True
