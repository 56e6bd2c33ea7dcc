"""Reading merchants, products and the words of offers."""

from collections.abc import Collection

from pinlian.apps.market.illustrations import illustration_url
from pinlian.apps.market.models import Merchant, Offer, OfferDocument, Product
from pinlian.apps.market.offer_documents import in_language, read_words, words_unknown
from pinlian.apps.market.photos import photo_url
from pinlian.apps.market.records import MerchantView, OfferWords, ProductView
from pinlian.apps.people.facade import addresses_of, person_ids_of


def merchant_view(merchant: Merchant) -> MerchantView:
    return MerchantView(
        id=merchant.pk,
        person_id=merchant.person_id,
        name=merchant.name,
        region=merchant.region,
        about=merchant.about,
        account=merchant.account,
        is_verified=merchant.verified_at is not None,
    )


def product_view(product: Product) -> ProductView:
    return ProductView(
        id=product.pk,
        merchant_id=product.merchant_id,
        category=product.category,
        category_name=product.get_category_display(),
        name=in_language({"zh": product.name_zh, "en": product.name_en}),
        unit=in_language({"zh": product.unit_zh, "en": product.unit_en}),
        description=in_language({"zh": product.description_zh, "en": product.description_en}),
        picture_url=photo_url(product.photo_id) if product.photo_id else illustration_url(product.illustration),
        picture_is_photo=bool(product.photo_id),
        is_on_sale=product.is_on_sale,
    )


def merchants(merchant_ids: Collection[int] | None = None) -> list[MerchantView]:
    """All merchants, or those named."""
    found = Merchant.objects.all() if merchant_ids is None else Merchant.objects.filter(pk__in=set(merchant_ids))
    return [merchant_view(merchant) for merchant in found]


def merchant_of(account: str) -> MerchantView | None:
    """The merchant that signs with this account."""
    found = Merchant.objects.filter(account=account).first()
    return merchant_view(found) if found else None


def merchants_of(accounts: Collection[str]) -> dict[str, MerchantView]:
    """Merchants by the account that they sign with; accounts that are no merchant's are absent."""
    found = Merchant.objects.filter(account__in=set(accounts))
    return {merchant.account: merchant_view(merchant) for merchant in found if merchant.account}


def merchant_of_person(person_id: int) -> MerchantView | None:
    found = Merchant.objects.filter(person_id=person_id).first()
    return merchant_view(found) if found else None


def accounts_of_merchant(merchant_id: int) -> list[str]:
    """Every account that ever signed for the merchant."""
    merchant = Merchant.objects.get(pk=merchant_id)
    return sorted({*addresses_of(merchant.person_id), *([merchant.account] if merchant.account else [])})


def products_of(merchant_id: int, *, only_on_sale: bool = False) -> list[ProductView]:
    products = Product.objects.filter(merchant_id=merchant_id)
    if only_on_sale:
        products = products.filter(is_on_sale=True)
    return [product_view(product) for product in products]


def product(product_id: int) -> ProductView | None:
    found = Product.objects.filter(pk=product_id).first()
    return product_view(found) if found else None


def words_of_terms(terms: Collection[str]) -> dict[str, OfferWords]:
    """The words of documents that are kept here, by their hash; others are absent."""
    documents = OfferDocument.objects.filter(pk__in=set(terms)).select_related("product__merchant")
    return {row.terms: read_words(row.document, merchant_view(row.product.merchant)) for row in documents}


def offer_words(offer_ids: Collection[str]) -> dict[str, OfferWords]:
    """What each offer on the chain says, by offer id."""
    offers = list(Offer.objects.filter(pk__in=set(offer_ids)).only("pk", "merchant", "terms"))
    words = words_of_terms({offer.terms for offer in offers})
    owners = person_ids_of({offer.merchant for offer in offers})
    return {
        offer.pk: found
        # Anyone can put a merchant's document under an offer of his own: only the merchant's own keys speak for it.
        if (found := words.get(offer.terms)) and found.merchant.person_id == owners.get(offer.merchant)
        else words_unknown(offer.merchant)
        for offer in offers
    }


def offer_document_text(terms: str) -> str | None:
    """The canonical document whose keccak-256 is `terms`: anyone can hash it and compare."""
    return OfferDocument.objects.filter(pk=terms).values_list("document", flat=True).first()
