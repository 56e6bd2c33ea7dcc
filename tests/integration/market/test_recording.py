"""The words of offers and products go on record, once for each version."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from pinlian.apps.market import facade as market
from pinlian.apps.market import services
from pinlian.apps.market.models import (
    Merchant,
    OfferDocument,
    Product,
    ProductVersion,
    RecordedOffer,
    RecordedProduct,
)
from pinlian.apps.people.models import Person
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.keccak import keccak256
from pinlian.record import facade as record
from tests.integration.accounts import log_in, sign_up
from tests.integration.town import COURIER, MERCHANT, Town

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

WORDS = market.ProductWords(category="fruit", name_zh="蜜梨", unit_zh="箱", name_en="Honey pears")


@pytest.fixture
def shop(settings: Settings, tmp_path: Path, town: Town) -> int:
    """A merchant's; its number."""
    settings.PINLIAN_HOME = tmp_path
    person = Person.objects.create(phone_lookup="1", phone_sealed=b"", display_name="老周")
    account = to_hex(MERCHANT.address)
    merchant = market.add_merchant(person.pk, name="老周果园", region="浙江", about="", account=account, verified=True)
    return merchant.id


def run(recording: market.WordsRecording) -> list[record.StoredFact]:
    """Record what is not recorded and follow it; the facts that this added."""
    before = record.size()
    recording.step()
    while record.follow_step():
        pass
    return record.facts_from(before, 100)


def test_step__new_and_changed_product__records_each_version_once(shop: int) -> None:
    recording = market.WordsRecording()
    product_id = market.add_product(shop, WORDS).id
    (first,) = run(recording)
    assert (first.fact.kind, first.fact.body["name"]) == ("product_version", {"zh": "蜜梨", "en": "Honey pears"})
    assert first.fact.author == to_hex(record.keeper().address)
    assert run(recording) == run(market.WordsRecording()) == []

    product = Product.objects.get(pk=product_id)
    change(product, "翠冠梨")
    (second,) = run(recording)
    assert second.fact.body["name"]["zh"] == "翠冠梨"
    assert second.fact.time > first.fact.time
    assert RecordedProduct.objects.get(product_number=product_id).fact_index == second.index


def test_step__changed_again_before_it_was_recorded__records_every_version(shop: int) -> None:
    product = Product.objects.get(pk=market.add_product(shop, WORDS).id)
    change(product, "翠冠梨")
    change(product, "雪梨")
    services.remove_photo(product)
    recording = market.WordsRecording()
    facts = run(recording)
    assert [stored.fact.body["name"]["zh"] for stored in facts] == ["蜜梨", "翠冠梨", "雪梨", "雪梨"]
    times = [stored.fact.time for stored in facts]
    assert times == sorted(set(times))
    assert run(recording) == []
    assert not ProductVersion.objects.exists()


def test_step__other_product_was_changed_often_in_one_second__records_both(shop: int) -> None:
    often = Product.objects.get(pk=market.add_product(shop, WORDS).id)
    for number in range(20):
        change(often, f"梨{number}")
    recording = market.WordsRecording()
    assert len(run(recording)) == 21
    other = market.add_product(shop, WORDS).id
    assert [stored.fact.body["product"] for stored in run(recording)] == [other]


def test_step__shop_signs_with_another_key__records_whose_the_products_are(shop: int) -> None:
    market.add_product(shop, WORDS)
    recording = market.WordsRecording()
    run(recording)
    merchant = Merchant.objects.get(pk=shop)
    services.set_account(merchant, str(merchant.account))
    assert run(recording) == []
    services.set_account(merchant, "0x" + "5a" * 20)
    (stored,) = run(recording)
    assert stored.fact.body["merchant"] == "0x" + "5a" * 20


