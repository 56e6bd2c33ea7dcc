"""What capturing needs beside the record: identifiers that were allotted, photographs, and what is where.

The record writes Holding, UnitContent and BoundPhoto, through projections.py alone; people and sensors write the rest,
through services.py, drafts.py, photos.py and sensor_intake.py. Things are named by their canonical EPC.
"""

import hashlib
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

QUANTITY_DECIMALS = 3
EPC_LENGTH_MAX = 200
UOM_LENGTH_MAX = 3


if TYPE_CHECKING:
    _DecimalField = models.Field[Decimal, Decimal]
else:
    _DecimalField = models.Field


class QuantityField(_DecimalField):
    """A quantity in thousandths of its unit: Decimal in, Decimal out, exact on every database."""

    description = _("Quantity")

    def get_internal_type(self) -> str:
        return "BigIntegerField"

    def from_db_value(self, value: int | None, expression: Any, connection: Any) -> Decimal | None:
        return None if value is None else Decimal(value).scaleb(-QUANTITY_DECIMALS)

    def get_prep_value(self, value: Any) -> int | None:
        return None if value is None else int(Decimal(value).scaleb(QUANTITY_DECIMALS).to_integral_value())


class SiteKind(models.TextChoices):
    """What happens at a place; the values are those of trace's facts of kind `place`."""

    FARM = "farm", _("Farm")
    PROCESSING = "processing", _("Packing or processing")
    CENTRE_WAREHOUSE = "centre_warehouse", _("Centre warehouse")
    GRID_WAREHOUSE = "grid_warehouse", _("Grid warehouse")
    COLD_STORE = "cold_store", _("Cold store")
    PICKUP_POINT = "pickup_point", _("Pickup point")
    OTHER = "other", _("Other")


class Site(models.Model):
    """A place where goods are, named by a GLN for good."""

    gln = models.CharField("GLN", max_length=13, primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=20, choices=SiteKind)
    region = models.CharField(_("region"), max_length=80, blank=True)
    latitude_microdegrees = models.IntegerField(null=True, blank=True)
    longitude_microdegrees = models.IntegerField(null=True, blank=True)

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class TradeItem(models.Model):
    """What lots are of, named by a GTIN for good. `product_id` is the market's product, if it is sold here."""

    gtin = models.CharField("GTIN", max_length=14, primary_key=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    product_id = models.BigIntegerField(unique=True, null=True)
    name_zh = models.CharField(_("name (Chinese)"), max_length=80)
    name_en = models.CharField(_("name (English)"), max_length=80, blank=True)
    # What one piece weighs, so that kilograms and pieces can be weighed against each other.
    piece_grams = models.PositiveIntegerField(_("grams a piece"), null=True, blank=True)

    class Meta:
        verbose_name = _("goods")
        verbose_name_plural = _("goods")
        ordering = ["name_zh"]

    def __str__(self) -> str:
        return self.name_zh

    @property
    def name(self) -> str:
        """In the active language, if there is a name in it."""
        return self.name_zh if (get_language() or "").startswith("zh") else self.name_en or self.name_zh


class Counter(models.Model):
    """The last number that was allotted for a purpose."""

    name = models.CharField(max_length=80, primary_key=True)
    last = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.last}"


class EventPhoto(models.Model):
    """A photograph that an event names by its SHA-256 (`digest`, hexadecimal, of `webp`)."""

    digest = models.CharField(max_length=64, primary_key=True)
    webp = models.BinaryField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    # Or when an event that names it was on its way to the record
    uploaded_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]


class BoundPhoto(models.Model):
    """That an event of the record names a photograph, which therefore stays; kept here or not."""

    digest = models.CharField(max_length=64, primary_key=True)

    def __str__(self) -> str:
        return self.digest[:8]


class PreparedEvents(models.Model):
    """What was made of a draft, or of a row of a table: preparing it again must give the very same events.

    `key` is a hash of whose it is and what it is.
    """

    key = models.CharField(max_length=64, primary_key=True)
    events = models.JSONField()
    forget_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key[:8]


