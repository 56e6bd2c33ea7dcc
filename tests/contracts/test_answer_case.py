import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import ANSWER_SECONDS, RULING_SECONDS, CaseKind, CaseStatus, Decided
from pinlian.domain.chain_events import CaseClosed, CaseRejected, OrdersPlaced, PaidOut
from pinlian.domain.group import Group
from pinlian.domain.messages import AnswerCase
from pinlian.domain.refusals import Refusal
from pinlian.domain.settlement import split
from tests.contracts.scene import (
    ARBITER,
    BUYER,
    DEPOSIT,
    LEADER,
    MERCHANT,
    TENTH_PRICE,
    Scene,
    only,
)
from tests.contracts.stateful.people import Person

AMOUNT = 4 * TENTH_PRICE
ASKED = 1_000


@pytest.fixture
def claim(scene: Scene, group: Group, placed: OrdersPlaced) -> bytes:
    """The first buyer's claim of ASKED."""
    scene.deliver(group)
    scene.act(scene.open_case_call(placed.batch, asked=ASKED))
    return scene.case_id(placed.batch)


@pytest.fixture
def returned(scene: Scene, group: Group, placed: OrdersPlaced) -> bytes:
    """The first buyer's return."""
    scene.deliver(group)
    scene.act(scene.open_case_call(placed.batch, kind=CaseKind.RETURN, asked=AMOUNT))
    return scene.case_id(placed.batch)


def status(scene: Scene, case_id: bytes) -> CaseStatus:
    state = scene.escrow.case_state(case_id)
    assert state is not None
    return state.status


def test_answer_case__claim_accepted__pays_the_buyer_what_was_asked_and_the_payees_the_rest(
    scene: Scene, group: Group, claim: bytes
) -> None:
    events = scene.act(scene.answer_call(claim, accepted=True))
    released = AMOUNT - ASKED
    assert events[0] == CaseClosed(claim, hash_struct(group), ASKED, released, Decided.ACCEPTED)
    payouts = [(event.account, event.amount) for event in events[1:] if isinstance(event, PaidOut)]
    assert payouts == split(released, scene.offers[group.offer], LEADER.account)
    assert scene.balance(BUYER) == DEPOSIT - AMOUNT + ASKED
    assert scene.balance(MERCHANT) + sum(paid for account, paid in payouts if account != MERCHANT.account) == released
    assert status(scene, claim) == CaseStatus.CLOSED


@pytest.mark.parametrize("signer", [MERCHANT, LEADER], ids=lambda person: person.name)
def test_answer_case__return_accepted__makes_the_buyer_whole(
    scene: Scene, group: Group, returned: bytes, signer: Person
) -> None:
    events = scene.act(scene.answer_call(returned, accepted=True, signer=signer))
    assert events == [CaseClosed(returned, hash_struct(group), AMOUNT, 0, Decided.ACCEPTED)]
    assert scene.balance(BUYER) == DEPOSIT


def test_answer_case__after_the_settlement__still_pays(scene: Scene, group: Group, returned: bytes) -> None:
    scene.act(scene.answer_call(returned, accepted=False))
    scene.settle(group)
    scene.act(calls.resolve_case(returned))
    assert scene.balance(BUYER) == DEPOSIT


def test_answer_case__rejected__goes_to_the_arbiter(scene: Scene, claim: bytes) -> None:
    events = scene.act(scene.answer_call(claim, accepted=False))
    assert events == [CaseRejected(claim, decide_by=scene.now + RULING_SECONDS)]
    assert status(scene, claim) == CaseStatus.REJECTED
    assert scene.balance(BUYER) == DEPOSIT - AMOUNT


def test_answer_case__leader__may_neither_reject_nor_accept_a_claim(scene: Scene, claim: bytes) -> None:
    for accepted in (True, False):
        call = scene.answer_call(claim, accepted=accepted, signer=LEADER)
        assert scene.refusal(call) == Refusal.SIGNER_NOT_ALLOWED


def test_answer_case__leader__may_not_reject_a_return(scene: Scene, returned: bytes) -> None:
    call = scene.answer_call(returned, accepted=False, signer=LEADER)
    assert scene.refusal(call) == Refusal.SIGNER_NOT_ALLOWED


@pytest.mark.parametrize("signer", [BUYER, ARBITER], ids=lambda person: person.name)
def test_answer_case__by_somebody_else__is_refused(scene: Scene, returned: bytes, signer: Person) -> None:
    call = scene.answer_call(returned, accepted=True, signer=signer)
    assert scene.refusal(call) == Refusal.SIGNER_NOT_ALLOWED


def test_answer_case__other_than_signed__is_refused(scene: Scene, claim: bytes) -> None:
    signature = scene.sign(MERCHANT, AnswerCase(claim, accepted=True))
    forged = calls.answer_case(AnswerCase(claim, accepted=False), MERCHANT.account, signature)
    assert scene.refusal(forged) == Refusal.SIGNATURE_INVALID


def test_answer_case__in_time_only(scene: Scene, claim: bytes) -> None:
    scene.wait(ANSWER_SECONDS + 1)
    assert scene.refusal(scene.answer_call(claim, accepted=False)) == Refusal.TOO_LATE


def test_answer_case__in_the_last_second__counts(scene: Scene, claim: bytes) -> None:
    scene.wait(ANSWER_SECONDS)
    assert only(scene.act(scene.answer_call(claim, accepted=True)), CaseClosed).award == ASKED


def test_answer_case__twice_or_unknown__is_refused(scene: Scene, claim: bytes) -> None:
    scene.act(scene.answer_call(claim, accepted=False))
    assert scene.refusal(scene.answer_call(claim, accepted=True)) == Refusal.CASE_NOT_OPEN
    assert scene.refusal(scene.answer_call(bytes(32), accepted=True)) == Refusal.CASE_NOT_OPEN
