"""Photographs of events: what is kept of them, and for how long."""

import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from PIL import Image, PngImagePlugin

from pinlian.apps.capture import facade as capture
from pinlian.apps.capture.models import EventPhoto
from pinlian.apps.capture.photos import PHOTO_KEPT
from tests.integration.accounts import log_in, visitor
from tests.integration.capture.handler import Handler, catch_up, errors
from tests.integration.capture.test_steps import gtin_of, photograph

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><exif:GPSLatitude>30,20.7N</exif:GPSLatitude></x:xmpmeta>'
GPS_IFD, LATITUDE_REF, LATITUDE, MAKE = 0x8825, 1, 2, 0x010F


def at_home(kind: str) -> bytes:
    """A photograph whose file tells where and with what it was taken, in every way in which a file of its kind can."""
    picture, target = Image.new("RGB", (640, 480), "olivedrab"), io.BytesIO()
    exif = Image.Exif()
    exif[MAKE] = "camera of somebody"
    exif.get_ifd(GPS_IFD).update({LATITUDE_REF: "N", LATITUDE: (30.0, 20.0, 42.0)})
    if kind == "PNG":
        texts = PngImagePlugin.PngInfo()
        texts.add_text("Location", "GPSLatitude 30.345")
        texts.add_itxt("XML:com.adobe.xmp", XMP.decode())
        picture.save(target, kind, exif=exif, pnginfo=texts)
    else:
        picture.save(target, kind, exif=exif, xmp=XMP, **({"comment": b"GPSLatitude"} if kind == "JPEG" else {}))
    return target.getvalue()


def harvest_with(farmer: Handler, photo: SimpleUploadedFile) -> dict[str, Any]:
    fields = {"item": gtin_of(farmer), "quantity": "5", "unit": "kg", "site": farmer.site.gln, "photo": photo}
    answer = farmer.prepare("harvest", fields)  # type: ignore[arg-type]
    assert answer.status_code == 200, answer.content.decode()
    prepared: dict[str, Any] = answer.json()  # type: ignore[attr-defined]
    return prepared


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photo__that_tells_where_it_was_taken__tells_nothing_when_it_is_served(farmer: Handler, kind: str) -> None:
    sent = at_home(kind)
    assert b"GPSLatitude" in sent
    [photo] = harvest_with(farmer, SimpleUploadedFile("photo", sent))["photos"]

    served = visitor().get(photo["url"]).content

    with Image.open(io.BytesIO(served)) as picture:
        assert dict(picture.getexif()) == {}
        assert not {"exif", "xmp", "comment"} & set(picture.info)
    for word in (b"somebody", b"GPS", b"xmpmeta", b"EXIF", b"XMP "):
        assert word not in served


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"%PDF-1.7 not a photograph", "无法识别这张照片"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 5000, "无法识别这张照片"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "无法识别这张照片"),
        (b"\0" * (12 * 2**20 + 1), "照片太大"),
        (b"", "空"),
    ],
    ids=["pdf", "broken", "svg", "large", "empty"],
)
def test_photo__that_is_none__is_refused_beside_its_field(farmer: Handler, content: bytes, words: str) -> None:
    found = errors(
        farmer.prepare(
            "harvest",
            {
                "item": gtin_of(farmer),
                "quantity": "5",
                "unit": "kg",
                "site": farmer.site.gln,
                "photo": SimpleUploadedFile("photo.jpg", content),  # type: ignore[dict-item]
            },
        )
    )

    assert words in " ".join(found["photo"])
    assert not EventPhoto.objects.exists()


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Lets time pass for photographs and drafts."""

    def pass_by(span: timedelta) -> None:
        then = timezone.now() + span
        monkeypatch.setattr(timezone, "now", lambda: then)

    return pass_by


def test_tidying__photo_of_a_draft_that_nobody_signed__is_dropped_in_time(
    farmer: Handler, later: Callable[[timedelta], None]
) -> None:
    prepared = harvest_with(farmer, photograph())
    facts = farmer.sign(prepared)
    catch_up()

    later(PHOTO_KEPT - timedelta(minutes=1))
    assert capture.Tidying().step() == 0
    later(timedelta(minutes=2))
    # The photograph, and what was prepared with it.
    assert capture.Tidying().step() == 2
    farmer.client = log_in(farmer.phone)
    too_late = farmer.send(facts)

    assert not EventPhoto.objects.exists()
    assert too_late.status_code == 422
    assert too_late.json()["field"] == "photo"  # type: ignore[attr-defined]


def test_tidying__photo_that_an_event_names__stays(farmer: Handler, later: Callable[[timedelta], None]) -> None:
    prepared = harvest_with(farmer, photograph())
    assert farmer.send(farmer.sign(prepared)).status_code == 201
    later(PHOTO_KEPT + timedelta(days=400))

    for _ in range(2):
        # The first time the read model has not followed yet, so that nobody knows what the newest events name.
        capture.Tidying().step()
        assert capture.photos_kept([prepared["photos"][0]["digest"]])
        catch_up()
