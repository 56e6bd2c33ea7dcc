"""Merchants, their products, and what they offer.

The chain writes Offer and the record writes Recorded..., through projections.py alone; people write the rest, through
services.py alone. Ids, hashes and addresses are lowercase 0x-hex, times of the chain and of facts are seconds since the
Unix epoch.
"""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from pinlian.domain.offer import SHARES_BPS_MAX
from pinlian.indexer.fields import AmountField

validate_account = RegexValidator(r"^0x[0-9a-f]{40}$", _("Enter an account: 0x and 40 digits or letters a to f."))


class Offer(models.Model):
    """A merchant's terms as the chain has them, and how many units are sold."""

    id = models.CharField(max_length=66, primary_key=True)
    merchant = models.CharField(max_length=42, db_index=True)
    arbiter = models.CharField(max_length=42)
    stock_cap = models.BigIntegerField()
    # domain.offer.WindowKind
    window_kind = models.PositiveSmallIntegerField()
    window_seconds = models.BigIntegerField()
    leader_bps = models.PositiveIntegerField()
    # [units_min, price_minor] a step
    ladder = models.JSONField()
    # [account, share_bps] a payee
    payees = models.JSONField()
    terms = models.CharField(max_length=66, db_index=True)
    salt = models.CharField(max_length=66)
    # The first price, which every order locks.
    price_minor = AmountField()
    units_sold = models.BigIntegerField(default=0)
    published_at = models.BigIntegerField(db_index=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")

    def __str__(self) -> str:
        return self.id[:10]


class Merchant(models.Model):
    """A farm or shop. It signs its offers, and is paid, with the key of `account`."""

    person = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name=_("person")
    )
    name = models.CharField(_("name"), max_length=80)
    region = models.CharField(_("where the goods come from"), max_length=80, blank=True)
    about = models.CharField(_("about"), max_length=500, blank=True)
    account = models.CharField(_("account"), max_length=42, unique=True, null=True, blank=True)
    verified_at = models.DateTimeField(_("verified"), null=True, blank=True)
    verified_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("verified by"),
    )

    class Meta:
        verbose_name = _("merchant")
        verbose_name_plural = _("merchants")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Category(models.TextChoices):
    VEGETABLES = "vegetables", _("Vegetables")
    FRUIT = "fruit", _("Fruit")
    STAPLES = "staples", _("Rice, oil and dry goods")
    ANIMAL = "animal", _("Eggs, meat, fish and dairy")
    HOUSEHOLD = "household", _("Household goods")


class ProductPhoto(models.Model):
    """A photograph as it is served: re-encoded here, without the camera's data. Named by the hash of its bytes."""

    digest = models.CharField(max_length=64, primary_key=True)
    webp = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    added_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.digest[:10]


class Product(models.Model):
    """What a merchant sells, by which unit, in both languages. An empty English text falls back to the Chinese one."""

    merchant = models.ForeignKey(
        Merchant, on_delete=models.PROTECT, related_name="products", verbose_name=_("merchant")
    )
    category = models.CharField(_("category"), max_length=16, choices=Category)
    name_zh = models.CharField(_("name (Chinese)"), max_length=60)
    name_en = models.CharField(_("name (English)"), max_length=80, blank=True)
    unit_zh = models.CharField(_("unit (Chinese)"), max_length=30)
    unit_en = models.CharField(_("unit (English)"), max_length=40, blank=True)
    description_zh = models.CharField(_("description (Chinese)"), max_length=600, blank=True)
    description_en = models.CharField(_("description (English)"), max_length=900, blank=True)
    illustration = models.CharField(_("picture"), max_length=40, default="package")
    photo = models.ForeignKey(ProductPhoto, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    is_on_sale = models.BooleanField(_("on sale"), default=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # Later than at the change before, also within a second: the time of the fact that records the new words.
    words_changed_at = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ["category", "name_zh"]

    def __str__(self) -> str:
        return self.name_zh


class ProductVersion(models.Model):
    """What was said of a product from some time on, while it waits for its way into the record."""

    product_number = models.BigIntegerField()
    words_changed_at = models.BigIntegerField()
    body = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product_number", "words_changed_at"], name="market_version")]

    def __str__(self) -> str:
        return f"product {self.product_number} at {self.words_changed_at}"


class OfferDocument(models.Model):
    """The full words of an offer. Its key is their hash, which the merchant signs and the chain keeps."""

    terms = models.CharField(_("terms"), max_length=66, primary_key=True)
    document = models.TextField(_("document"))
    product = models.ForeignKey(
        Product, on_delete=models.PROTECT, related_name="offer_documents", verbose_name=_("product")
    )
    written_at = models.DateTimeField(_("written"), auto_now_add=True)

    class Meta:
        verbose_name = _("offer document")
        verbose_name_plural = _("offer documents")

    def __str__(self) -> str:
        return self.terms[:10]


class RecordedOffer(models.Model):
    """An offer whose full terms are in the record."""

    offer = models.CharField(max_length=66, primary_key=True)
    published_at = models.BigIntegerField(db_index=True)
    fact_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.offer[:10]} in fact {self.fact_index}"


class RecordedProduct(models.Model):
    """The newest version of a product's words that is in the record."""

    product_number = models.BigIntegerField(primary_key=True)
    words_changed_at = models.BigIntegerField()
    fact_index = models.BigIntegerField()

    def __str__(self) -> str:
        return f"product {self.product_number} in fact {self.fact_index}"


class TradeRules(models.Model):
    """The operator's part of every new offer: who rules on cases, and who gets which share. One row."""

    SINGLE_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLE_ID, editable=False)
    arbiter = models.CharField(_("arbiter's account"), max_length=42, validators=[validate_account])
    leader_bps = models.PositiveSmallIntegerField(_("leader's share, suggested (basis points)"))
    platform_account = models.CharField(_("platform's account"), max_length=42, validators=[validate_account])
    platform_bps = models.PositiveSmallIntegerField(_("platform's share (basis points)"))
    growth_account = models.CharField(_("growth pool's account"), max_length=42, validators=[validate_account])
    growth_bps = models.PositiveSmallIntegerField(_("growth pool's share (basis points)"))
    logistics_account = models.CharField(_("logistics' account"), max_length=42, validators=[validate_account])
    logistics_bps = models.PositiveSmallIntegerField(_("logistics' share (basis points)"))

    class Meta:
        verbose_name = _("rules of new offers")
        verbose_name_plural = _("rules of new offers")

    def __str__(self) -> str:
        return str(_("Rules of new offers"))

    def clean(self) -> None:
        if self.leader_bps + self.platform_bps + self.growth_bps + self.logistics_bps > SHARES_BPS_MAX:
            raise ValidationError(_("All shares together may be at most 30%."), code="shares")
