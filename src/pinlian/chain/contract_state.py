"""What the escrow itself answers at one block, many things in one request: the other side of an audit."""

from collections.abc import Sequence

from pinlian.chain.abi import WORD, account_word, number, selectors, word, words
from pinlian.chain.escrow import CONTRACT, Escrow
from pinlian.domain.account import AccountState
from pinlian.domain.books import BatchState, OfferState
from pinlian.domain.case import CaseKind, CaseState, CaseStatus
from pinlian.domain.group import GroupState, GroupStatus
from pinlian.domain.keccak import keccak256

CALLS_MAX = 500
"""Calls in one request."""

_BALANCE_OF = keccak256(b"balanceOf(address)")[:4]


class ContractState:
    """A domain.books.ChainState. Every method raises RpcError.

    Args:
        block: a number, so that all answers are of one moment, or a tag.
    """

    def __init__(self, escrow: Escrow, block: int | str = "latest") -> None:
        self._escrow = escrow
        self._block = block

    def _ask(self, function: str, arguments: Sequence[bytes]) -> list[list[bytes]]:
        selector = selectors(CONTRACT)[function]
        calls = [(self._escrow.address, selector + argument) for argument in arguments]
        answers: list[bytes] = []
        for first in range(0, len(calls), CALLS_MAX):
            answers += self._escrow.rpc.read_many(calls[first : first + CALLS_MAX], self._block)
        return [words(answer) for answer in answers]

    def held(self) -> int:
        return self._escrow.held(self._block)

    def token_balance(self) -> int:
        call = _BALANCE_OF + account_word(self._escrow.address)
        return number(self._escrow.rpc.read(self._escrow.token(), call, self._block)[:WORD])

    def batch_count(self) -> int:
        return self._escrow.batch_count(self._block)

    def paused_until(self) -> int:
        return self._escrow.paused_until(self._block)

    def accounts(self, accounts: Sequence[bytes]) -> list[AccountState]:
        return [AccountState(*map(number, answer)) for answer in self._ask("account_state", _accounts(accounts))]

    def offers(self, offers: Sequence[bytes]) -> list[OfferState]:
        return [OfferState(*map(number, answer)) for answer in self._ask("offer_state", offers)]

    def groups(self, groups: Sequence[bytes]) -> list[GroupState]:
        answers = [list(map(number, answer)) for answer in self._ask("group_state", groups)]
        return [GroupState(GroupStatus(status), *others) for status, *others in answers]

    def batches(self, batches: Sequence[int]) -> list[BatchState]:
        numbers = [word(batch) for batch in batches]
        roots, marks = self._ask("batch_roots", numbers), self._ask("batch_marks", numbers)
        return [BatchState(root, number(bits)) for (root,), (bits,) in zip(roots, marks, strict=True)]

    def cases(self, cases: Sequence[bytes]) -> list[CaseState]:
        states = []
        for group, buyer, *others in self._ask("cases", cases):
            kind, status, decide_by, amount, asked = map(number, others)
            states.append(
                CaseState(
                    group=group,
                    buyer=buyer[12:],
                    # An unknown case has the kind 0, which no known one has.
                    kind=CaseKind(kind) if kind else CaseKind.CLAIM,
                    status=CaseStatus(status),
                    decide_by=decide_by,
                    amount=amount,
                    asked=asked,
                )
            )
        return states


def _accounts(accounts: Sequence[bytes]) -> list[bytes]:
    return [account_word(account) for account in accounts]