def test_step__words_of_before_there_was_a_record__are_recorded(shop: int) -> None:
    market.add_product(shop, WORDS)
    ProductVersion.objects.all().delete()
    recording = market.WordsRecording()
    (stored,) = run(recording)
    assert stored.fact.body["name"]["zh"] == "蜜梨"
    assert run(recording) == run(market.WordsRecording()) == []


def test_step__operator_corrects_a_product__records_the_new_words(shop: int) -> None:
    product = market.add_product(shop, WORDS)
    recording = market.WordsRecording()
    run(recording)
    sign_up("13912345678", "平台小赵", COURIER, "operator")
    fields = {"category": "fruit", "name_zh": "皇冠梨", "unit_zh": "箱", "illustration": "package", "is_on_sale": "on"}
    address = reverse("admin:market_product_change", args=[product.id])
    assert log_in("13912345678").post(address, fields).status_code == 302
    (stored,) = run(recording)
    assert stored.fact.body["name"]["zh"] == "皇冠梨"


def change(product: Product, name_zh: str) -> None:
    services.save_product(product.merchant, product, market.ProductWords("fruit", name_zh, "箱"), None)


def test_step__published_offer__records_the_document_behind_its_terms(shop: int, town: Town) -> None:
    product = market.add_product(shop, WORDS)
    document = json.dumps({"title": "梨"})
    terms = keccak256(document.encode())
    OfferDocument.objects.create(terms=to_hex(terms), document=document, product_id=product.id)
    offer = town.publish(terms=terms)
    facts = {stored.fact.kind: stored for stored in run(market.WordsRecording())}
    body = facts["offer_terms"].fact.body
    assert body == {
        "offer": to_hex(hash_struct(offer)),
        "merchant": to_hex(MERCHANT.address),
        "terms": to_hex(terms),
        "document": document,
    }
    assert keccak256(body["document"].encode()) == offer.terms
    assert RecordedOffer.objects.get(offer=body["offer"]).fact_index == facts["offer_terms"].index
    assert run(market.WordsRecording()) == []


def test_offer_page__whose_terms_are_in_the_record__leads_to_their_proof(shop: int, town: Town) -> None:
    offer = town.publish(terms=keccak256(b"terms"))
    address = f"/offers/{to_hex(hash_struct(offer))}/"
    visitor = Client(headers={"host": "localhost", "accept-language": "en"})
    before = visitor.get(address).content.decode()

    (stored,) = (each for each in run(market.WordsRecording()) if each.fact.kind == "offer_terms")
    after = visitor.get(address).content.decode()

    assert "/record/bundle" not in before
    (link,) = re.findall(r'href="(/api/v1/record/bundle[^"]*)"', after)
    (proven,) = visitor.get(link).json()["facts"]
    assert proven["index"] == stored.index
    assert json.loads(proven["leaf"])["body"]["offer"] == to_hex(hash_struct(offer))


def test_step__process_died_before_the_read_model_followed__states_the_same_facts(shop: int, town: Town) -> None:
    market.add_product(shop, WORDS)
    town.publish()
    market.WordsRecording().step()
    size = record.size()
    assert market.WordsRecording().step()
    assert record.size() == size == 2


def test_rebuild__drops_and_makes_the_same_rows(shop: int, town: Town) -> None:
    market.add_product(shop, WORDS)
    town.publish()
    run(market.WordsRecording())
    rows = [list(model.objects.values()) for model in (RecordedOffer, RecordedProduct)]
    record.rebuild([RecordedOffer, RecordedProduct])
    assert [list(model.objects.values()) for model in (RecordedOffer, RecordedProduct)] == rows


def test_follow__somebody_else_signs_the_same_words__is_not_taken_for_ours(shop: int) -> None:
    record.append([record.sign(MERCHANT, "offer_terms", 7, {"offer": "0x" + "11" * 32}, record.domain())])
    record.append([record.sign(MERCHANT, "product_version", 7, {}, record.domain())])
    while record.follow_step():
        pass
    assert not RecordedOffer.objects.exists()
    assert not RecordedProduct.objects.exists()
