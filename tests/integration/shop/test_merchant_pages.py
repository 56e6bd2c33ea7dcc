"""What a merchant sees of groups, orders, cases and money, on a real node."""

import csv
import io
import re
from dataclasses import replace
from zipfile import ZipFile

import pytest
from django.test import Client

from pinlian.apps.market import facade as market
from pinlian.apps.people import facade as people
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import CaseKind
from pinlian.domain.group import Group
from pinlian.domain.offer import Offer, Step, WindowKind
from pinlian.domain.refusals import Refusal
from pinlian.relayer.models import Message
from tests.integration.accounts import log_in, sign_up
from tests.integration.town import DAY, LEADER, MERCHANT, Town, buyer

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])


@pytest.fixture
def client(town: Town) -> Client:
    """Logged in as the merchant of a shop with a product; its leader is known by name."""
    sign_up("13900000002", "陈大姐", LEADER)
    keeper = sign_up("13900000001", "吴志远", MERCHANT)
    account = f"0x{MERCHANT.address.hex()}"
    shop = market.add_merchant(keeper, name="山里菜合作社", region="临安", about="", account=account, verified=True)
    market.add_product(shop.id, market.ProductWords(category="vegetables", name_zh="=番茄", unit_zh="1 千克"))
    return log_in("13900000001")


@pytest.fixture
def offer(town: Town, client: Client) -> Offer:
    (product,) = market.products_of(market.merchants()[0].id)
    plan = market.OfferPlan(
        stock_cap=100,
        ladder=(Step(1, 1000), Step(5, 900)),
        window_kind=WindowKind.NO_REASON,
        window_seconds=7 * DAY,
        leader_bps=1000,
    )
    drafted = market.draft_offer(product.id, plan)
    town.submit(drafted, MERCHANT)
    town.settle()
    return drafted


@pytest.fixture
def group(town: Town, offer: Offer) -> Group:
    place = people.add_pickup_point(code="guihua", name="东门驿站", district="桂花苑", address="桂雨路 18 号")
    now = town.now
    opened = Group(
        hash_struct(offer),
        LEADER.address,
        units_min=2,
        closes_at=now + DAY,
        deliver_by=now + 3 * DAY,
        pickup=bytes.fromhex(place.commitment[2:]),
        salt=1,
    )
    town.top_up(buyer(1), buyer(2))
    town.submit(opened, LEADER)
    town.settle()
    return opened


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, address
    return response.content.decode()


def test_overview__counts_orders_and_the_merchants_own_part(town: Town, client: Client, group: Group) -> None:
    town.order(group, buyer(1), 2)
    town.order(group, buyer(2), 1)
    context = client.get("/shop/").context
    books = context["books"]
    assert (books.units_sold, books.stock_cap, len(books.open)) == (3, 100, 1)
    assert books.hoped_minor == 3000 - sum(
        3000 * bps // 10_000 for bps in (1000, *(rule.share_bps for rule in market.trade_rules().payees))
    )
    assert books.secured_minor == context["paid_minor"] == 0

    town.pass_to(group.closes_at)
    books = client.get("/shop/").context["books"]
    assert (books.hoped_minor, len(books.to_deliver)) == (0, 1)
    assert books.secured_minor > 0


def test_settled_group__is_in_payouts_to_the_fen(town: Town, client: Client, group: Group) -> None:
    town.order(group, buyer(1), 3)
    town.pass_to(group.closes_at)
    secured = client.get("/shop/").context["books"].secured_minor
    town.deliver(group)
    town.pass_to(town.now + 8 * DAY)
    context = client.get("/shop/payouts/").context
    assert context["total_minor"] == secured == sum(line.amount_minor for line, _words in context["rows"])
    assert client.get("/shop/").context["books"].secured_minor == 0


