"""Photographs that people upload: decoded, turned upright, made small, and written anew without the camera's data."""

import hashlib
import io
import warnings
from typing import IO

from django.http import HttpResponse
from django.urls import reverse
from PIL import Image, ImageOps, UnidentifiedImageError

from pinlian.apps.market.models import ProductPhoto

UPLOAD_BYTES_MAX = 12 * 2**20
PIXELS_MAX = 50_000_000
SIDE_MAX = 1_200
FORMATS = ("JPEG", "PNG", "WEBP")
QUALITY = 82


class PhotoInvalid(ValueError):
    """The file is no photograph that we can read, or it is too large."""


def keep_photo(file: IO[bytes]) -> ProductPhoto:
    """Store an uploaded photograph as written_anew gives it. The same picture is stored once. Raises PhotoInvalid."""
    webp, width, height = written_anew(file)
    photo, _ = ProductPhoto.objects.get_or_create(
        digest=hashlib.sha256(webp).hexdigest(), defaults={"webp": webp, "width": width, "height": height}
    )
    return photo


def written_anew(file: IO[bytes]) -> tuple[bytes, int, int]:
    """An uploaded photograph as WebP of at most SIDE_MAX pixels a side, with its width and height.

    Raises:
        PhotoInvalid: no JPEG, PNG or WebP; damaged; beyond UPLOAD_BYTES_MAX or PIXELS_MAX.
    """
    data = file.read(UPLOAD_BYTES_MAX + 1)
    if len(data) > UPLOAD_BYTES_MAX:
        raise PhotoInvalid("too many bytes")
    try:
        with warnings.catch_warnings():
            # Pillow only warns of pictures that unpack to an unreasonable size.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as opened:
                if opened.width * opened.height > PIXELS_MAX:
                    raise PhotoInvalid("too many pixels")
                upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise PhotoInvalid(str(error)) from error
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PhotoInvalid("too many pixels") from error
    upright.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    upright.info.clear()
    target = io.BytesIO()
    upright.save(target, "WEBP", quality=QUALITY, method=4)
    return target.getvalue(), upright.width, upright.height


def photo_response(webp: bytes | memoryview) -> HttpResponse:
    """A photograph whose address is the hash of its bytes: browsers may keep it for good."""
    return HttpResponse(
        bytes(webp),
        content_type="image/webp",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


def photo_url(digest: str) -> str:
    """The address of a stored photograph; what it shows never changes."""
    return reverse("market:photo", args=[digest])
