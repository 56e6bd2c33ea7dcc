import pytest

from pinlian.chain import escrow as calls
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import ANSWER_SECONDS, RULING_SECONDS, Decided
from pinlian.domain.chain_events import CaseClosed, OrdersPlaced
from pinlian.domain.group import Group
from pinlian.domain.refusals import Refusal
from tests.contracts.scene import BUYER, DEPOSIT, NOBODY, TENTH_PRICE, Scene

AMOUNT = 4 * TENTH_PRICE
ASKED = 3_000


@pytest.fixture
def opened(scene: Scene, group: Group, placed: OrdersPlaced) -> bytes:
    scene.deliver(group)
    scene.act(scene.open_case_call(placed.batch, asked=ASKED))
    return scene.case_id(placed.batch)


def test_resolve_case__unanswered__gives_the_buyer_what_was_asked(scene: Scene, group: Group, opened: bytes) -> None:
    scene.wait(ANSWER_SECONDS + 1)
    closed, *_ = scene.act(calls.resolve_case(opened), NOBODY)
    assert closed == CaseClosed(opened, hash_struct(group), ASKED, AMOUNT - ASKED, Decided.TIMEOUT)
    assert scene.balance(BUYER) == DEPOSIT - AMOUNT + ASKED


def test_resolve_case__not_ruled_in_time__gives_the_buyer_what_was_asked(scene: Scene, opened: bytes) -> None:
    scene.act(scene.answer_call(opened, accepted=False))
    scene.wait(RULING_SECONDS + 1)
    scene.act(calls.resolve_case(opened))
    assert scene.balance(BUYER) == DEPOSIT - AMOUNT + ASKED


def test_resolve_case__before_time__is_refused(scene: Scene, opened: bytes) -> None:
    scene.wait(ANSWER_SECONDS)
    assert scene.refusal(calls.resolve_case(opened)) == Refusal.TOO_EARLY
    scene.act(scene.answer_call(opened, accepted=False))
    scene.wait(RULING_SECONDS)
    assert scene.refusal(calls.resolve_case(opened)) == Refusal.TOO_EARLY


def test_resolve_case__closed_or_unknown__is_refused(scene: Scene, opened: bytes) -> None:
    scene.act(scene.answer_call(opened, accepted=True))
    scene.wait(ANSWER_SECONDS + 1)
    assert scene.refusal(calls.resolve_case(opened)) == Refusal.CASE_NOT_OPEN
    assert scene.refusal(calls.resolve_case(bytes(32))) == Refusal.CASE_NOT_OPEN
