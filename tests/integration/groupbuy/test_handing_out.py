"""Delivery details are for those who deliver; goods go to whoever shows the code."""

import re
from datetime import UTC, datetime

import pytest

from pinlian.apps.groupbuy import facade, services
from pinlian.apps.groupbuy.models import DeliveryDetails, HandOut
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct, message_json
from pinlian.domain.group import Group
from pinlian.domain.order import order_id
from pinlian.domain.refusals import Refusal, Refused
from tests.integration.town import COURIER, LEADER, MERCHANT, Town, buyer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])

SALT = "0x" + "5a" * 32
BUYERS = [to_hex(buyer(number).address) for number in range(3)]
LEADERS, MERCHANTS, STRANGERS = ([to_hex(each.address)] for each in (LEADER, MERCHANT, COURIER))


def order_with_details(town: Town, group: Group, number: int, sealed: str) -> str:
    commitment = facade.commitment_of(SALT, sealed)
    order = town.make_order(group, buyer(number), number + 1, details=bytes.fromhex(commitment[2:]))
    submission = town.submission(order, buyer(number))
    facade.submit_message(
        "order", message_json(order), submission.signature, submission.signer, details=facade.Opening(SALT, sealed)
    )
    town.settle()
    return to_hex(order_id(order.group, buyer(number).address, order.nonce))


@pytest.fixture
def group(town: Town) -> Group:
    town.top_up(*(buyer(number) for number in range(3)))
    return town.open(town.publish(), units_min=1)


def refusal_of(call: object, *arguments: object, **named: object) -> Refusal:
    with pytest.raises(Refused) as refused:
        call(*arguments, **named)  # type: ignore[operator]
    return refused.value.refusal


def test_details__are_read_by_buyer_leader_and_merchant_until_they_are_erased(town: Town, group: Group) -> None:
    mine = order_with_details(town, group, 0, "sealed for door 301")
    other = order_with_details(town, group, 1, "sealed for door 502")
    for readers in ([BUYERS[0]], LEADERS, MERCHANTS):
        assert facade.read_delivery_details(mine, readers) == "sealed for door 301"
    for readers in ([BUYERS[1]], STRANGERS, []):
        assert refusal_of(facade.read_delivery_details, mine, readers) == Refusal.NOT_YOURS
    assert refusal_of(facade.erase_delivery_details, mine, LEADERS) == Refusal.NOT_YOURS
    facade.erase_delivery_details(mine, [BUYERS[0]])
    assert facade.read_delivery_details(mine, LEADERS) is None
    erased = DeliveryDetails.objects.get(commitment=town_details(mine))
    assert (erased.salt, erased.sealed) == ("", "")
    assert facade.read_delivery_details(other, LEADERS) == "sealed for door 502"
    assert facade.erase_all_delivery_details([BUYERS[1]]) == 1
    assert DeliveryDetails.objects.exclude(sealed="").count() == 0


def town_details(identifier: str) -> str:
    proof = facade.proof_of(identifier)
    return proof.details


def test_hand_out__by_code_or_by_face__is_recorded_once(town: Town, group: Group) -> None:
    orders = [order_with_details(town, group, number, f"sealed {number}") for number in range(3)]
    group_id = to_hex(hash_struct(group))
    codes = [facade.pickup_code(each, [BUYERS[number]]) for number, each in enumerate(orders)]
    assert len(set(codes)) == 3
    assert all(len(code) == 6 and code.isdecimal() for code in codes)
    assert facade.pickup_code(orders[0], [BUYERS[0]]) == codes[0]
    assert refusal_of(facade.pickup_code, orders[0], [BUYERS[1]]) == Refusal.NOT_YOURS
    # Six digits in a row stand in many a hash, but not as a word of their own.
    assert not re.search(rf"\b({'|'.join(codes)})\b", str(list(HandOut.objects.values())))
    assert refusal_of(facade.hand_out_by_code, group_id, codes[0], LEADERS) == Refusal.GROUP_NOT_DELIVERED

    town.pass_to(group.closes_at)
    town.deliver(group)
    assert refusal_of(facade.hand_out_by_code, group_id, codes[0], STRANGERS) == Refusal.NOT_YOURS
    wrong = next(f"{number:06}" for number in range(10) if f"{number:06}" not in codes)
    assert refusal_of(facade.hand_out_by_code, group_id, wrong, LEADERS) == Refusal.PICKUP_CODE_UNKNOWN
    assert facade.hand_out_by_code(group_id, f" {codes[1]} ", LEADERS) == BUYERS[1]
    facade.hand_out_without_code(group_id, BUYERS[2], LEADERS)
    facade.hand_out_by_code(group_id, codes[2], LEADERS)
    assert refusal_of(facade.hand_out_without_code, group_id, STRANGERS[0], LEADERS) == Refusal.ORDER_UNKNOWN

    listed = facade.hand_out_list(group_id, LEADERS)
    assert (listed.units, listed.units_handed) == (6, 5)
    assert [(line.units, bool(line.handed_at), line.with_code, line.sealed) for line in listed.lines] == [
        (1, False, False, ("sealed 0",)),
        (2, True, True, ("sealed 1",)),
        (3, True, False, ("sealed 2",)),
    ]
    assert facade.order_detail(orders[1], town.now).order.stage == "collected"
    assert refusal_of(facade.hand_out_list, group_id, STRANGERS) == Refusal.NOT_YOURS


