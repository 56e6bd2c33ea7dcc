"""Tables that people send, as different programs write them."""

import datetime
import io
import zipfile
from collections.abc import Sequence
from decimal import Decimal

import pytest
import xlsxwriter

from pinlian.apps.capture.import_rows import HEADINGS
from pinlian.apps.capture.spreadsheets import FILE_BYTES_MAX, Row, TableInvalid, read_rows


def workbook(*rows: Sequence[object], formulas: dict[tuple[int, int], tuple[str, float]] | None = None) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True, "default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
        for (row_number, column), (formula, value) in (formulas or {}).items():
            sheet.write_formula(row_number, column, formula, None, value)
    return target.getvalue()


HEAD = ["日期", "事项", "货品", "批次号", "数量（公斤）", "单位"]
DAY = datetime.datetime(2026, 11, 20)  # noqa: DTZ001


def test_read_rows__workbook__gives_dates_numbers_and_what_formulas_came_to() -> None:
    data = workbook(
        ["十一月采收登记"],
        HEAD,
        [DAY, "采收", "小青菜", 20261120, None, "公斤"],
        [None, None, None, None, None, None],
        ["2026-11-21", " 采收 ", "小青菜", "A-1", 12.3, "斤"],
        formulas={(2, 4): ("=0.1+0.2", 0.30000000000000004)},
    )

    assert read_rows(data, HEADINGS) == [
        Row(
            3,
            {
                "day": DAY,
                "step": "采收",
                "goods": "小青菜",
                "lot": Decimal(20261120),
                "quantity": Decimal("0.3"),
                "unit": "公斤",
            },
        ),
        Row(
            5,
            {
                "day": "2026-11-21",
                "step": "采收",
                "goods": "小青菜",
                "lot": "A-1",
                "quantity": Decimal("12.3"),
                "unit": "斤",
            },
        ),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_read_rows__text_of_any_chinese_program__is_read(encoding: str, delimiter: str) -> None:
    lines = [HEAD, ["2026-11-20", "采收", "高山小青菜", "", "80", "公斤"]]
    data = "\r\n".join(delimiter.join(line) for line in lines).encode(encoding)

    assert read_rows(data, HEADINGS) == [
        Row(2, {"day": "2026-11-20", "step": "采收", "goods": "高山小青菜", "quantity": "80", "unit": "公斤"})
    ]


@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_read_rows__title_above_the_headings__is_passed_over(delimiter: str) -> None:
    lines = [["十一月采收登记"], [], HEAD, ["2026-11-20", "采收", "小青菜", "", "80", "公斤"]]
    data = "\n".join(delimiter.join(line) for line in lines).encode()

    [row] = read_rows(data, HEADINGS)
    assert (row.number, row.cells["quantity"]) == (4, "80")


def test_read_rows__english_headings_in_any_order() -> None:
    data = b"Quantity,Lot number,Date,Extra\n5,A1,2026-11-20,x\n"

    assert read_rows(data, HEADINGS) == [Row(2, {"quantity": "5", "lot": "A1", "day": "2026-11-20"})]


def bomb() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * (61 * 2**20))
    return target.getvalue()


def far_corner() -> bytes:
    """A file of five kilobytes in which all cells up to the last that there can be are to be made room for."""
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, HEAD)
        sheet.write(1_048_575, 16_383, "x")
    return target.getvalue()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "NO_HEADINGS"),
        (b"hello\nworld\n", "NO_HEADINGS"),
        (workbook(["a", "b"], ["c", "d"]), "NO_HEADINGS"),
        (b"\x89PNG\r\n\x1a\n\0\0\0", "FILE"),
        (b"PK\x03\x04 broken", "FILE"),
        (b"\xd0\xcf\x11\xe0 broken", "FILE"),
        (b"x" * (FILE_BYTES_MAX + 1), "TOO_LARGE"),
        (bomb(), "TOO_LARGE"),
        (far_corner(), "TOO_LARGE"),
        ("日期,数量\n".encode() + b"2026-11-20,1\n" * 501, "TOO_MANY_ROWS"),
    ],
    ids=["empty", "prose", "other table", "picture", "broken zip", "broken xls", "large", "bomb", "far corner", "long"],
)
def test_read_rows__no_table__says_why(data: bytes, reason: str) -> None:
    with pytest.raises(TableInvalid) as refused:
        read_rows(data, HEADINGS)

    assert refused.value.reason == reason
