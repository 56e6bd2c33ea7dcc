"""From the merchant's form to an offer on the chain."""

import json
from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.utils.translation import override

from pinlian.apps.market import facade
from pinlian.apps.market.models import OfferDocument, TradeRules
from pinlian.apps.people import facade as people
from pinlian.chain.keys import Key
from pinlian.chain.signatures import sign
from pinlian.chain.typed_data import digest, hash_struct, message_from_json, message_json
from pinlian.domain.keccak import keccak256
from pinlian.domain.offer import Offer, Step, WindowKind
from tests.integration.town import DAY, MERCHANT, Town, key

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

# The journal commits in a thread of its own, which must see what the test wrote.
committing = pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)

PASSWORD = "bok choy at dawn"
PLAN = facade.OfferPlan(
    stock_cap=100,
    ladder=(Step(1, 1280), Step(10, 1180)),
    window_kind=WindowKind.FRESHNESS,
    window_seconds=2 * DAY,
    leader_bps=800,
    delivery_zh="清晨采摘，当晚到自提点",
)
ANSWERS = {
    "stock_cap": "100",
    "units_1": "1",
    "price_1": "12.80",
    "units_2": "10",
    "price_2": "11.8",
    "window_kind": "FRESHNESS",
    "window_days": "2",
    "leader_percent": "8",
    "delivery_zh": "清晨采摘",
}


def merchant_person(phone: str, signer: Key) -> int:
    found = people.sign_up(phone=phone, password=PASSWORD, display_name="吴志远", roles=("resident", "merchant"))
    challenge = people.new_challenge(found.id)
    people.add_device_key(
        found.id,
        address=signer.address,
        keystore={"version": 1, "kdf": {}, "cipher": {}, "ciphertext": ""},
        encryption_key={"kty": "EC", "crv": "P-256", "x": "A", "y": "B"},
        label="手机",
        challenge=challenge,
        proof=sign(signer.private_key, people.challenge_digest(challenge)),
    )
    return found.id


def shop(phone: str = "13912345678", signer: Key = MERCHANT, verified: bool = True) -> facade.MerchantView:
    return facade.add_merchant(
        merchant_person(phone, signer),
        name="山里菜合作社",
        region="浙江临安",
        about="",
        account=f"0x{signer.address.hex()}",
        verified=verified,
    )


def tomatoes(merchant: facade.MerchantView) -> facade.ProductView:
    words = facade.ProductWords(
        category="vegetables", name_zh="沙瓤番茄", name_en="Tomatoes", unit_zh="1 千克", illustration="tomato"
    )
    return facade.add_product(merchant.id, words)


def logged_in(phone: str = "13912345678") -> Client:
    client = Client(headers={"host": "localhost", "accept-language": "zh-hans"})
    client.post("/me/sign-in/", {"phone": phone, "password": PASSWORD})
    return client


def post_offer(
    town: Town, offer: Offer, signer: Key = MERCHANT, *, path: str = "/api/v1/market/offers", **changes: Any
) -> Any:
    signature = sign(signer.private_key, digest(offer, town.separator))
    body = {
        "kind": "offer",
        "message": message_json(offer),
        "signature": f"0x{signature.hex()}",
        "signer": f"0x{signer.address.hex()}",
    }
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    return client.post(path, body | changes, content_type="application/json")


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, response.json()["refusal"]


