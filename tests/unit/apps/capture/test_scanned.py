"""What cameras and hand scanners read."""

import pytest

from pinlian.apps.capture.scanned import Scanned, read_scanned
from pinlian.gs1.keys import IdentifierError

LOT = Scanned("https://id.gs1.org/01/09521234000013/10/20261122-01", is_unit=False)
BOX = Scanned("https://id.gs1.org/00/095212340000000013", is_unit=True)


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("https://id.gs1.org/01/09521234000013/10/20261122-01", LOT),
        ("http://localhost:8000/01/09521234000013/10/20261122-01", LOT),
        ("https://shop.example/de/01/9521234000013/10/20261122-01?17=261130", LOT),
        ("(01)09521234000013(10)20261122-01", LOT),
        ("]C1010952123400001310" + "20261122-01", LOT),
        ("https://id.gs1.org/00/095212340000000013", BOX),
        ("(00)095212340000000013", BOX),
        ("00095212340000000013", BOX),
        ("]C100095212340000000013", BOX),
        (" 095212340000000013\n", BOX),
    ],
)
def test_read_scanned__lot_or_box__gives_its_canonical_name(code: str, found: Scanned) -> None:
    assert read_scanned(code) == found


@pytest.mark.parametrize(
    "code",
    [
        "",
        "hello",
        "https://id.gs1.org/01/09521234000013",
        "https://id.gs1.org/01/09521234000011/10/1",
        "https://id.gs1.org/414/9521234000013",
        "https://example.com/",
        "095212340000000012",
        "(01)09521234000011(10)1",
    ],
)
def test_read_scanned__something_else__is_refused(code: str) -> None:
    with pytest.raises(IdentifierError):
        read_scanned(code)
