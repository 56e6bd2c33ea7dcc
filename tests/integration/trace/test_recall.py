"""A recall: from one lot to all lots, groups, orders, and the people who must hear of it."""

import csv
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest

from pinlian.apps.groupbuy.models import Group, Order
from pinlian.apps.people import facade as people
from pinlian.apps.people.models import DeviceKey, Notice, Person
from pinlian.apps.trace import facade as trace
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.refusals import Refusal, Refused
from tests.integration.accounts import PASSWORD, log_in, sign_up, visitor
from tests.integration.town import LEADER, MERCHANT, Town, buyer
from tests.integration.trace.people import signing
from tests.integration.trace.scene import (
    CRATE,
    FACTORY,
    PICKUP,
    capture,
    follow,
    lot,
    made,
    packed,
    received,
    shipped,
    transformed,
    unix,
    unpacked,
)

RAW, BOXED, OTHER = lot("RAW"), lot("BOXED"), lot("OTHER")
REASON = "pesticide above the limit"


class TestOnRecord:
    """Who may call a lot back, and until when it counts; no orders are needed for that."""

    pytestmark = [
        pytest.mark.django_db(databases=["default", "journal", "record"]),
        pytest.mark.usefixtures("record"),
    ]

    def test_recall__by_the_operator__reaches_everything_made_of_the_lot(self) -> None:
        group = "0x" + "0a" * 32
        capture(
            made((RAW, 100, "KGM"), where=FACTORY),
            made((OTHER, 10, "KGM"), where=FACTORY),
            transformed([(RAW, 100, "KGM")], [(BOXED, 95, "KGM")], at=4),
            packed(CRATE, (BOXED, 95, "KGM"), (OTHER, 10, "KGM"), where=FACTORY, at=5),
            shipped(CRATE, where=FACTORY, at=6, group=group),
            received(CRATE, where=PICKUP, at=9),
            unpacked(CRATE, where=PICKUP, at=10),
        )
        card = trace.recall(RAW, REASON)
        follow()
        assert card.lots == (RAW, BOXED)
        assert card.groups == (group,)
        assert [recall.reason for recall in trace.history(BOXED).recalls] == [REASON]
        assert trace.history(OTHER).recalls == ()
        assert [recall.epc for recall in trace.open_recalls()] == [RAW]

    def test_recall__by_a_stranger__does_not_count(self) -> None:
        farmer, stranger = signing("farmer"), signing("stranger")
        trace.register_lot(RAW, name="Spinach", sign=farmer)
        trace.recall(RAW, REASON, sign=stranger)
        follow()
        assert trace.recalls_of([RAW]) == []
        trace.recall(RAW, REASON, sign=farmer)
        follow()
        assert len(trace.recalls_of([RAW])) == 1

    def test_end_recall__by_whoever_may__ends_it(self) -> None:
        trace.recall(RAW, REASON, at=unix(1))
        trace.end_recall(RAW, "the laboratory was wrong", at=unix(2))
        follow()
        assert trace.open_recalls() == []

    def test_recall__by_the_keeper__is_not_ended_by_the_farmer(self) -> None:
        """The laboratory found something; whoever sold it would rather not hear of it."""
        farmer = signing("farmer")
        trace.register_lot(RAW, name="Spinach", sign=farmer)
        trace.recall(RAW, REASON, at=unix(1))
        trace.recall(RAW, "a stone in it", sign=farmer, at=unix(2))
        trace.end_recall(RAW, "all is well", sign=farmer, at=unix(3))
        follow()
        assert [recall.reason for recall in trace.recalls_of([RAW])] == [REASON]
        trace.end_recall(RAW, "the laboratory was wrong", at=unix(4))
        follow()
        assert trace.recalls_of([RAW]) == []

    def test_recall__without_a_reason__is_refused(self) -> None:
        with pytest.raises(Refused) as refused:
            trace.recall(RAW, "")
        assert (refused.value.refusal, refused.value.field) == (Refusal.MALFORMED, "reason")


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_recall__of_a_lot_that_went_to_a_group__tells_buyers_leader_and_merchant_once(town: Town) -> None:
    one, two, elsewhere = buyer(1), buyer(2), buyer(3)
    ids = {
        name: sign_up(f"1380000000{number}", name, key, *roles)
        for number, (name, key, roles) in enumerate(
            [("one", one, ()), ("two", two, ()), ("elsewhere", elsewhere, ()), ("leader", LEADER, ("leader",)),
             ("merchant", MERCHANT, ("merchant",))]
        )
    }  # fmt: skip
    town.top_up(one, two, elsewhere)
    offer = town.publish()
    group, other = town.open(offer), town.open(offer, salt=1)
    town.order(group, one, 2)
    town.order(group, two, 3)
    town.order(other, elsewhere, 4)
    group_id, other_id = to_hex(hash_struct(group)), to_hex(hash_struct(other))
    trace.register_lot(BOXED, name="Spinach, washed")
    capture(made((BOXED, 100, "KGM")), shipped((BOXED, 20, "KGM"), group=group_id))

    card = trace.recall(BOXED, REASON)
    assert (card.groups, card.orders) == ((group_id,), 2)
    assert trace.lots_of_group(group_id) == [BOXED]
    told = {name for name, person in ids.items() if people.notices_of(person)}
    assert told == {"one", "two", "leader", "merchant"}
    (notice,) = people.notices_of(ids["one"])
    assert REASON in notice.text
    assert notice.path == "/01/09521234000013/10/BOXED"

    follow()
    assert len(people.notices_of(ids["one"])) == 1
    capture(shipped((BOXED, 20, "KGM"), at=2, group=other_id))
    assert len(people.notices_of(ids["elsewhere"])) == 1, "it went further after it was called back"
    assert len(people.notices_of(ids["leader"])) == 2


