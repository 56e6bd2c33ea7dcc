"""A group buy from signing up to settlement, by four people on their own devices, through the pages alone."""

import re
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakeDevice
from tests.journeys.device import COMES_SECONDS, PASSPHRASE, Device
from tests.journeys.neighbourhood import LEADER_PHONE, MERCHANT_PHONE, PASSWORD, WINDOW_SECONDS

OPEN_SECONDS_MIN = 75
SIGN_UP_SECONDS_MAX = 60


def sign_up(device: Device, phone: str, name: str, words: dict[str, str]) -> None:
    """From nothing to a key that can order."""
    device.open("/me/sign-up/")
    device.check_accessibility("sign-up")
    device.page.fill("[name=phone]", phone)
    device.page.fill("[name=display_name]", name)
    device.page.fill("[name=password]", PASSWORD)
    device.page.select_option("[name=home_pickup_point]", index=1)
    device.page.check("[name=consent]")
    device.page.locator("main form button").click()
    device.page.wait_for_url("**/me/key/**")
    device.check_accessibility("key")
    device.page.fill("#new-passphrase", PASSPHRASE)
    device.page.fill("#same-passphrase", PASSPHRASE)
    device.button(words["done"])
    device.wait_for_toast(words["key ready"])


def top_up(device: Device, amount: str, words: dict[str, str]) -> None:
    device.open("/money/top-up/")
    device.check_accessibility("top-up")
    device.page.fill("[name=amount]", amount)
    device.button(words["to the payment"])
    device.button(words["pay now"])
    device.sees(words["in your balance"])


def order(device: Device, title: str, quantity: int, words: dict[str, str]) -> str:
    """Order from the group that is on; the address of the order."""
    device.open("/")
    device.check_accessibility("home")
    device.follow(device.page.locator("a.group-card", has_text=title).first)
    device.sees(words["about"])
    device.check_accessibility("group")
    device.page.fill("#quantity", str(quantity))
    device.button(words["order now"])
    device.sees(words["you pay now"])
    device.check_accessibility("order")
    device.page.fill("#detail-wish", "放门口")
    device.button(words["pay"])
    device.agree()
    address = device.order_address()
    device.sees(words["the way"])
    return address


ZH = {
    "done": "完成",
    "key ready": "钥匙已就绪",
    "to the payment": "去支付",
    "pay now": "立即支付",
    "in your balance": "已到账",
    "about": "商品介绍",
    "order now": "立即下单",
    "you pay now": "现在支付",
    "pay": "存入托管并下单",
    "the way": "订单进度",
}
EN = {
    "done": "Done",
    "key ready": "Your key is ready",
    "to the payment": "To the payment",
    "pay now": "Pay now",
    "in your balance": "In your balance",
    "about": "About the goods",
    "order now": "Order now",
    "you pay now": "You pay now",
    "pay": "Pay into escrow and order",
    "the way": "The way of your order",
}