def test_hand_out__told_of_later__keeps_the_time_at_which_it_was(town: Town, group: Group) -> None:
    order_id = town.order(group, buyer(0), 1)
    town.pass_to(group.closes_at)
    town.deliver(group)
    group_id, then = to_hex(hash_struct(group)), datetime.fromtimestamp(town.now + 600, UTC)
    facade.hand_out_without_code(group_id, BUYERS[0], LEADERS, handed_at=then)
    facade.hand_out_without_code(group_id, BUYERS[0], LEADERS)
    collected = [step.at for step in facade.order_detail(order_id, town.now).timeline if step.stage == "collected"]
    assert collected == [town.now + 600]


def test_hand_out__after_many_wrong_codes__takes_none_for_a_while(town: Town, group: Group) -> None:
    orders = [town.order(group, buyer(number), 1) for number in range(2)]
    town.pass_to(group.closes_at)
    town.deliver(group)
    group_id = to_hex(hash_struct(group))
    codes = [facade.pickup_code(each, [BUYERS[number]]) for number, each in enumerate(orders)]
    wrong = (f"{number:06}" for number in range(1_000) if f"{number:06}" not in codes)

    for _ in range(20):
        facade.hand_out_by_code(group_id, codes[0], LEADERS)
        assert refusal_of(facade.hand_out_by_code, group_id, next(wrong), LEADERS) == Refusal.PICKUP_CODE_UNKNOWN

    assert refusal_of(facade.hand_out_by_code, group_id, next(wrong), LEADERS) == Refusal.RATE_LIMITED
    assert refusal_of(facade.hand_out_by_code, group_id, codes[1], MERCHANTS) == Refusal.RATE_LIMITED
    facade.hand_out_without_code(group_id, BUYERS[1], LEADERS)
    handed = {line.buyer: line.with_code for line in facade.hand_out_list(group_id, LEADERS).lines}
    assert handed == {BUYERS[0]: True, BUYERS[1]: False}


def test_pickup_codes__that_would_be_equal__are_made_different(
    town: Town, group: Group, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [town.order(group, buyer(number), 1) for number in range(2)]
    derive = services._code
    monkeypatch.setattr(
        services, "_code", lambda group_id, who, attempt: "111111" if attempt == 0 else derive(group_id, who, attempt)
    )
    assert facade.pickup_code(orders[0], [BUYERS[0]]) == "111111"
    assert facade.pickup_code(orders[1], [BUYERS[1]]) != "111111"


def test_group_page__is_written_by_its_leader_only(town: Town, group: Group) -> None:
    group_id = to_hex(hash_struct(group))
    facade.write_group_page(group_id, LEADERS, note="周六上午到货", pickup_note="岗亭旁")
    card = facade.group_card(group_id)
    assert (card.note, card.pickup_note) == ("周六上午到货", "岗亭旁")
    assert refusal_of(facade.write_group_page, group_id, MERCHANTS, note="x") == Refusal.NOT_YOURS
    assert refusal_of(facade.write_group_page, group_id, LEADERS, note="x" * 501) == Refusal.OVERSIZED
    assert refusal_of(facade.write_group_page, "0x" + "12" * 32, LEADERS, note="x") == Refusal.GROUP_UNKNOWN


def test_consolidated_orders__list_each_group_of_the_merchant(town: Town, group: Group) -> None:
    for number in range(3):
        town.order(group, buyer(number), number + 1)
    (line,) = facade.consolidated_orders(MERCHANTS)
    assert (line.group_id, line.units, line.orders_count, line.amount_minor) == (
        to_hex(hash_struct(group)),
        6,
        3,
        6_000,
    )
    assert facade.consolidated_orders(STRANGERS) == []
    assert facade.consolidated_orders(MERCHANTS, offer_id="0x" + "12" * 32) == []
