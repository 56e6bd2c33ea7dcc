"""Photographs of events: written anew as the market's are, named by the SHA-256 of what is kept."""

import hashlib
from collections.abc import Collection
from datetime import timedelta
from typing import IO

from django.db.models import Exists, OuterRef
from django.urls import reverse
from django.utils import timezone

from pinlian.apps.capture.models import BoundPhoto, EventPhoto
from pinlian.apps.market.facade import written_anew
from pinlian.record.facade import followed, size

PHOTO_KEPT = timedelta(days=30)
"""For so long a photograph waits for an event that names it to be signed and sent."""


def keep_photo(file: IO[bytes]) -> str:
    """Keep a photograph without the camera's data; its SHA-256, hexadecimal. The same picture is kept once.

    Raises:
        PhotoInvalid.
    """
    webp, width, height = written_anew(file)
    digest = hashlib.sha256(webp).hexdigest()
    EventPhoto.objects.get_or_create(digest=digest, defaults={"webp": webp, "width": width, "height": height})
    return digest


def hold_photos(digests: Collection[str]) -> bool:
    """Keep these photographs for an event that is about to be recorded; whether all of them are still here."""
    wanted = set(digests)
    return EventPhoto.objects.filter(pk__in=wanted).update(uploaded_at=timezone.now()) == len(wanted)


def forget_abandoned_photos() -> int:
    """Drop photographs of drafts that nobody signed in time; how many. Call it now and then.

    Never one that an event names: while the read model has not followed the whole record, nobody knows which those are.
    """
    if followed() < size():
        return 0
    is_bound = Exists(BoundPhoto.objects.filter(pk=OuterRef("pk")))
    old = EventPhoto.objects.filter(~is_bound, uploaded_at__lt=timezone.now() - PHOTO_KEPT)
    # A deletion takes the write lock even if it finds nothing.
    return old.delete()[0] if old.exists() else 0


def photo_url(digest: str) -> str:
    """The address of a photograph; what it shows never changes."""
    return reverse("capture:photo", args=[digest])


def photos_kept(digests: Collection[str]) -> set[str]:
    """Which of these photographs are here."""
    return set(EventPhoto.objects.filter(pk__in=set(digests)).values_list("pk", flat=True))
