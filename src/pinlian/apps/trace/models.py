"""Lots, places and certificates as the record has them, what the checks found, and scans of codes.

Facts write Lot, Place, Certificate, LotCertificate, Recall, GroupLink and Attachment, through projections.py alone. The
examiner writes Finding, Examination and ExaminationCursor, through examination.py alone; dropped, they are made again
from the facts. People write Scan and ScanCount, through services.py alone. Things are named by canonical EPC; times are
Unix seconds; an index is a place in the record.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

EPC_LENGTH_MAX = 300
CERTIFICATE_ID_LENGTH_MAX = 100
NAMES_PER_QUERY_MAX = 500


class Lot(models.Model):
    """A lot of goods as its author describes it; `body` is that of the newest fact."""

    epc = models.CharField(max_length=EPC_LENGTH_MAX, primary_key=True)
    author = models.CharField(max_length=42)
    first_index = models.BigIntegerField()
    index = models.BigIntegerField()
    name = models.CharField(max_length=200)
    body = models.JSONField()

    class Meta:
        verbose_name = _("lot of goods")
        verbose_name_plural = _("lots of goods")

    def __str__(self) -> str:
        return self.epc


class Place(models.Model):
    """A place where goods are made, kept or handed on, as its author describes it."""

    epc = models.CharField(max_length=EPC_LENGTH_MAX, primary_key=True)
    author = models.CharField(max_length=42)
    first_index = models.BigIntegerField()
    index = models.BigIntegerField()
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=20)
    latitude_microdegrees = models.IntegerField(null=True)
    longitude_microdegrees = models.IntegerField(null=True)
    body = models.JSONField()

    class Meta:
        verbose_name = _("place")
        verbose_name_plural = _("places")

    def __str__(self) -> str:
        return self.name


class Certificate(models.Model):
    """A certificate as its author describes it."""

    id = models.CharField(max_length=CERTIFICATE_ID_LENGTH_MAX, primary_key=True)
    author = models.CharField(max_length=42)
    first_index = models.BigIntegerField()
    index = models.BigIntegerField()
    body = models.JSONField()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")

    def __str__(self) -> str:
        return self.id


class LotCertificate(models.Model):
    """That a lot is said to be under a certificate."""

    pk = models.CompositePrimaryKey("lot", "certificate")
    lot = models.CharField(max_length=EPC_LENGTH_MAX)
    certificate = models.CharField(max_length=CERTIFICATE_ID_LENGTH_MAX, db_index=True)

    def __str__(self) -> str:
        return f"{self.lot} {self.certificate}"


class Recall(models.Model):
    """One word about a lot's being called back, or no longer. Whether it counts depends on who said it."""

    index = models.BigIntegerField(primary_key=True)
    epc = models.CharField(max_length=EPC_LENGTH_MAX, db_index=True)
    author = models.CharField(max_length=42)
    is_start = models.BooleanField()
    reason = models.CharField(max_length=500)
    at = models.BigIntegerField()

    class Meta:
        verbose_name = _("recall")
        verbose_name_plural = _("recalls")

    def __str__(self) -> str:
        return f"{self.epc}: {self.reason}"


class GroupLink(models.Model):
    """That an event with a thing in it was for a group."""

    pk = models.CompositePrimaryKey("group_id", "index", "epc")
    group_id = models.CharField(max_length=66)
    index = models.BigIntegerField()
    epc = models.CharField(max_length=EPC_LENGTH_MAX)
    time_us = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.group_id[:10]} {self.epc}"


class Attachment(models.Model):
    """That an event attached something to a thing that lasts: a sensor to a lorry, long before the goods came."""

    pk = models.CompositePrimaryKey("index", "child")
    index = models.BigIntegerField()
    parent = models.CharField(max_length=EPC_LENGTH_MAX)
    child = models.CharField(max_length=EPC_LENGTH_MAX)
    since_us = models.BigIntegerField()

    class Meta:
        indexes = [
            models.Index(fields=["parent", "since_us"], name="trace_attachment_parent"),
            models.Index(fields=["child", "since_us"], name="trace_attachment_child"),
        ]

    def __str__(self) -> str:
        return f"{self.child} {self.parent}"


class Finding(models.Model):
    """What a check found; see domain.traceability.finding.Finding."""

    subject = models.CharField(max_length=EPC_LENGTH_MAX, db_index=True)
    kind = models.CharField(max_length=40)
    severity = models.PositiveSmallIntegerField(db_index=True)
    parameters = models.JSONField()
    events = models.JSONField()

    class Meta:
        verbose_name = _("finding")
        verbose_name_plural = _("findings")

    def __str__(self) -> str:
        return f"{self.subject}: {self.kind}"


class Examination(models.Model):
    """What the books of a lot came to when it was examined last.

    `balances` has one object a dimension, with decimal text. `claimed` has, by certificate, how much of it came under
    the certificate by being made: objects of `uom` and decimal text.
    """

    lot = models.CharField(max_length=EPC_LENGTH_MAX, primary_key=True)
    balances = models.JSONField()
    claimed = models.JSONField(default=dict)
    made_events = models.JSONField()

    def __str__(self) -> str:
        return self.lot


class ExaminationCursor(models.Model):
    """Events below this index have been examined; one row at most."""

    SINGLE_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True)
    next_index = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.next_index)


class ScanCount(models.Model):
    """How often a code was scanned, and since when."""

    epc = models.CharField(max_length=EPC_LENGTH_MAX, primary_key=True)
    count = models.BigIntegerField(default=0)
    first_at = models.BigIntegerField()
    last_at = models.BigIntegerField()
    # When the scans first did not fit together; 0 while they do.
    suspected_at = models.BigIntegerField(default=0, db_index=True)

    def __str__(self) -> str:
        return f"{self.epc}: {self.count}"


class Scan(models.Model):
    """One of a code's newest scans: when, and where to about ten kilometres. It says nothing of who.

    `visitor` is a keyed hash of a token, of this code and of the day, so that one visitor counts once a day and cannot
    be followed from code to code or from day to day; empty without a token.
    """

    epc = models.CharField(max_length=EPC_LENGTH_MAX)
    at = models.BigIntegerField()
    latitude_microdegrees = models.IntegerField(null=True)
    longitude_microdegrees = models.IntegerField(null=True)
    visitor = models.CharField(max_length=32, blank=True)

    class Meta:
        indexes = [models.Index(fields=["epc", "at"], name="trace_scan_epc")]

    def __str__(self) -> str:
        return f"{self.epc} {self.at}"


def rows_of(model: type[Any], field: str, values: Iterable[str]) -> list[Any]:
    """Rows whose field is one of many values."""
    wanted = list(dict.fromkeys(values))
    rows: list[Any] = []
    for first in range(0, len(wanted), NAMES_PER_QUERY_MAX):
        part = wanted[first : first + NAMES_PER_QUERY_MAX]
        rows += model.objects.filter(**{f"{field}__in": part})
    return rows
