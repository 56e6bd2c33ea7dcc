"""A farmer opens a shop, is verified, and puts the first goods on sale, through the pages alone."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import FilePayload

from tests.journeys.conftest import MakeDevice
from tests.journeys.neighbourhood import MERCHANT_PHONE, OPERATOR_PHONE, PASSWORD
from tests.journeys.test_whole_life import ZH, sign_up


def photograph() -> FilePayload:
    file = io.BytesIO()
    Image.new("RGB", (900, 600), "orangered").save(file, "JPEG")
    return {"name": "peaches.jpg", "mimeType": "image/jpeg", "buffer": file.getvalue()}


@pytest.mark.timeout(1200)
def test_farmer__from_sign_up_to_goods_on_sale(make_device: MakeDevice) -> None:
    farmer, operator, neighbour = make_device("phone", "zh"), make_device("desktop", "zh"), make_device("desktop", "en")

    # The farmer signs up, makes a key and opens a shop.
    sign_up(farmer, "13700000011", "沈月娥", ZH)
    farmer.open("/me/")
    farmer.check_accessibility("me")
    farmer.link("我要开店")
    farmer.check_accessibility("shop-open")
    farmer.page.fill("[name=name]", "塘栖果园")
    farmer.page.fill("[name=region]", "浙江余杭")
    farmer.button("保存")
    farmer.sees("平台正在核实身份")
    farmer.check_accessibility("shop-unverified")

    # A product with a photograph; an offer has to wait.
    farmer.open("/shop/products/new/")
    farmer.check_accessibility("product-new")
    farmer.page.fill("[name=name_zh]", "湖景蜜桃")
    farmer.page.fill("[name=unit_zh]", "一箱 12 个")
    farmer.page.select_option("[name=category]", "fruit")
    farmer.page.set_input_files("[name=photo]", [photograph()])
    farmer.button("保存")
    farmer.sees("湖景蜜桃")
    farmer.open("/shop/offers/new/")
    farmer.sees("平台尚未完成店铺认证")

    # The operator verifies.
    operator.log_in(OPERATOR_PHONE, PASSWORD)
    operator.open("/office/")
    operator.link("1 个商家待认证")
    operator.page.locator("tr", has_text="塘栖果园").locator("input.action-select").check()
    operator.page.select_option("select[name=action]", "verify")
    operator.page.locator("button[name=index]").click()
    operator.page.get_by_text("已认证，这些商家可以发布供货了。").wait_for()
    operator.picture("office-merchants")

    # Mistakes are named beside their fields; then the offer is signed on the telephone.
    farmer.open("/shop/offers/new/")
    farmer.check_accessibility("offer-new")
    farmer.page.fill("[name=stock_cap]", "40")
    farmer.page.fill("[name=price_1]", "59.90")
    farmer.page.fill("[name=units_2]", "10")
    farmer.page.fill("[name=price_2]", "59.90")
    farmer.button("核对并签署")
    farmer.sees("价格要比上一档低。")
    farmer.page.fill("[name=price_2]", "52.90")
    farmer.button("核对并签署")
    farmer.page.locator("dialog").get_by_text("¥52.90").wait_for()
    farmer.picture("offer-dialog")
    farmer.agree()
    farmer.page.wait_for_url(re.compile(r"/shop/offers/0x[0-9a-f]{64}/"))
    farmer.reload_until("已订 0 / 共 40 份")
    farmer.check_accessibility("shop-offer")

    # Neighbours see the shop and its goods.
    neighbour.open("/")
    farmer.open("/shop/")
    farmer.check_accessibility("shop")
    neighbour.open("/shop/2/")
    neighbour.sees("湖景蜜桃")
    neighbour.sees("Verified by the operator")
    neighbour.check_accessibility("shop-public")


@pytest.mark.timeout(1200)
@pytest.mark.parametrize(("kind", "language"), [("phone", "en"), ("desktop", "zh")])
def test_merchants_pages__are_accessible_at_every_width(make_device: MakeDevice, kind: str, language: str) -> None:
    merchant = make_device(kind, language)
    merchant.log_in(MERCHANT_PHONE, PASSWORD)
    if language == "en":
        merchant.page.get_by_role("button", name="English").click()
        merchant.page.get_by_role("button", name="中文").wait_for()
    for name in ("", "orders/", "offers/", "offers/new/", "products/", "products/new/", "cases/", "payouts/"):
        merchant.open(f"/shop/{name}")
        merchant.check_accessibility(f"merchant-{name.strip('/').replace('/', '-') or 'overview'}")
