import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import RULING_SECONDS, Decided
from pinlian.domain.chain_events import CaseClosed, OrdersPlaced, PaidOut
from pinlian.domain.group import Group
from pinlian.domain.messages import RuleCase
from pinlian.domain.refusals import Refusal
from pinlian.domain.settlement import split
from tests.contracts.scene import BUYER, DEPOSIT, LEADER, MERCHANT, TENTH_PRICE, Scene

AMOUNT = 4 * TENTH_PRICE
ASKED = 3_000


@pytest.fixture
def opened(scene: Scene, group: Group, placed: OrdersPlaced) -> bytes:
    scene.deliver(group)
    scene.act(scene.open_case_call(placed.batch, asked=ASKED))
    return scene.case_id(placed.batch)


@pytest.fixture
def rejected(scene: Scene, opened: bytes) -> bytes:
    scene.act(scene.answer_call(opened, accepted=False))
    return opened


@pytest.mark.parametrize("award", [0, 1, 1_234, ASKED])
def test_rule_case__within_what_was_asked__splits_the_order(
    scene: Scene, group: Group, rejected: bytes, award: int
) -> None:
    closed, *payouts = scene.act(scene.rule_call(rejected, award))
    assert closed == CaseClosed(rejected, hash_struct(group), award, AMOUNT - award, Decided.RULED)
    assert [(paid.account, paid.amount) for paid in payouts if isinstance(paid, PaidOut)] == split(
        AMOUNT - award, scene.offers[group.offer], LEADER.account
    )
    assert scene.balance(BUYER) == DEPOSIT - AMOUNT + award


@pytest.mark.parametrize("award", [ASKED + 1, AMOUNT, 2**256 - 1])
def test_rule_case__more_than_was_asked__is_refused(scene: Scene, rejected: bytes, award: int) -> None:
    assert scene.refusal(scene.rule_call(rejected, award)) == Refusal.AWARD_EXCEEDED


def test_rule_case__by_another_than_the_arbiter__is_refused(scene: Scene, rejected: bytes) -> None:
    for signer in (BUYER, MERCHANT, LEADER):
        assert scene.refusal(scene.rule_call(rejected, 1, signer)) == Refusal.SIGNATURE_INVALID


def test_rule_case__other_than_signed__is_refused(scene: Scene, rejected: bytes) -> None:
    from_another = scene.sign(BUYER, RuleCase(rejected, 1))
    assert scene.refusal(calls.rule_case(RuleCase(rejected, 1), from_another)) == Refusal.SIGNATURE_INVALID


def test_rule_case__not_rejected_or_closed__is_refused(scene: Scene, opened: bytes) -> None:
    assert scene.refusal(scene.rule_call(opened, 1)) == Refusal.CASE_NOT_REJECTED
    scene.act(scene.answer_call(opened, accepted=True))
    assert scene.refusal(scene.rule_call(opened, 1)) == Refusal.CASE_NOT_REJECTED


def test_rule_case__in_time_only(scene: Scene, rejected: bytes) -> None:
    scene.wait(RULING_SECONDS + 1)
    assert scene.refusal(scene.rule_call(rejected, 1)) == Refusal.TOO_LATE


def test_rule_case__without_an_arbiter__cannot_be_and_the_buyer_wins_by_time(scene: Scene) -> None:
    group = scene.open(scene.publish(arbiter=bytes(20)))
    batch = scene.ordered(group, 2).batch
    scene.deliver(group)
    scene.act(scene.open_case_call(batch, asked=77))
    case_id = scene.case_id(batch)
    scene.act(scene.answer_call(case_id, accepted=False))
    assert scene.refusal(scene.rule_call(case_id, 0, BUYER)) == Refusal.SIGNATURE_INVALID
    scene.wait(RULING_SECONDS + 1)
    before = scene.balance(BUYER)
    scene.act(calls.resolve_case(case_id))
    assert scene.balance(BUYER) == before + 77