@committing
def test_offer__from_form_to_chain__is_shown_with_its_words(town: Town) -> None:
    product = tomatoes(shop())
    prepared = logged_in().post("/shop/offers/new/", ANSWERS | {"product": product.id})
    assert prepared.status_code == 200
    answer = prepared.json()
    offer = message_from_json("Offer", answer["message"])
    assert isinstance(offer, Offer)
    assert (offer.ladder, offer.leader_bps, offer.window_seconds) == ((Step(1, 1280), Step(10, 1180)), 800, 2 * DAY)
    assert sum(payee.share_bps for payee in offer.payees) == sum(rule.share_bps for rule in facade.trade_rules().payees)

    waiting = logged_in().get(answer["next"])
    assert waiting.status_code == 404
    promise = post_offer(town, offer)
    assert promise.status_code == 202
    assert "供货正在发布" in logged_in().get(answer["next"]).content.decode()
    town.settle()

    offer_id = f"0x{hash_struct(offer).hex()}"
    assert answer["next"] == f"/shop/offers/{offer_id}/"
    with override("zh-hans"):
        words = facade.offer_words([offer_id])[offer_id]
    assert (words.title, words.unit, words.delivery) == ("沙瓤番茄", "1 千克", "清晨采摘")
    assert words.returns == "如有质量问题，送达后 2 天内可申请理赔。"
    assert words.picture_url.endswith("/tomato.svg")
    assert (words.merchant.name, words.merchant.is_verified) == ("山里菜合作社", True)
    with override("en"):
        english = facade.offer_words([offer_id])[offer_id]
    assert (english.title, english.unit) == ("Tomatoes", "1 千克")
    assert "沙瓤番茄" in logged_in().get(answer["next"]).content.decode()


def test_terms__are_the_hash_of_a_public_document(town: Town) -> None:
    offer = facade.draft_offer(tomatoes(shop()).id, PLAN)
    terms = f"0x{offer.terms.hex()}"
    response = Client(headers={"host": "localhost"}).get(f"/api/v1/market/terms/{terms}")
    assert keccak256(response.content) == offer.terms
    assert json.loads(response.content)["title"] == {"zh": "沙瓤番茄", "en": "Tomatoes"}
    unknown = Client(headers={"host": "localhost"}).get(f"/api/v1/market/terms/0x{'00' * 32}")
    assert unknown.status_code == 404


@pytest.mark.parametrize(
    ("change", "field", "text"),
    [
        ({"stock_cap": "0"}, "stock_cap", "1"),
        ({"stock_cap": ""}, "stock_cap", "必填项"),
        ({"price_1": "0"}, "price_1", "请输入大于零的价格。"),
        ({"price_1": "12.805"}, "price_1", "请输入金额"),
        ({"units_1": "2"}, "units_1", "第一档必须从 1 份起。"),
        ({"units_2": "1"}, "units_2", "份数要比上一档多。"),
        ({"price_2": "12.80"}, "price_2", "价格要比上一档低。"),
        ({"price_2": ""}, "price_2", "每一档都要填份数和价格"),
        ({"leader_percent": "29"}, "leader_percent", "各方分成合计不能超过 30%"),
        ({"leader_percent": "many"}, "leader_percent", "请输入百分比"),
        ({"window_days": "400"}, "window_days", "400"),
        ({"product": "999"}, "product", "999"),
    ],
)
def test_offer_form__with_a_bad_answer__names_field_and_remedy_and_keeps_nothing(
    town: Town, change: dict[str, str], field: str, text: str
) -> None:
    product = tomatoes(shop())
    response = logged_in().post("/shop/offers/new/", ANSWERS | {"product": str(product.id)} | change)
    assert response.status_code == 422
    assert text in " ".join(response.json()["errors"][field])
    assert not OfferDocument.objects.exists()


def test_offer_form__of_a_shop_that_is_not_verified__says_so(town: Town) -> None:
    product = tomatoes(shop(verified=False))
    response = logged_in().post("/shop/offers/new/", ANSWERS | {"product": product.id})
    assert response.status_code == 422
    assert "通过平台认证" in response.json()["errors"]["__all__"][0]


@pytest.mark.parametrize("path", ["/api/v1/market/offers", "/api/v1/messages"])
def test_publish__by_a_merchant_that_is_not_verified__is_refused(town: Town, path: str) -> None:
    offer = facade.draft_offer(tomatoes(shop(verified=False)).id, PLAN)
    assert refusal(post_offer(town, offer, path=path)) == (403, "SIGNER_NOT_ALLOWED")