@pytest.mark.timeout(1800)
def test_group_buy__four_people__from_sign_up_to_settlement(make_device: MakeDevice) -> None:
    grandmother, neighbour = make_device("phone", "zh"), make_device("desktop", "en")
    leader, merchant = make_device("phone", "zh"), make_device("desktop", "zh")

    # Residents join, each in less than a minute, and put money in.
    began = time.monotonic()
    sign_up(grandmother, "13700000001", "王奶奶", ZH)
    assert time.monotonic() - began < SIGN_UP_SECONDS_MAX
    sign_up(neighbour, "13700000002", "Emma", EN)
    top_up(grandmother, "50", ZH)
    top_up(neighbour, "20.50", EN)
    # To order takes them about as long: the group has to be open for longer than that, however busy the machine is.
    open_seconds = max(OPEN_SECONDS_MIN, round(2 * (time.monotonic() - began)))

    # The leader opens a group, on a telephone that never had her key.
    leader.log_in(LEADER_PHONE, PASSWORD)
    leader.open("/leader/offers/")
    leader.check_accessibility("leader-offers")
    leader.follow(leader.page.locator("a.offer-card", has_text="高山小青菜"))
    leader.check_accessibility("group-new")
    closes_at = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(seconds=open_seconds)
    leader.page.fill("[name=units_min]", "2")
    leader.page.fill("[name=closes_at]", closes_at.strftime("%Y-%m-%dT%H:%M:%S"))
    leader.page.fill("[name=deliver_by]", (closes_at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M"))
    leader.button("开团")
    leader.agree("not the passphrase")
    expect(leader.page.locator("#passphrase-error")).to_contain_text("口令不对")
    leader.agree(PASSWORD)
    leader.sees("接下来")
    leader.page.fill("[name=note]", "今晚到货，记得带袋子。")
    leader.button("保存")
    leader.wait_for_toast("已保存")
    leader_page = leader.page.url

    # Two neighbours order; together they reach the lower price.
    grandmothers_order = order(grandmother, "高山小青菜", 2, ZH)
    order(neighbour, "Mountain pak choi", 1, EN)
    grandmother.link("高山小青菜")
    grandmother.reload_until("Emma"[0])
    grandmother.sees("今晚到货")
    grandmother.button("核对成员是否真实")
    expect(grandmother.page.locator("see-proof")).to_contain_text("成员全部真实：2 单，3 份")
    leader.page.reload()
    leader.check_accessibility("leader-group")

    # Time closes the group; the difference comes back by itself.
    grandmother.open(grandmothers_order)
    grandmother.reload_until("降价，差价已退", open_seconds + COMES_SECONDS)
    grandmother.sees("¥1.00")
    leader.page.reload()
    leader.button("货已送到")
    leader.agree()
    leader.link("交付")
    grandmother.reload_until("取货时出示")
    code = grandmother.page.locator(".collect-code").inner_text()
    grandmother.check_accessibility("order-collect")

    # The neighbour's goods are faulty: first, for claims have to come within the window.
    neighbour.page.reload()
    neighbour.reload_until("Goods were faulty")
    neighbour.link("Goods were faulty")
    neighbour.check_accessibility("claim")
    neighbour.page.get_by_label("Spoiled or not fresh").check()
    neighbour.page.fill("[name=text]", "Half of it was yellow.")
    neighbour.page.fill("[name=asked]", "99")
    neighbour.button("Send")
    expect(neighbour.page.locator("[data-error-of=asked]")).to_contain_text("Enter an amount up to ¥4.30")
    neighbour.page.fill("[name=asked]", "2.15")
    neighbour.button("Send")
    neighbour.agree()
    neighbour.sees("Your claim")

    # Grandmother collects by code; the leader's device reads what she wrote.
    leader.page.fill("#code", "000000" if code != "000000" else "000001")
    leader.button("交付")
    leader.sees("本团没有人用这个取货码")
    leader.page.fill("#code", code)
    leader.button("交付")
    expect(leader.page.locator(".hand-out-done")).to_contain_text("王奶奶")
    leader.button("显示姓名和备注")
    leader.agree()
    expect(leader.page.locator(".hand-out-rows")).to_contain_text("放门口")
    leader.page.fill("#code", code)
    leader.button("交付")
    expect(leader.page.locator(".hand-out-done")).to_have_count(1)
    expect(leader.page.locator(".line:has(.handed-at) .sealed-lines")).to_contain_text("放门口")
    leader.check_accessibility("hand-out")

    # The merchant pays back what was asked.
    merchant.log_in(MERCHANT_PHONE, PASSWORD)
    merchant.open("/shop/cases/")
    merchant.sees("Half of it was yellow.")
    merchant.page.get_by_role("button", name=re.compile("¥2.15")).click()
    merchant.agree(PASSWORD)
    merchant.sees("没有")
    neighbour.reload_until("You got")

    # Grandmother's device checks her order; a lie of the server does not pass.
    grandmother.page.reload()
    grandmother.link("查看凭证")
    grandmother.button("在我的设备上核对")
    expect(grandmother.page.locator("see-proof")).to_contain_text("您的订单在公开账本上")
    grandmother.check_accessibility("proof")

    def lie(route, request) -> None:  # type: ignore[no-untyped-def]
        told = route.fetch().json()
        route.fulfill(json=told | {"quantity": told["quantity"] + 1})

    grandmother.page.route("**/proof", lie)
    grandmother.button("在我的设备上核对")
    expect(grandmother.page.locator("see-proof")).to_contain_text("与公开账本不符")

    # Anybody's device checks that the delivery is on record, signed by the leader.
    grandmother.open(leader_page.replace("/leader/", "/"))
    grandmother.reload_until("核对到货确认")
    grandmother.button("核对到货确认")
    delivery = grandmother.page.locator("see-proof[of=delivery]")
    expect(delivery).to_contain_text("到货已入记录：3 份，正是本团的全部订单")
    expect(delivery).to_contain_text("团长已签字确认")
    grandmother.check_accessibility("group-delivered")

    # The window ends; leader and merchant are paid, and everybody's statement says so.
    leader.open(leader_page)
    leader.reload_until("已结算", WINDOW_SECONDS + COMES_SECONDS)
    leader.open("/leader/income/")
    leader.check_accessibility("income")
    # 8 % of 8.60 for what grandmother kept, and of 2.15 for what the neighbour did not get back; each rounded down.
    leader.sees("¥0.85")
    neighbour.open("/money/statement/")
    neighbour.check_accessibility("statement")
    neighbour.sees("Return or claim")
    with neighbour.page.expect_download() as download:
        neighbour.page.get_by_role("link", name="As a table (CSV)").click()
    table = download.value.path().read_text(encoding="utf-8-sig").splitlines()
    amounts = [float(line.split(",")[2]) for line in table[1:]]
    assert round(sum(amounts), 2) == 18.35

    # Money out of the balance, to the operator's desk.
    neighbour.open("/money/withdraw/")
    neighbour.check_accessibility("withdraw")
    neighbour.page.fill("[name=amount]", "18.35")
    neighbour.button("Take out")
    neighbour.agree()
    neighbour.page.wait_for_url("**/money/")
    neighbour.sees("¥0.00")
    neighbour.check_accessibility("balance")
