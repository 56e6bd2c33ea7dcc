"""Every illustration that a product can have exists and says what it shows."""

from pathlib import Path

from pinlian.apps.market.illustrations import FALLBACK, illustration_url, illustrations
from pinlian.apps.market.models import Category

BUILT = Path(__file__).resolve().parents[3] / "src/pinlian/web/static/build/illustrations"


def test_every_illustration__is_built() -> None:
    assert len(illustrations()) > 60
    assert [key for key in illustrations() if not (BUILT / f"{key}.svg").is_file()] == []


def test_every_category__has_illustrations_with_words() -> None:
    assert {picture.category for picture in illustrations().values()} == set(Category.values)
    assert all(picture.zh and picture.en for picture in illustrations().values())


def test_unknown_illustration__is_shown_as_a_parcel() -> None:
    assert illustration_url("../secret") == illustration_url(FALLBACK)
