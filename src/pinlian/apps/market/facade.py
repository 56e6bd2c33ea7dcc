"""What other apps, pages and commands may ask of the market."""

from pinlian.apps.market import offer_drafts, services
from pinlian.apps.market.models import Category, Merchant, Product
from pinlian.apps.market.offer_drafts import OfferInvalid, OfferPlan
from pinlian.apps.market.offer_terms import (
    OFFER_FACTS,
    OfferTerms,
    fact_of_terms,
    offer_terms,
    offers_of_arbiters,
    offers_of_merchants,
    stored_offers,
)
from pinlian.apps.market.photos import UPLOAD_BYTES_MAX as PHOTO_BYTES_MAX
from pinlian.apps.market.photos import PhotoInvalid, photo_response, written_anew
from pinlian.apps.market.projections import change_units_sold, price_of_offer, window_of_offer
from pinlian.apps.market.publishing import publish_offer
from pinlian.apps.market.recording import WordsRecording
from pinlian.apps.market.records import MerchantView, OfferWords, ProductView
from pinlian.apps.market.search import offers_on_sale
from pinlian.apps.market.selectors import (
    accounts_of_merchant,
    merchant_of,
    merchant_of_person,
    merchant_view,
    merchants,
    merchants_of,
    offer_document_text,
    offer_words,
    product,
    product_view,
    products_of,
    words_of_terms,
)
from pinlian.apps.market.services import ProductWords
from pinlian.apps.market.trade_rules import ARBITER_KEY, PayeeRule, Rules, trade_rules
from pinlian.domain.offer import Offer

__all__ = [
    "ARBITER_KEY",
    "OFFER_FACTS",
    "PHOTO_BYTES_MAX",
    "Category",
    "MerchantView",
    "OfferInvalid",
    "OfferPlan",
    "OfferTerms",
    "OfferWords",
    "PayeeRule",
    "PhotoInvalid",
    "ProductView",
    "ProductWords",
    "Rules",
    "WordsRecording",
    "accounts_of_merchant",
    "add_merchant",
    "add_product",
    "change_units_sold",
    "draft_offer",
    "fact_of_terms",
    "merchant_of",
    "merchant_of_person",
    "merchants",
    "merchants_of",
    "offer_document_text",
    "offer_terms",
    "offer_words",
    "offers_of_arbiters",
    "offers_of_merchants",
    "offers_on_sale",
    "photo_response",
    "price_of_offer",
    "product",
    "products_of",
    "publish_offer",
    "stored_offers",
    "trade_rules",
    "window_of_offer",
    "words_of_terms",
    "written_anew",
]


def add_merchant(person_id: int, *, name: str, region: str, about: str, account: str, verified: bool) -> MerchantView:
    """Open a shop on an operator's behalf. `account` (0x-hex) is a key of the person."""
    merchant = services.save_merchant(person_id, name=name, region=region, about=about)
    services.set_account(merchant, account)
    if verified:
        services.verify_merchant(merchant, operator_id=None)
    return merchant_view(merchant)


def add_product(merchant_id: int, words: ProductWords) -> ProductView:
    """Add a product, shown by its illustration."""
    merchant = Merchant.objects.get(pk=merchant_id)
    return product_view(services.save_product(merchant, None, words, photo=None))


def draft_offer(product_id: int, plan: OfferPlan) -> Offer:
    """The offer that the merchant's key has to sign; its words are kept.

    Raises:
        OfferInvalid: the contract would refuse it.
    """
    return offer_drafts.draft_offer(Product.objects.select_related("merchant").get(pk=product_id), plan)
