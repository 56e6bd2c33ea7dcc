"""A group's whole life as the facade shows it, on a real node."""

import pytest

from pinlian.apps.groupbuy import facade
from pinlian.apps.groupbuy.records import OrderStage, TimelineStage
from pinlian.apps.insight.facade import audit
from pinlian.apps.money import facade as money
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import CaseKind, CaseStatus, Decided
from pinlian.domain.group import FailReason, GroupStatus
from tests.integration.town import (
    ARBITER,
    COURIER,
    DAY,
    LEADER,
    LOW_PRICE,
    MERCHANT,
    PICKUP,
    PRICE,
    Town,
    buyer,
)

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])


def address(key: object) -> str:
    return to_hex(key.address)  # type: ignore[attr-defined]


def test_group__that_reaches_the_second_step__is_rebated_delivered_settled_and_paid_out(town: Town) -> None:
    one, two = buyer(1), buyer(2)
    town.top_up(one, two)
    group = town.open(town.publish())
    group_id = to_hex(hash_struct(group))
    first, second = town.order(group, one, 4), town.order(group, two, 7)

    card = facade.group_card(group_id)
    assert (card.status, card.units, card.units_min, card.units_left, card.orders_count) == (
        GroupStatus.OPEN,
        11,
        3,
        489,
        2,
    )
    assert [(step.units_min, step.reached) for step in card.ladder] == [(1, True), (10, True)]
    assert (card.price_minor, card.offer.first_price_minor, card.units_to_next_step) == (LOW_PRICE, PRICE, None)
    assert [member.quantity for member in facade.members(group_id)] == [4, 7]
    assert [each.id for each in facade.groups_on_sale(town.now, pickups=[to_hex(PICKUP)])] == [group_id]
    assert facade.groups_on_sale(town.now, pickups=["0x" + "00" * 32]) == []

    town.pass_to(group.closes_at)
    card = facade.group_card(group_id)
    assert (card.status, card.price_minor, card.rebated_minor) == (
        GroupStatus.CLOSED,
        LOW_PRICE,
        11 * (PRICE - LOW_PRICE),
    )
    assert money.account_card(address(one)).balance_minor == 100_000 - 4 * LOW_PRICE

    town.deliver(group)
    detail = facade.order_detail(first, town.now)
    assert (detail.order.stage, detail.can_return, detail.can_claim, detail.can_cancel) == (
        OrderStage.DELIVERED,
        True,
        True,
        False,
    )
    assert detail.group.window_ends_at == town.now + 7 * DAY
    assert [(step.stage, step.done) for step in detail.timeline] == [
        (TimelineStage.PLACED, True),
        (TimelineStage.GROUP_CLOSED, True),
        (TimelineStage.REBATED, True),
        (TimelineStage.GROUP_DELIVERED, True),
        (TimelineStage.COLLECTED, False),
        (TimelineStage.GROUP_SETTLED, False),
    ]

    town.pass_to(detail.group.window_ends_at)
    assert facade.group_card(group_id).status == GroupStatus.DELIVERED
    town.pass_to(detail.group.window_ends_at + 1)
    total = 11 * LOW_PRICE
    assert facade.group_card(group_id).settled_amount_minor == total
    assert money.payouts_of_group(group_id) == {
        address(LEADER): total * 800 // 10_000,
        address(COURIER): total * 250 // 10_000,
        address(MERCHANT): total - total * 800 // 10_000 - total * 250 // 10_000,
    }
    assert facade.order_detail(second, town.now).order.stage == OrderStage.SETTLED
    statement = money.statement([address(one)])
    assert [(line.kind.name, line.amount_minor, line.balance_minor) for line in statement.lines] == [
        ("REBATE", 4 * (PRICE - LOW_PRICE), 100_000 - 4 * LOW_PRICE),
        ("ORDER", -4 * PRICE, 96_000),
        ("DEPOSIT", 100_000, 100_000),
    ]
    assert audit(town.escrow, town.deployment.block).differences == ()


def test_group__below_its_minimum__fails_and_refunds_everybody(town: Town) -> None:
    town.top_up(buyer(1), buyer(2))
    group = town.open(town.publish(), units_min=20)
    orders = [town.order(group, buyer(1), 2), town.order(group, buyer(2), 3)]
    town.pass_to(group.closes_at)
    card = facade.group_card(to_hex(hash_struct(group)))
    assert (card.status, card.fail_reason, card.refunded_minor) == (GroupStatus.FAILED, FailReason.UNITS_MIN, 5 * PRICE)
    assert card.units_left == 500
    assert [facade.order_detail(each, town.now).order.stage for each in orders] == [OrderStage.REFUNDED] * 2
    assert [town.balance(buyer(number)) for number in (1, 2)] == [100_000, 100_000]
    assert audit(town.escrow, town.deployment.block).ok