def test_publish__with_the_words_of_another_merchant__is_refused(town: Town) -> None:
    other = key("key of another merchant")
    offer = facade.draft_offer(tomatoes(shop()).id, PLAN)
    shop("13987654321", other)
    stolen = Offer(
        merchant=other.address,
        **{name: getattr(offer, name) for name in Offer.__slots__ if name != "merchant"},
    )
    assert refusal(post_offer(town, stolen, other)) == (422, "WRONG_TERMS")


@pytest.mark.parametrize("arbiter", [MERCHANT.address, key("key of a friend").address])
def test_publish__with_an_arbiter_of_the_merchants_own__is_refused(town: Town, arbiter: bytes) -> None:
    offer = replace(facade.draft_offer(tomatoes(shop()).id, PLAN), arbiter=arbiter)
    answer = post_offer(town, offer)
    assert refusal(answer) == (422, "ARBITER_NOT_ADMITTED")
    assert answer.json()["field"] == "message.arbiter"


def test_publish__of_a_shop_that_is_the_arbiter__is_refused(town: Town) -> None:
    product = tomatoes(shop())
    TradeRules.objects.update_or_create(id=TradeRules.SINGLE_ID, defaults=own_rules())
    assert refusal(post_offer(town, facade.draft_offer(product.id, PLAN))) == (422, "ARBITER_NOT_ADMITTED")


def own_rules() -> dict[str, Any]:
    account = f"0x{MERCHANT.address.hex()}"
    names = ("platform", "growth", "logistics")
    shares = {f"{name}_account": "0x" + "11" * 20 for name in names} | {f"{name}_bps": 0 for name in names}
    return {"arbiter": account, "leader_bps": 800, **shares}


def test_publish__with_an_altered_price__is_refused(town: Town) -> None:
    offer = facade.draft_offer(tomatoes(shop()).id, PLAN)
    altered = message_json(offer) | {"ladder": [{"units_min": "1", "price": "1"}]}
    assert refusal(post_offer(town, offer, message=altered)) == (422, "SIGNATURE_INVALID")


def test_offer__that_somebody_else_brings_to_the_chain_under_our_words__does_not_borrow_our_name(town: Town) -> None:
    own = facade.draft_offer(tomatoes(shop()).id, PLAN)
    forger = key("key of a forger")
    forged = Offer(
        merchant=forger.address, **{name: getattr(own, name) for name in Offer.__slots__ if name != "merchant"}
    )
    town.submit(forged, forger)
    town.settle()
    offer_id = f"0x{hash_struct(forged).hex()}"
    with override("zh-hans"):
        words = facade.offer_words([offer_id])[offer_id]
    assert (words.merchant.name, words.merchant.is_verified) == ("其他平台的商家", False)
    assert words.title == "外部供货的商品"


@committing
def test_api__shows_merchants_products_and_offers(town: Town) -> None:
    merchant = shop()
    product = tomatoes(merchant)
    offer = facade.draft_offer(product.id, PLAN)
    post_offer(town, offer)
    town.settle()
    client = Client(headers={"host": "localhost", "accept-language": "en"})
    assert [found["name"] for found in client.get("/api/v1/market/merchants").json()["merchants"]] == ["山里菜合作社"]
    products = client.get(f"/api/v1/market/merchants/{merchant.id}/products").json()["products"]
    assert [found["name"] for found in products] == ["Tomatoes"]
    offers = client.get(f"/api/v1/market/merchants/{merchant.id}/offers").json()["offers"]
    assert [found["ladder"][0] for found in offers] == [{"units_min": 1, "price_minor": 1280}]
    assert client.get(f"/api/v1/market/offers/{offers[0]['id']}").json() == offers[0]
    assert client.get(f"/api/v1/market/offers/0x{'00' * 32}").status_code == 404
    assert client.get("/api/v1/market/rules").json()["leader_bps"] == facade.trade_rules().leader_bps


@pytest.mark.parametrize("listed", ["products", "offers"])
def test_api__number_that_no_merchant_can_have__is_malformed(client: Client, listed: str) -> None:
    answer = client.get(f"/api/v1/market/merchants/{2**63}/{listed}", headers={"host": "localhost"})
    assert refusal(answer) == (422, "MALFORMED")
