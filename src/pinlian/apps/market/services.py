"""What merchants and operators change in the market."""

from dataclasses import dataclass
from typing import IO, Any

from django.db import transaction
from django.utils import timezone

from pinlian.apps.market.models import Merchant, OfferDocument, Product, ProductVersion
from pinlian.apps.market.offer_documents import offer_document
from pinlian.apps.market.photos import keep_photo
from pinlian.domain.keccak import keccak256
from pinlian.domain.offer import WindowKind


@dataclass(frozen=True, slots=True)
class ProductWords:
    """What a merchant says of a product, in both languages."""

    category: str
    name_zh: str
    unit_zh: str
    name_en: str = ""
    unit_en: str = ""
    description_zh: str = ""
    description_en: str = ""
    illustration: str = "package"
    is_on_sale: bool = True


def save_merchant(person_id: int, *, name: str, region: str, about: str) -> Merchant:
    """Make or change the shop of a person. What a verified shop is called is what was verified: a new name or region
    has to be verified anew."""
    merchant = Merchant.objects.filter(person_id=person_id).first() or Merchant(person_id=person_id)
    if (merchant.name, merchant.region) != (name, region):
        merchant.verified_at = merchant.verified_by_id = None
    merchant.name, merchant.region, merchant.about = name, region, about
    merchant.save()
    return merchant


@transaction.atomic
def set_account(merchant: Merchant, account: str) -> None:
    """The key with which the merchant signs from now on. Offers that are published stay with the key that signed."""
    if merchant.account == account:
        return
    merchant.account = account
    merchant.save(update_fields=["account"])
    for product in merchant.products.all():
        product.merchant = merchant
        save_words(product)


def verify_merchant(merchant: Merchant, operator_id: int | None) -> None:
    """The operator has seen who this is; its offers are accepted from now on."""
    merchant.verified_at = timezone.now()
    merchant.verified_by_id = operator_id
    merchant.save(update_fields=["verified_at", "verified_by"])


def withdraw_verification(merchant: Merchant) -> None:
    """No new offers are accepted; those on the chain run on as signed."""
    merchant.verified_at = merchant.verified_by_id = None
    merchant.save(update_fields=["verified_at", "verified_by"])


@transaction.atomic
def save_product(merchant: Merchant, product: Product | None, words: ProductWords, photo: IO[bytes] | None) -> Product:
    """Make or change a product. Offers that are published keep the words and picture that were signed.

    Raises:
        PhotoInvalid: see photos.keep_photo.
    """
    if product is None:
        product = Product(merchant=merchant)
    product.category = words.category
    product.name_zh, product.name_en = words.name_zh, words.name_en
    product.unit_zh, product.unit_en = words.unit_zh, words.unit_en
    product.description_zh, product.description_en = words.description_zh, words.description_en
    product.illustration = words.illustration
    product.is_on_sale = words.is_on_sale
    if photo is not None:
        product.photo = keep_photo(photo)
    save_words(product)
    return product


def remove_photo(product: Product) -> None:
    """The product is shown by its illustration again."""
    product.photo = None
    save_words(product)


@transaction.atomic
def save_words(product: Product) -> None:
    """Save a product of which something else is said now, and keep that for the record: each version goes there, also
    one that is changed again before it is recorded."""
    product.words_changed_at = max(int(timezone.now().timestamp()), product.words_changed_at + 1)
    product.save()
    keep_version(product)


def keep_version(product: Product) -> None:
    """Let what is said of a product now go on record."""
    ProductVersion.objects.get_or_create(
        product_number=product.pk, words_changed_at=product.words_changed_at, defaults={"body": _said_of(product)}
    )


def _said_of(product: Product) -> dict[str, Any]:
    return {
        "product": product.pk,
        "merchant": product.merchant.account or "",
        "category": product.category,
        "name": {"zh": product.name_zh, "en": product.name_en},
        "unit": {"zh": product.unit_zh, "en": product.unit_en},
        "description": {"zh": product.description_zh, "en": product.description_en},
        "illustration": product.illustration,
        "photo": product.photo_id or "",
        "is_on_sale": product.is_on_sale,
    }


def write_offer_document(
    product: Product,
    *,
    title_zh: str = "",
    title_en: str = "",
    delivery_zh: str = "",
    delivery_en: str = "",
    window_kind: WindowKind,
    window_seconds: int,
) -> bytes:
    """Keep the words of an offer that is about to be signed; the same words are kept once.

    Returns:
        Their hash (32 bytes): the offer's `terms`.
    """
    document = offer_document(
        product,
        title_zh=title_zh,
        title_en=title_en,
        delivery_zh=delivery_zh,
        delivery_en=delivery_en,
        window_kind=window_kind,
        window_seconds=window_seconds,
    )
    terms = keccak256(document)
    OfferDocument.objects.get_or_create(
        terms=f"0x{terms.hex()}", defaults={"document": document.decode(), "product": product}
    )
    return terms
