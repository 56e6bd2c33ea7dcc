"""Uploaded photographs are read as pictures and written anew."""

import io

import pytest
from PIL import Image

from pinlian.apps.market import photos
from pinlian.apps.market.photos import SIDE_MAX, PhotoInvalid, written_anew

ORIENTATION = 0x0112
MAKER = 0x010F
TURNED_RIGHT = 6


def picture(width: int = 40, height: int = 20, kind: str = "JPEG", exif: Image.Exif | None = None) -> bytes:
    target = io.BytesIO()
    Image.new("RGB", (width, height), "tomato").save(target, kind, **({"exif": exif} if exif else {}))
    return target.getvalue()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photograph__becomes_webp(kind: str) -> None:
    webp, width, height = written_anew(io.BytesIO(picture(kind=kind)))
    assert Image.open(io.BytesIO(webp)).format == "WEBP"
    assert (width, height) == (40, 20)


def test_camera_data__is_gone_and_the_picture_upright() -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = TURNED_RIGHT
    exif[MAKER] = "camera of somebody"
    exif.get_ifd(0x8825)[2] = (30.0, 15.0, 0.0)
    webp, width, height = written_anew(io.BytesIO(picture(exif=exif)))
    assert (width, height) == (20, 40)
    assert b"somebody" not in webp
    assert not Image.open(io.BytesIO(webp)).getexif()


def test_large_photograph__is_made_small() -> None:
    _, width, height = written_anew(io.BytesIO(picture(3_000, 1_500)))
    assert (width, height) == (SIDE_MAX, SIDE_MAX // 2)


@pytest.mark.parametrize(
    "data",
    [b"", b"no picture", picture()[:200], b"<svg xmlns='http://www.w3.org/2000/svg'/>", picture(kind="GIF")],
    ids=["empty", "text", "cut off", "svg", "gif"],
)
def test_file_that_is_no_photograph__is_refused(data: bytes) -> None:
    with pytest.raises(PhotoInvalid):
        written_anew(io.BytesIO(data))


def test_picture_of_too_many_pixels__is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "PIXELS_MAX", 100)
    with pytest.raises(PhotoInvalid, match="pixels"):
        written_anew(io.BytesIO(picture()))
