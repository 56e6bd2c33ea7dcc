"""A merchant's shop and products, through the pages."""

import io

import pytest
from django.test import Client
from PIL import Image

from pinlian.apps.market import facade
from pinlian.apps.people import facade as people

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

PASSWORD = "bok choy at dawn"
TOMATOES = {
    "category": "vegetables",
    "name_zh": "沙瓤番茄",
    "unit_zh": "1 千克",
    "illustration": "tomato",
    "description_zh": "老品种，自然熟",
    "is_on_sale": "on",
}


def logged_in(phone: str) -> Client:
    client = Client(headers={"host": "localhost", "accept-language": "zh-hans"})
    client.post("/me/sign-in/", {"phone": phone, "password": PASSWORD})
    return client


@pytest.fixture
def keeper() -> people.PersonView:
    return people.sign_up(phone="13912345678", password=PASSWORD, display_name="吴志远")


@pytest.fixture
def client(keeper: people.PersonView) -> Client:
    return logged_in("13912345678")


@pytest.fixture
def shop(client: Client, keeper: people.PersonView) -> facade.MerchantView:
    client.post("/shop/open/", {"name": "山里菜合作社", "region": "浙江临安", "about": "清晨采收"})
    found = facade.merchant_of_person(keeper.id)
    assert found is not None
    return found


def photograph() -> io.BytesIO:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "tomato").save(file, "JPEG")
    file.seek(0)
    file.name = "photo.jpg"
    return file


def test_shop__is_asked_for_before_anything_else(client: Client) -> None:
    for address in ("/shop/", "/shop/products/", "/shop/orders/"):
        assert client.get(address)["Location"] == "/shop/open/"


def test_shop__that_is_opened__makes_a_merchant_who_waits_for_verification(
    client: Client, shop: facade.MerchantView, keeper: people.PersonView
) -> None:
    assert (shop.name, shop.is_verified, shop.account) == ("山里菜合作社", False, None)
    person = people.person(keeper.id)
    assert person is not None
    assert "merchant" in person.roles
    assert "待认证" in client.get("/shop/").content.decode()


def test_verified_shop__that_changes_its_name__has_to_be_verified_anew(
    client: Client, shop: facade.MerchantView, keeper: people.PersonView
) -> None:
    facade.add_merchant(
        keeper.id, name=shop.name, region=shop.region, about="", account="0x" + "ab" * 20, verified=True
    )
    client.post("/shop/open/", {"name": shop.name, "region": shop.region, "about": "新介绍"})
    assert facade.merchant_of_person(keeper.id).is_verified  # type: ignore[union-attr]
    client.post("/shop/open/", {"name": "皇家农场", "region": shop.region, "about": "新介绍"})
    assert not facade.merchant_of_person(keeper.id).is_verified  # type: ignore[union-attr]


def test_product__with_a_photograph__is_shown_by_it(client: Client, shop: facade.MerchantView) -> None:
    response = client.post("/shop/products/new/", TOMATOES | {"photo": photograph()})
    assert response["Location"] == "/shop/products/"
    (product,) = facade.products_of(shop.id)
    assert (product.name, product.unit, product.picture_is_photo) == ("沙瓤番茄", "1 千克", True)
    photo = client.get(product.picture_url)
    assert (photo["Content-Type"], photo["Cache-Control"]) == ("image/webp", "public, max-age=31536000, immutable")
    assert Image.open(io.BytesIO(photo.content)).size == (60, 40)

    client.post(f"/shop/products/{product.id}/photo/remove/")
    (product,) = facade.products_of(shop.id)
    assert product.picture_url.endswith("/tomato.svg")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"name_zh": ""}, "必填"),
        ({"illustration": "../secret"}, "illustration"),
        ({"photo": io.BytesIO(b"no picture at all")}, "无法识别这张照片"),
    ],
    ids=["no name", "unknown picture", "broken photograph"],
)
def test_product__with_a_bad_answer__is_not_kept(
    client: Client, shop: facade.MerchantView, change: dict[str, object], text: str
) -> None:
    response = client.post("/shop/products/new/", TOMATOES | change)
    assert response.status_code in (200, 422)
    assert text in response.content.decode()
    assert facade.products_of(shop.id) == []


def test_product__of_another_shop__cannot_be_changed(client: Client, shop: facade.MerchantView) -> None:
    client.post("/shop/products/new/", TOMATOES)
    (product,) = facade.products_of(shop.id)
    people.sign_up(phone="13987654321", password=PASSWORD, display_name="沈月娥")
    other = logged_in("13987654321")
    other.post("/shop/open/", {"name": "塘栖果园", "region": "", "about": ""})
    for address in (f"/shop/products/{product.id}/", f"/shop/products/{product.id}/photo/remove/"):
        assert other.post(address, TOMATOES | {"name_zh": "偷来的"}).status_code == 404
    assert [found.name for found in facade.products_of(shop.id)] == ["沙瓤番茄"]


def test_shop__as_neighbours_see_it__needs_no_log_in(shop: facade.MerchantView) -> None:
    page = Client(headers={"host": "localhost", "accept-language": "en"}).get(f"/shop/{shop.id}/").content.decode()
    assert "山里菜合作社" in page
    assert "Not verified" in page
