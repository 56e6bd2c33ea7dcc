"""Labels for lots: a QR code with the GS1 Digital Link, and the same in words, on sheets to print.

The typeface is Noto Sans SC, embedded as far as it is used: the standard's own Chinese fonts (CID fonts that a PDF only
names) print as blanks wherever the printer's computer lacks them. QR codes are drawn, not pictures, so that they are
sharp at any resolution.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import segno
from django.conf import settings

from pinlian.gs1.digital_link import DigitalLink, build

if TYPE_CHECKING:
    from fpdf import FPDF

# A QR code needs four empty modules around it (ISO/IEC 18004).
QUIET_MODULES = 4
PADDING_MM = 3.5
_TYPEFACE = "noto"
_MM_PER_POINT = 25.4 / 72


@dataclass(frozen=True)
class LabelStock:
    """Paper that labels are printed on, in millimetres; a label printer's roll is a page with one place."""

    page_width_mm: float
    page_height_mm: float
    columns: int
    rows: int
    label_width_mm: float
    label_height_mm: float
    left_mm: float = 0
    top_mm: float = 0

    @property
    def places(self) -> int:
        """Labels on a page."""
        return self.columns * self.rows

    def corner_mm(self, place: int) -> tuple[float, float]:
        """Left and upper edge of the place, counted from 0 along the rows."""
        row, column = divmod(place, self.columns)
        return self.left_mm + column * self.label_width_mm, self.top_mm + row * self.label_height_mm


STOCKS = {
    "a4-24": LabelStock(210, 297, 3, 8, 70, 37, top_mm=0.5),
    "a4-8": LabelStock(210, 297, 2, 4, 105, 74, top_mm=0.5),
    "roll-100x50": LabelStock(100, 50, 1, 1, 100, 50),
}


@dataclass(frozen=True)
class Label:
    """What a label says.

    `gtin` has 14 digits; `day` is the day of harvest or making. What is empty or not known is left out.
    """

    gtin: str
    lot: str
    product_zh: str
    product_en: str
    farm: str
    day: date | None

    @property
    def identifier(self) -> DigitalLink:
        """What the code names. Raises DigitalLinkError when GTIN or lot are malformed."""
        return build("01", self.gtin, (("10", self.lot),))

    @property
    def uri(self) -> str:
        """The code's content: the lot at this site's resolver."""
        return f"{settings.PINLIAN_ORIGIN}{self.identifier.path()}"


def label_sheets(labels: Sequence[Label], stock: LabelStock, *, first_place: int = 0) -> bytes:
    """A PDF with the labels in order; `first_place` leaves places of a begun sheet empty.

    Raises:
        DigitalLinkError: a label's GTIN or lot is malformed.
        ValueError: there is no such first place.
    """
    if not 0 <= first_place < stock.places:
        raise ValueError(f"a page has {stock.places} places, not {first_place}")
    pdf = _new_pdf(stock)
    for number, label in enumerate(labels, start=first_place):
        place = number % stock.places
        if place == 0 or number == first_place:
            pdf.add_page()
        _draw_label(pdf, label, stock, *stock.corner_mm(place))
    return bytes(pdf.output())


def _new_pdf(stock: LabelStock) -> "FPDF":
    # Both take a second to load, which only those who print should wait for.
    from fpdf import FPDF
    from pylopdf_fonts_zh_cn import sans_path

    pdf = FPDF(unit="mm", format=(stock.page_width_mm, stock.page_height_mm))
    pdf.set_auto_page_break(False)
    pdf.set_margin(0)
    pdf.add_font(_TYPEFACE, fname=str(sans_path()))
    pdf.set_title("Labels")
    return pdf


def _draw_label(pdf: "FPDF", label: Label, stock: LabelStock, left: float, top: float) -> None:
    code_mm = min(stock.label_height_mm - 2 * PADDING_MM, stock.label_width_mm * 0.45)
    _draw_code(pdf, label.uri, left + PADDING_MM, top + (stock.label_height_mm - code_mm) / 2, code_mm)
    words_left = left + PADDING_MM + code_mm + PADDING_MM
    words_width = left + stock.label_width_mm - PADDING_MM - words_left
    lines = list(_lines(label))
    # The lines fill the label's height; a line is 1.25 times as high as its letters.
    unit_mm = (stock.label_height_mm - 2 * PADDING_MM) / sum(size * 1.25 for size, _text in lines)
    base = top + PADDING_MM
    for size, text in lines:
        base += size * unit_mm * 1.25
        _draw_line(pdf, text, words_left, base - size * unit_mm * 0.25, words_width, size * unit_mm / _MM_PER_POINT)


def _lines(label: Label) -> Iterator[tuple[float, str]]:
    """Relative size and text of each line. Both languages stand on the label, whoever prints it."""
    yield 1.7, label.product_zh
    if label.product_en:
        yield 1.2, label.product_en
    yield 1, f"批次 Lot  {label.lot}"
    if label.day:
        yield 1, f"日期 Date  {label.day:%Y-%m-%d}"
    if label.farm:
        yield 1, f"产地 Farm  {label.farm}"
    yield 0.8, f"(01) {label.gtin}"
    yield 0.8, f"(10) {label.lot}"


def _draw_line(pdf: "FPDF", text: str, left: float, base: float, width: float, points: float) -> None:
    """A line of text, in smaller letters if it would be too long."""
    pdf.set_font(_TYPEFACE, size=points)
    natural = pdf.get_string_width(text)
    if natural > width:
        pdf.set_font(_TYPEFACE, size=points * width / natural)
    pdf.text(left, base, text)


def _draw_code(pdf: "FPDF", uri: str, left: float, top: float, size: float) -> None:
    rows = [list(row) for row in segno.make_qr(uri, error="m").matrix]
    module = size / (len(rows) + 2 * QUIET_MODULES)
    pdf.set_fill_color(0)
    for y, row in enumerate(rows):
        for x, length in _runs(row):
            pdf.rect(
                left + (x + QUIET_MODULES) * module,
                top + (y + QUIET_MODULES) * module,
                length * module,
                module,
                style="F",
            )


def _runs(row: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and length of each run of dark modules."""
    start = None
    for place, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            yield start, place - start
            start = None
