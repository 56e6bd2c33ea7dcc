"""Every kind of message reaches its function of the contract."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pinlian.apps.groupbuy.facade import due_upkeep
from pinlian.apps.groupbuy.models import Case, Group
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import CaseKind, CaseStatus, Decided, case_id
from pinlian.domain.group import Group as SignedGroup
from pinlian.domain.group import GroupStatus
from pinlian.domain.messages import (
    AnswerCase,
    BumpNonce,
    CancelGroup,
    CancelOrder,
    ConfirmDelivery,
    OpenCase,
    RuleCase,
    Withdraw,
)
from pinlian.domain.refusals import Refusal
from pinlian.relayer import facade
from pinlian.relayer.models import Message
from tests.integration.relayer.instance import (
    ARBITER,
    LEADER,
    MERCHANT,
    PRICE,
    Instance,
    buyer,
    order,
    running_instance,
)

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

GENESIS_TIME = 1_700_000_000
FUNDS = 100_000


@pytest.fixture
def past(tmp_path: Path, db: None) -> Iterator[Instance]:
    """An instance whose clock is moved by hand."""
    with running_instance(tmp_path, genesis_time=GENESIS_TIME, manual_clock=True) as running:
        running.node.set_time(GENESIS_TIME + 100)
        yield running


def upkeep(instance: Instance, at: int) -> list[str]:
    """Move the clock, and do what is due, as the engine does; the kinds that were done."""
    instance.node.mine_at(at)
    done = []
    while calls := due_upkeep(instance.clock()):
        for call in calls:
            facade.submit_upkeep(call.kind, call.arguments)
            done.append(call.kind)
        instance.settle()
    return done


def group_row(group: SignedGroup) -> Group:
    return Group.objects.get(id=to_hex(hash_struct(group)))


def closed_group(instance: Instance, buyers: int = 10) -> SignedGroup:
    """A group that reached the second step of its ladder and is closed and rebated."""
    people = [buyer(number) for number in range(buyers)]
    instance.top_up(*people, amount=FUNDS)
    group = instance.open_group()
    answers = instance.submit_all([(order(group), each) for each in people])
    assert all(isinstance(answer, facade.Promise) for answer in answers)
    instance.settle()
    assert upkeep(instance, group.closes_at) == ["close_group", "rebate_batch"]
    return group


def delivered_group(instance: Instance) -> SignedGroup:
    group = closed_group(instance)
    instance.submit(ConfirmDelivery(hash_struct(group)), LEADER)
    instance.settle()
    assert group_row(group).status == GroupStatus.DELIVERED
    return group


def test_group__that_succeeds__is_closed_rebated_delivered_and_settled(past: Instance) -> None:
    group = delivered_group(past)
    assert past.balance(buyer(0)) == FUNDS - 900
    done = upkeep(past, past.clock() + 8 * 86_400)
    assert done == ["settle_group"]
    assert group_row(group).status == GroupStatus.SETTLED
    assert past.balance(MERCHANT) + past.balance(LEADER) == 10 * 900
    assert past.balance(LEADER) == 450


def test_group__below_its_minimum__is_failed_and_refunded(past: Instance) -> None:
    past.top_up(buyer(0), amount=FUNDS)
    group = replace(past.open_group(), units_min=5, salt=1)
    past.submit(group, LEADER)
    past.settle()
    past.submit(order(group, 2), buyer(0))
    past.settle()
    assert past.balance(buyer(0)) == FUNDS - 2 * PRICE
    assert "refund_batch" in upkeep(past, group.closes_at)
    assert group_row(group).status == GroupStatus.FAILED
    assert past.balance(buyer(0)) == FUNDS


def test_group__not_delivered__is_failed_and_refunded(past: Instance) -> None:
    group = closed_group(past)
    assert upkeep(past, group.deliver_by + 86_401) == ["fail_group", "refund_batch"]
    assert [past.balance(buyer(number)) for number in range(10)] == [FUNDS] * 10


def test_cancel_order__gives_the_money_back(past: Instance) -> None:
    past.top_up(buyer(0), buyer(1), amount=FUNDS)
    group = past.open_group()
    past.submit_all([(order(group), buyer(0)), (order(group, 3), buyer(1)), (order(group, nonce=1), buyer(0))])
    past.settle()
    past.submit(CancelOrder(hash_struct(group), 0), buyer(1))
    past.submit(CancelOrder(hash_struct(group), 1), buyer(0))
    past.settle()
    assert past.balance(buyer(1)) == FUNDS
    assert past.balance(buyer(0)) == FUNDS - PRICE


@pytest.mark.parametrize("canceller", [LEADER, MERCHANT])
def test_cancel_group__refunds_everybody(past: Instance, canceller: object) -> None:
    past.top_up(buyer(0), amount=FUNDS)
    group = past.open_group()
    past.submit(order(group), buyer(0))
    past.settle()
    past.submit(CancelGroup(hash_struct(group)), canceller)  # type: ignore[arg-type]
    past.settle()
    assert upkeep(past, past.clock() + 1) == ["refund_batch"]
    assert past.balance(buyer(0)) == FUNDS


def test_withdraw_and_burn__money_leaves(past: Instance) -> None:
    past.top_up(buyer(0), amount=FUNDS)
    treasury = past.deployment.treasury
    assert treasury is not None
    past.submit(Withdraw(treasury, 300, 0, past.clock() + 1_000), buyer(0))
    past.settle()
    facade.burn(300, "payout 1")
    facade.burn(300, "payout 1")
    past.settle()
    assert past.balance(buyer(0)) == FUNDS - 300
    assert past.yuan.total_supply() == past.escrow.held() == FUNDS - 300


def test_burn__of_tokens_that_are_not_there__waits_and_holds_up_nobody(past: Instance) -> None:
    facade.burn(1, "payout 1")
    past.top_up(buyer(0), amount=FUNDS)
    assert past.balance(buyer(0)) == FUNDS
    assert Message.objects.get(kind="burn").status == "waiting"


def test_bump_nonce__voids_what_is_below(past: Instance) -> None:
    past.top_up(buyer(0), amount=FUNDS)
    past.submit(BumpNonce(5), buyer(0))
    past.settle()
    assert past.escrow.account_state(buyer(0).address).nonce_base == 5


def test_return__accepted_by_the_merchant__pays_back(past: Instance) -> None:
    group = delivered_group(past)
    case = case_id(hash_struct(group), buyer(3).address, 0)
    past.submit(OpenCase(hash_struct(group), 0, CaseKind.RETURN, 900, bytes(32)), buyer(3))
    past.settle()
    past.submit(AnswerCase(case, accepted=True), MERCHANT)
    past.settle()
    assert past.balance(buyer(3)) == FUNDS
    assert past.balance(buyer(4)) == FUNDS - 900


def test_claim__rejected_then_ruled__pays_the_award(past: Instance) -> None:
    group = delivered_group(past)
    case = case_id(hash_struct(group), buyer(3).address, 0)
    past.submit(OpenCase(hash_struct(group), 0, CaseKind.CLAIM, 500, bytes(32)), buyer(3))
    past.settle()
    past.submit(AnswerCase(case, accepted=False), MERCHANT)
    past.settle()
    past.submit(RuleCase(case, 200), ARBITER)
    past.settle()
    assert past.balance(buyer(3)) == FUNDS - 900 + 200
    row = Case.objects.get()
    assert (row.status, row.decided) == (CaseStatus.CLOSED, Decided.RULED)


def test_claim__nobody_answers__is_resolved_for_the_buyer(past: Instance) -> None:
    group = delivered_group(past)
    past.submit(OpenCase(hash_struct(group), 0, CaseKind.CLAIM, 500, bytes(32)), buyer(3))
    past.settle()
    assert upkeep(past, past.clock() + 2 * 86_400 + 1) == ["resolve_case"]
    assert past.balance(buyer(3)) == FUNDS - 900 + 500


def test_message__that_the_chain_has_meanwhile_outrun__is_refused_by_name(past: Instance) -> None:
    past.top_up(buyer(0), amount=FUNDS)
    group = past.open_group()
    cancelled = past.submit(CancelGroup(hash_struct(group)), LEADER)
    again = past.submit(CancelGroup(hash_struct(group)), MERCHANT)
    past.settle()
    states = {promise.id: facade.status(promise.id) for promise in (cancelled, again)}
    assert sorted(state.stage for state in states.values() if state) == ["final", "refused"]
    refused = next(state for state in states.values() if state and state.stage == "refused")
    assert refused.refusal in (Refusal.GROUP_NOT_OPEN, Refusal.GROUP_NOT_CLOSED)
