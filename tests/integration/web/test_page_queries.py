"""A page asks the databases the same number of questions however many rows it lists."""

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext

from pinlian.apps.market import facade as market
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.case import CaseKind
from pinlian.domain.group import Group
from pinlian.domain.offer import Offer, Step, WindowKind
from tests.integration.accounts import log_in, sign_up, visitor
from tests.integration.town import ARBITER, DAY, LADDER, LEADER, MERCHANT, Town, buyer

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

RESIDENT = buyer(1)
PHONES = {"resident": "13900000001", "leader": "13900000002", "merchant": "13900000003", "arbiter": "13900000004"}


@pytest.fixture
def clients(town: Town, monkeypatch: pytest.MonkeyPatch) -> dict[str, Client]:
    """Everybody's browser; the pages live by the town's clock."""
    for module in ("pages", "leader_pages"):
        monkeypatch.setattr(f"pinlian.apps.groupbuy.{module}.seconds_now", lambda: town.now)
    sign_up(PHONES["resident"], "王秀兰", RESIDENT)
    sign_up(PHONES["leader"], "陈大姐", LEADER, "leader")
    keeper = sign_up(PHONES["merchant"], "吴志远", MERCHANT, "merchant")
    sign_up(PHONES["arbiter"], "何仲裁", ARBITER)
    account = to_hex(MERCHANT.address)
    shop = market.add_merchant(keeper, name="山里菜合作社", region="临安", about="", account=account, verified=True)
    market.add_product(shop.id, market.ProductWords(category="vegetables", name_zh="番茄", unit_zh="1 千克"))
    town.top_up(RESIDENT, buyer(2), amount=1_000_000)
    return {"visitor": visitor(), **{who: log_in(phone) for who, phone in PHONES.items()}}


def publish(town: Town, salt: int) -> Offer:
    """An offer with words of its own."""
    (product,) = market.products_of(market.merchants()[0].id)
    plan = market.OfferPlan(
        stock_cap=100 + salt,
        ladder=tuple(Step(step.units_min, step.price) for step in LADDER),
        window_kind=WindowKind.NO_REASON,
        window_seconds=7 * DAY,
        leader_bps=800,
    )
    return town.publish(salt=salt, terms=market.draft_offer(product.id, plan).terms)


def questions(clients: dict[str, Client], pages: dict[str, str]) -> dict[str, int]:
    """How many queries each page makes, in both databases."""
    counts = {}
    for address, who in pages.items():
        clients[who].get(address)
        with CaptureQueriesContext(connections["default"]) as one, CaptureQueriesContext(connections["journal"]) as two:
            assert clients[who].get(address).status_code == 200, address
        counts[address] = len(one) + len(two)
    return counts


def grown(few: dict[str, int], many: dict[str, int]) -> dict[str, tuple[int, int]]:
    """The pages that ask more now. Some ask less: a list of what waits for a leader may be empty now."""
    return {address: (few[address], count) for address, count in many.items() if count > few[address]}


def settle(town: Town, groups: list[Group], *buyers: int) -> None:
    """Orders by each buyer in each group, delivered, and all paid out."""
    for group in groups:
        for number in buyers:
            town.order(group, buyer(number), quantity=2)
    town.pass_to(groups[-1].closes_at)
    for group in groups:
        town.deliver(group)
    town.pass_to(town.now + 8 * DAY)


def test_pages_of_what_is_over__with_more_rows__ask_no_more(town: Town, clients: dict[str, Client]) -> None:
    pages = {
        "/orders/": "resident",
        "/money/": "resident",
        "/money/statement/": "resident",
        "/money/statement.csv": "resident",
        "/leader/": "leader",
        "/leader/income/": "leader",
        "/shop/": "merchant",
        "/shop/offers/": "merchant",
        "/shop/payouts/": "merchant",
        f"/shop/{market.merchants()[0].id}/": "visitor",
        "/api/v1/me/orders": "resident",
    }
    settle(town, [town.open(publish(town, 0), units_min=1)], 1)
    few = questions(clients, pages)
    settle(town, [town.open(publish(town, salt), salt=salt, units_min=1) for salt in (1, 2)], 1, 2)

    assert grown(few, questions(clients, pages)) == {}


def test_pages_of_what_is_going_on__with_more_rows__ask_no_more(town: Town, clients: dict[str, Client]) -> None:
    offers = [publish(town, salt) for salt in range(3)]
    delivered = [town.open(offer, salt=salt, units_min=1) for salt, offer in enumerate(offers)]
    orders = [[town.order(group, RESIDENT) for _ in range(3)] for group in delivered]
    town.pass_to(delivered[-1].closes_at)
    for group in delivered:
        town.deliver(group)
    opened = town.open(offers[0], salt=10, days=5)
    town.order(opened, RESIDENT)
    open_group, open_offer = to_hex(hash_struct(opened)), to_hex(hash_struct(offers[0]))
    pages = {
        "/": "visitor",
        f"/offers/{open_offer}/": "visitor",
        f"/groups/{open_group}/": "resident",
        f"/groups/{open_group}/members/": "visitor",
        f"/api/v1/groups/{open_group}/members": "visitor",
        f"/orders/{orders[0][2]}/": "resident",
        "/orders/": "resident",
        "/leader/": "leader",
        "/leader/offers/": "leader",
        f"/leader/groups/{open_group}/": "leader",
        f"/leader/groups/{to_hex(hash_struct(delivered[0]))}/hand-out/": "leader",
        "/shop/": "merchant",
        "/shop/orders/": "merchant",
        f"/shop/offers/{open_offer}/": "merchant",
        "/shop/cases/": "merchant",
        "/arbitration/": "arbiter",
        "/api/v1/me/cases": "resident",
    }

    def open_cases(of_group: list[str]) -> None:
        for number, order_id in enumerate(of_group[:2]):
            town.open_case(order_id, RESIDENT, CaseKind.CLAIM, 500)
            if number == 1:
                town.answer(order_id, accepted=False)

    open_cases(orders[0])
    few = questions(clients, pages)
    for of_group in orders[1:]:
        open_cases(of_group)
    for salt, offer in enumerate(offers):
        group = town.open(offer, salt=20 + salt, days=5)
        for number in (1, 2):
            town.order(group, buyer(number))
            town.order(opened, buyer(number))

    assert grown(few, questions(clients, pages)) == {}