NEIGHBOURS = 1_200


@pytest.fixture
def crowd(town: Town) -> str:
    """A group that 1,200 neighbours ordered in, some of them twice, with a lot that was shipped for it; the group."""
    sign_up("13800000001", "leader", LEADER, "leader")
    town.top_up(buyer(1))
    offer = town.publish()
    group = town.open(offer)
    town.order(group, buyer(1), 1)
    group_id = to_hex(hash_struct(group))
    persons = Person.objects.bulk_create(
        Person(phone_lookup=f"n{number}", phone_sealed=b"", display_name="邻居") for number in range(NEIGHBOURS)
    )
    accounts = [f"0x{number:040x}" for number in range(1, NEIGHBOURS + 1)]
    DeviceKey.objects.bulk_create(
        DeviceKey(address=account, person=person, label="手机")
        for account, person in zip(accounts, persons, strict=True)
    )
    placed = Order.objects.get()
    Order.objects.bulk_create(
        Order(
            id=f"0x{number:064x}",
            batch=1_000 + number,
            index=0,
            group_id=group_id,
            buyer=account,
            quantity=1,
            nonce=number,
            details=placed.details,
            amount_minor=placed.amount_minor,
            placed_at=placed.placed_at,
        )
        for number, account in enumerate([*accounts, *accounts[:20]])
    )
    Group.objects.update(orders_count=NEIGHBOURS + 21)
    capture(made((BOXED, 100, "KGM")), shipped((BOXED, 20, "KGM"), group=group_id))
    return group_id


def told() -> list[int]:
    return sorted(Notice.objects.filter(kind="recall").values_list("person_id", flat=True))


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_recall__of_more_orders_than_a_page_holds__reaches_every_one_once(crowd: str) -> None:
    card = trace.recall(BOXED, REASON)
    assert card.orders == NEIGHBOURS + 21
    assert told() == sorted(DeviceKey.objects.values_list("person_id", flat=True))
    follow()
    assert len(told()) == NEIGHBOURS + 1


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_recall__killed_while_it_told__is_told_to_the_rest_by_the_engine_and_to_nobody_twice(
    crowd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The web process dies after some notices, and so does the engine that goes on."""
    sends = people.notify
    for sends_before in (2, 1):
        calls = iter(range(sends_before))

        def dying(notices: Any, calls: Iterator[int] = calls) -> int:
            if next(calls, None) is None:
                raise KeyboardInterrupt
            return sends(notices)

        monkeypatch.setattr(people, "notify", dying)
        with pytest.raises(KeyboardInterrupt):
            trace.recall(BOXED, REASON) if sends_before == 2 else follow()
        assert 0 < len(told()) < NEIGHBOURS
    monkeypatch.setattr(people, "notify", sends)
    follow()
    assert told() == sorted(DeviceKey.objects.values_list("person_id", flat=True))


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_office_lot__with_many_orders__counts_and_exports_them_all(crowd: str) -> None:
    people.sign_up(phone="13800009001", password=PASSWORD, display_name="小何", language="en", roles=("operator",))
    operator = log_in("13800009001", "en")
    Person.objects.filter(phone_lookup="n7").update(display_name="=cmd()")
    page = operator.get("/lots/office/09521234000013/BOXED/").content.decode()
    assert "(1221)" in page
    assert "and 1171 more" in page
    table = operator.get("/lots/office/orders/09521234000013/BOXED/").content.decode("utf-8-sig")
    rows = list(csv.reader(table.splitlines()))
    assert len({row[5] for row in rows[1:]}) == NEIGHBOURS + 21
    assert not any(cell.startswith("=") for row in rows for cell in row)
    assert visitor().get("/lots/office/orders/09521234000013/BOXED/").status_code == HTTPStatus.FOUND
