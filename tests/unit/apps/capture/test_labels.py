"""Printed labels, read back: the words from the PDF, the code from its picture."""

from datetime import date

import pypdfium2
import pytest
import zxingcpp
from pytest_django import Settings

from pinlian.apps.capture.labels import STOCKS, Label, LabelStock, label_sheets
from pinlian.gs1.digital_link import DigitalLinkError, parse
from pinlian.gs1.keys import Reason

TOMATOES = Label(
    "06901234567892", "20261122-01", "普罗旺斯番茄", "Provence tomatoes", "临安青山农场", date(2026, 11, 22)
)
DPI = 300


@pytest.fixture(autouse=True)
def origin(settings: Settings) -> None:
    settings.PINLIAN_ORIGIN = "https://pinlian.example"


def words(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)]


def codes(pdf: bytes, page: int = 0) -> list[str]:
    """What a scanner reads on a printed page, from top left to bottom right."""
    picture = pypdfium2.PdfDocument(pdf)[page].render(scale=DPI / 72).to_pil()
    found = zxingcpp.read_barcodes(picture)
    ordered = sorted(found, key=lambda code: (round(code.position.top_left.y / 50), code.position.top_left.x))
    return [code.text for code in ordered]


@pytest.mark.parametrize("stock", STOCKS.values(), ids=STOCKS)
def test_label_sheets__one_label__words_in_both_languages_and_a_code_that_names_the_lot(stock: LabelStock) -> None:
    pdf = label_sheets([TOMATOES], stock)
    (text,) = words(pdf)
    for part in (
        "普罗旺斯番茄",
        "Provence tomatoes",
        "批次 Lot",
        "20261122-01",
        "2026-11-22",
        "产地 Farm",
        "临安青山农场",
    ):
        assert part in text
    assert "(01) 06901234567892" in text
    (code,) = codes(pdf)
    assert code == "https://pinlian.example/01/06901234567892/10/20261122-01"
    assert parse(code).qualifiers == (("10", "20261122-01"),)
    page = pypdfium2.PdfDocument(pdf)[0]
    millimetres = [round(points / 72 * 25.4) for points in page.get_size()]
    assert millimetres == [stock.page_width_mm, stock.page_height_mm]


def test_label_sheets__more_than_a_page__each_code_once_in_order() -> None:
    labels = [Label(TOMATOES.gtin, f"20261122-{number:02d}", "番茄", "", "农场", TOMATOES.day) for number in range(26)]
    pdf = label_sheets(labels, STOCKS["a4-24"])
    lots = [parse(code).qualifiers[0][1] for page in (0, 1) for code in codes(pdf, page)]
    assert lots == [label.lot for label in labels]
    assert len(words(pdf)) == 2


def test_label_sheets__begun_sheet__leaves_its_places_empty() -> None:
    pdf = label_sheets([TOMATOES, TOMATOES], STOCKS["a4-24"], first_place=23)
    assert [len(codes(pdf, page)) for page in (0, 1)] == [1, 1]
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=1).to_pil().convert("L")
    width, height = picture.size
    assert picture.crop((0, 0, width, height * 7 // 8 - 2)).getextrema() == (255, 255)


def test_label_sheets__lot_with_reserved_characters__is_escaped_in_the_code() -> None:
    label = Label(TOMATOES.gtin, "A/1+2", "番茄", "", "农场", TOMATOES.day)
    (code,) = codes(label_sheets([label], STOCKS["roll-100x50"]))
    assert code == "https://pinlian.example/01/06901234567892/10/A%2F1%2B2"


def test_label_sheets__very_long_words__stay_on_the_label() -> None:
    label = Label(TOMATOES.gtin, "20261122-01", "特级" * 30, "Extra " * 20, "农场" * 40, TOMATOES.day)
    pdf = label_sheets([label], STOCKS["a4-24"])
    picture = pypdfium2.PdfDocument(pdf)[0].render(scale=2).to_pil().convert("L")
    width, height = picture.size
    assert picture.crop((width // 3, 0, width, height // 8)).getextrema() == (255, 255)
    assert len(codes(pdf)) == 1


def test_label_sheets__wrong_check_digit__is_refused() -> None:
    label = Label("06901234567893", "20261122-01", "番茄", "", "农场", TOMATOES.day)
    with pytest.raises(DigitalLinkError) as refused:
        label_sheets([label], STOCKS["a4-24"])
    assert refused.value.reason is Reason.CHECK_DIGIT


@pytest.mark.parametrize("place", [-1, 24])
def test_label_sheets__place_that_the_sheet_has_not__is_refused(place: int) -> None:
    with pytest.raises(ValueError, match="24 places"):
        label_sheets([TOMATOES], STOCKS["a4-24"], first_place=place)