def test_group__not_delivered_in_time__fails_and_refunds_what_was_paid_less_the_rebate(town: Town) -> None:
    town.top_up(buyer(1))
    group = town.open(town.publish(), units_min=1)
    order = town.order(group, buyer(1), 12)
    town.pass_to(group.closes_at)
    assert town.balance(buyer(1)) == 100_000 - 12 * LOW_PRICE
    town.pass_to(group.deliver_by + DAY)
    assert facade.group_card(to_hex(hash_struct(group))).status == GroupStatus.CLOSED
    town.pass_to(group.deliver_by + DAY + 1)
    card = facade.group_card(to_hex(hash_struct(group)))
    assert (card.fail_reason, card.refunded_minor) == (FailReason.UNDELIVERED, 12 * LOW_PRICE)
    assert town.balance(buyer(1)) == 100_000
    assert facade.order_detail(order, town.now).order.cost_minor == 0
    assert audit(town.escrow, town.deployment.block).ok


def test_order__cancelled_before_the_close__frees_units_and_money(town: Town) -> None:
    town.top_up(buyer(1), buyer(2))
    group = town.open(town.publish(), units_min=1)
    gone, stays = town.order(group, buyer(1), 5), town.order(group, buyer(2), 1)
    assert facade.order_detail(gone, town.now).can_cancel
    town.cancel(gone, buyer(1))
    detail = facade.order_detail(gone, town.now)
    assert (detail.order.stage, detail.order.refunded_minor, detail.can_cancel) == (
        OrderStage.CANCELLED,
        5 * PRICE,
        False,
    )
    assert [step.stage for step in detail.timeline] == [TimelineStage.PLACED, TimelineStage.CANCELLED]
    card = facade.group_card(to_hex(hash_struct(group)))
    assert (card.units, card.orders_count, card.units_left) == (1, 1, 499)
    assert [member.order_id for member in facade.members(card.id)] == [stays]
    assert audit(town.escrow, town.deployment.block).ok


def test_cases__accepted_ruled_and_timed_out__end_as_decided(town: Town) -> None:
    buyers = [buyer(number) for number in range(1, 5)]
    town.top_up(*buyers)
    group = town.open(town.publish())
    returned, ruled, silent, settled = (town.order(group, each, 3) for each in buyers)
    town.pass_to(group.closes_at)
    town.deliver(group)
    paid = 3 * LOW_PRICE
    town.open_case(returned, buyers[0], CaseKind.RETURN, paid)
    town.open_case(ruled, buyers[1], CaseKind.CLAIM, 1_000)
    town.open_case(silent, buyers[2], CaseKind.CLAIM, 500)
    assert {card.id for card in facade.cases_to_decide([address(MERCHANT)])} == {returned, ruled, silent}
    assert [card.id for card in facade.cases_to_decide([address(LEADER)])] == [returned]
    assert facade.cases_to_decide([address(ARBITER)]) == []
    town.answer(returned, accepted=True, who=LEADER)
    town.answer(ruled, accepted=False)
    assert [card.id for card in facade.cases_to_decide([address(ARBITER)])] == [ruled]
    town.rule(ruled, 400)
    card = facade.case_card(silent)
    town.pass_to(card.decide_by)
    assert facade.case_card(silent).status == CaseStatus.OPENED
    town.pass_to(card.decide_by + 1)
    outcomes = {each: facade.case_card(each) for each in (returned, ruled, silent)}
    assert {each: (card.decided, card.award_minor) for each, card in outcomes.items()} == {
        returned: (Decided.ACCEPTED, paid),
        ruled: (Decided.RULED, 400),
        silent: (Decided.TIMEOUT, 500),
    }
    assert town.balance(buyers[0]) == 100_000
    assert town.balance(buyers[1]) == 100_000 - paid + 400
    assert facade.order_detail(silent, town.now).order.stage == OrderStage.CASE_CLOSED
    assert [card.id for card in facade.cases_of_buyers([address(buyers[2])])] == [silent]
    town.pass_to(facade.group_card(to_hex(hash_struct(group))).window_ends_at + 1)
    assert facade.order_detail(settled, town.now).order.stage == OrderStage.SETTLED
    assert audit(town.escrow, town.deployment.block).differences == ()


def test_window__in_a_pause__stands_still(town: Town) -> None:
    town.top_up(buyer(1))
    group = town.open(town.publish(), units_min=1)
    town.order(group, buyer(1), 2)
    town.pass_to(group.closes_at)
    town.deliver(group)
    group_id = to_hex(hash_struct(group))
    before = facade.group_card(group_id).window_ends_at
    town.pause(3 * DAY)
    assert facade.group_card(group_id).window_ends_at == before + 3 * DAY
    town.pass_to(before + 3 * DAY)
    assert facade.group_card(group_id).status == GroupStatus.DELIVERED
    town.pass_to(before + 3 * DAY + 1)
    assert facade.group_card(group_id).status == GroupStatus.SETTLED
    assert audit(town.escrow, town.deployment.block).ok