def test_consolidated_orders__add_up_by_pickup_point_and_product(town: Town, client: Client, group: Group) -> None:
    town.order(group, buyer(1), 2)
    town.order(group, buyer(2), 4)
    page = client.get("/shop/orders/")
    (stop,) = page.context["stops"]
    (line,) = stop.lines
    assert (stop.name, stop.units) == ("东门驿站", 6)
    assert (line.units, line.orders_count, line.leader_name, line.is_final) == (6, 2, "陈大姐", False)
    assert page.context["totals"] == [("=番茄", "1 千克", 6)]

    response = client.get("/shop/orders.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    rows = list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))
    assert rows[0][:6] == ["小区", "自提点", "地址", "商品", "规格", "数量"]
    # A spreadsheet must not take a product's name for a formula.
    assert rows[1][:6] == ["桂花苑", "东门驿站", "桂雨路 18 号", "'=番茄", "1 千克", "6"]

    book = ZipFile(io.BytesIO(client.get("/shop/orders.xlsx").content))
    assert "东门驿站" in book.read("xl/sharedStrings.xml").decode()
    assert b"<f>" not in book.read("xl/worksheets/sheet1.xml")


def test_case__shows_what_is_asked_and_both_answers_to_sign(town: Town, client: Client, group: Group) -> None:
    order = town.order(group, buyer(1), 3)
    town.pass_to(group.closes_at)
    town.deliver(group)
    town.open_case(order, buyer(1), CaseKind.CLAIM, 500)
    assert "有 1 个售后等您答复" in text(client, "/shop/")
    (row,) = client.get("/shop/cases/").context["rows"]
    assert (row["case"].asked_minor, row["case"].kind) == (500, CaseKind.CLAIM)
    assert (row["accept"], row["reject"]) == (
        {"case_id": order, "accepted": True},
        {"case_id": order, "accepted": False},
    )
    town.answer(order, accepted=True)
    assert "没有待处理的售后" in text(client, "/shop/cases/")


def history(page: str) -> list[str]:
    """The steps of the only case on a page, as they are read."""
    steps = page.split('class="timeline-list"')[1].split("</ol>")[0].split("<li")[1:]
    return [" ".join(re.sub("<[^>]+>", " ", step.split(">", 1)[1]).split()) for step in steps]


def test_case__that_is_over__keeps_its_history_for_the_merchant(town: Town, client: Client, group: Group) -> None:
    order = town.order(group, buyer(1), 3)
    town.pass_to(group.closes_at)
    town.deliver(group)
    town.open_case(order, buyer(1), CaseKind.CLAIM, 500)
    opened = history(text(client, "/shop/cases/"))
    town.answer(order, accepted=False)
    rejected = history(text(client, "/shop/cases/"))
    town.pass_to(town.now + 8 * DAY)
    closed = history(text(client, "/shop/cases/"))

    assert [re.sub(r"\s*[0-9].*", "", step) for step in opened] == ["买家申请了售后 ¥", "等商家答复 最晚"]
    assert [re.sub(r"\s*[0-9].*", "", step) for step in rejected] == [
        "买家申请了售后 ¥",
        "商家未同意",
        "等仲裁裁决 最晚",
    ]
    assert [re.sub(r"\s*[0-9].*", "", step) for step in closed] == [
        "买家申请了售后 ¥",
        "商家未同意",
        "超时无人答复，钱已退回 ¥",
    ]
    assert closed[0].startswith("买家申请了售后 ¥5.00")
    assert re.search(r"\d+月\d+日 \d\d:\d\d$", closed[2])


def test_cases__of_what_others_sell__are_not_shown(town: Town, client: Client, offer: Offer) -> None:
    theirs = replace(offer, merchant=buyer(9).address, salt=9)
    town.submit(theirs, buyer(9))
    town.settle()
    town.top_up(buyer(1))
    group = town.open(theirs, units_min=1)
    order = town.order(group, buyer(1))
    town.pass_to(group.closes_at)
    town.deliver(group)
    town.open_case(order, buyer(1), CaseKind.CLAIM, 500)
    town.answer(order, accepted=False, who=buyer(9))

    context = client.get("/shop/cases/").context
    assert (context["rows"], context["answered"]) == ([], [])


def test_offer__of_another_merchant__is_not_shown(town: Town, client: Client, offer: Offer) -> None:
    theirs = replace(offer, merchant=LEADER.address, salt=9)
    town.submit(theirs, LEADER)
    town.settle()
    assert client.get(f"/shop/offers/0x{hash_struct(offer).hex()}/").status_code == 200
    assert client.get(f"/shop/offers/0x{hash_struct(theirs).hex()}/").status_code == 404


def test_offer__that_the_chain_refuses__says_why(town: Town, client: Client, offer: Offer) -> None:
    message = replace(offer, salt=77)
    promise = town.submit(message, MERCHANT)
    address = f"/shop/offers/0x{hash_struct(message).hex()}/?message={promise.id}"
    waiting = text(client, address)
    Message.objects.filter(message_id=promise.id).update(status=Message.Status.REFUSED, refusal=Refusal.LADDER_INVALID)

    assert "供货正在发布" in waiting
    assert "阶梯价" in text(client, address)
    assert client.get(address.split("?")[0]).status_code == 404


def test_pages__speak_english_too(town: Town, client: Client, group: Group) -> None:
    client.cookies["django_language"] = "en"
    assert "Nothing to deliver" in text(client, "/shop/orders/")
    assert "Groups that take orders" in text(client, "/shop/")