class LastChoices(models.Model):
    """What a person chose last time in one kind of step, to begin with next time."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    step = models.CharField(max_length=16)
    choices = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "step"], name="capture_one_choice_a_step")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.step}"


def key_of(author: str, place_or_unit: str, epc: str, uom: str) -> str:
    """The key of a row that says how much of a thing is at a place, or in a unit, by the word of an account."""
    return hashlib.sha256("\n".join((author, place_or_unit, epc, uom)).encode()).hexdigest()


class Holding(models.Model):
    """How much of a lot, or which logistic unit, is at a place by the word of one account."""

    # Follows from what the row is about, so that the same facts make the same row (`key_of`)
    key = models.CharField(max_length=64, primary_key=True)
    author = models.CharField(max_length=42)
    place = models.CharField(max_length=EPC_LENGTH_MAX)
    epc = models.CharField(max_length=EPC_LENGTH_MAX, db_index=True)
    # UN/CEFACT Recommendation 20; empty for pieces
    uom = models.CharField(max_length=UOM_LENGTH_MAX, blank=True)
    quantity = QuantityField()
    # Microseconds since the Unix epoch of the event that changed it last
    changed_at_us = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["author", "place"], name="capture_held_by")]

    def __str__(self) -> str:
        return f"{self.epc} @ {self.place}"


class UnitContent(models.Model):
    """How much of what is in a logistic unit, by the word of one account; below zero for what it only took out."""

    key = models.CharField(max_length=64, primary_key=True)
    # Of the fact in which the account first spoke of it
    since_index = models.BigIntegerField()
    author = models.CharField(max_length=42)
    unit = models.CharField(max_length=EPC_LENGTH_MAX, db_index=True)
    epc = models.CharField(max_length=EPC_LENGTH_MAX)
    uom = models.CharField(max_length=UOM_LENGTH_MAX, blank=True)
    quantity = QuantityField()

    def __str__(self) -> str:
        return f"{self.epc} in {self.unit}"


class Sensor(models.Model):
    """A device that may send readings. Its key follows from the installation's secret, its serial and `key_version`."""

    serial = models.CharField(_("serial number"), max_length=40, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    site = models.ForeignKey(Site, on_delete=models.PROTECT, related_name="+", verbose_name=_("place"))
    key_version = models.PositiveIntegerField(default=1)
    # What it travels with: a canonical EPC; empty while it watches whatever is at its place
    watches = models.CharField(max_length=EPC_LENGTH_MAX, blank=True)
    last_seen_at = models.DateTimeField(null=True)
    # The newest reading by the sensor's clock, Unix seconds: messages may come late, and in any order
    last_measured_at = models.BigIntegerField(null=True)
    last_celsius = models.DecimalField(max_digits=5, decimal_places=1, null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("sensor")
        verbose_name_plural = _("sensors")
        ordering = ["serial"]

    def __str__(self) -> str:
        return self.serial


class SensorMessage(models.Model):
    """A message that was taken, by the SHA-256 of topic and payload: a broker may deliver it twice."""

    digest = models.CharField(max_length=64, primary_key=True)
    taken_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.digest[:8]


class SensorFact(models.Model):
    """A fact that is on its way to the record: made in one transaction with the messages that it is made of."""

    kind = models.CharField(max_length=40)
    time = models.BigIntegerField()
    body = models.JSONField()

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class SensorTrouble(models.Model):
    """How many messages could not be used, by sensor (empty: none that we know) and reason; and when the last came."""

    serial = models.CharField(max_length=40, blank=True)
    reason = models.CharField(max_length=24)
    count = models.BigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["serial", "reason"], name="capture_one_trouble_a_reason")]
        ordering = ["-last_at"]

    def __str__(self) -> str:
        return f"{self.serial}: {self.reason} ({self.count})"
