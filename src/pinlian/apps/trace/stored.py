"""The projected rows as they are stored, as plain tuples, for the audit to compare with what the facts say."""

from collections.abc import Iterator
from typing import Any

from pinlian.apps.trace.models import (
    Attachment,
    Certificate,
    GroupLink,
    Lot,
    LotCertificate,
    Place,
    Recall,
)

ROWS_PER_READ = 5_000

LOT_FACTS = ("epc", "author", "first_index", "index", "name", "body")
PLACE_FACTS = (
    "epc",
    "author",
    "first_index",
    "index",
    "name",
    "kind",
    "latitude_microdegrees",
    "longitude_microdegrees",
    "body",
)
CERTIFICATE_FACTS = ("id", "author", "first_index", "index", "body")
LOT_CERTIFICATE_FACTS = ("lot", "certificate")
RECALL_FACTS = ("index", "epc", "author", "is_start", "reason", "at")
GROUP_LINK_FACTS = ("group_id", "index", "epc", "time_us")

ATTACHMENT_FACTS = ("index", "parent", "child", "since_us")

Facts = tuple[Any, ...]


def stored_lots() -> Iterator[Facts]:
    """LOT_FACTS of every lot."""
    return Lot.objects.values_list(*LOT_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_places() -> Iterator[Facts]:
    """PLACE_FACTS of every place."""
    return Place.objects.values_list(*PLACE_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_certificates() -> Iterator[Facts]:
    """CERTIFICATE_FACTS of every certificate."""
    return Certificate.objects.values_list(*CERTIFICATE_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_lot_certificates() -> Iterator[Facts]:
    """LOT_CERTIFICATE_FACTS of every lot under a certificate."""
    return LotCertificate.objects.values_list(*LOT_CERTIFICATE_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_recalls() -> Iterator[Facts]:
    """RECALL_FACTS of every word about a recall."""
    return Recall.objects.values_list(*RECALL_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_group_links() -> Iterator[Facts]:
    """GROUP_LINK_FACTS of every event and thing that was for a group."""
    return GroupLink.objects.values_list(*GROUP_LINK_FACTS).iterator(chunk_size=ROWS_PER_READ)


def stored_attachments() -> Iterator[Facts]:
    """ATTACHMENT_FACTS of everything that was attached to something."""
    return Attachment.objects.values_list(*ATTACHMENT_FACTS).iterator(chunk_size=ROWS_PER_READ)
