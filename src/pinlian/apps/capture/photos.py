"""Photographs of events: written anew as the market's are, named by the SHA-256 of what is kept."""

import hashlib
from collections.abc import Collection
from typing import IO

from django.urls import reverse

from pinlian.apps.capture.models import EventPhoto
from pinlian.apps.market.facade import written_anew


def keep_photo(file: IO[bytes]) -> str:
    """Keep a photograph without the camera's data; its SHA-256, hexadecimal. The same picture is kept once.

    Raises:
        PhotoInvalid.
    """
    webp, width, height = written_anew(file)
    digest = hashlib.sha256(webp).hexdigest()
    EventPhoto.objects.get_or_create(digest=digest, defaults={"webp": webp, "width": width, "height": height})
    return digest


def photo_url(digest: str) -> str:
    """The address of a photograph; what it shows never changes."""
    return reverse("capture:photo", args=[digest])


def photos_kept(digests: Collection[str]) -> set[str]:
    """Which of these photographs are here."""
    return set(EventPhoto.objects.filter(pk__in=set(digests)).values_list("pk", flat=True))
