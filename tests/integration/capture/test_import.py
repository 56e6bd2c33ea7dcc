"""A farmer's table becomes signed events once every cell of it is right."""

import io
import json
import re
import zipfile

import pytest
import python_calamine as calamine
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pinlian.apps.capture import facade as capture
from pinlian.apps.capture import selectors, services
from pinlian.apps.capture.models import Holding
from pinlian.chain.rpc import to_hex
from pinlian.record import facade as record
from tests.integration.capture.handler import Handler, catch_up

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

DAY = f"{timezone.localdate():%Y-%m-%d}"
"""Once for all: a test that runs at midnight speaks of one day."""
HEAD = ["日期", "事项", "货品（名称或条码）", "批次号", "数量", "单位", "地点", "发往"]


def table(*rows: list[object]) -> SimpleUploadedFile:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEAD, *rows]):
            sheet.write_row(number, 0, row)
    return SimpleUploadedFile("采收.xlsx", target.getvalue())


def test_file__all_right__is_shown_then_signed_and_recorded(farmer: Handler) -> None:
    size = record.size()
    rows: list[list[object]] = [
        [DAY, "采收", "小青菜", "A-7", 80, "公斤", "", ""],
        [DAY, "采收", "小青菜", "", 40, "斤", "", ""],
        [DAY, "发货", "小青菜", "A-7", 30, "公斤", "", ""],
    ]

    page = farmer.client.post("/capture/import/", {"account": to_hex(farmer.key.address), "file": table(*rows)})
    text = page.content.decode()

    assert page.status_code == 200
    assert "3 行全部正确" in text
    assert record.size() == size
    found = re.search(r'<script id="prepared" type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    assert farmer.send(farmer.sign(json.loads(found[1]))).status_code == 201
    catch_up()
    assert sorted(farmer.has().values()) == ["20KGM", "50KGM"]


def test_file__with_mistakes__names_each_cell_and_keeps_nothing(farmer: Handler) -> None:
    size = record.size()

    page = farmer.client.post(
        "/capture/import/",
        {"file": table(["昨天", "采收", "萝卜", "", 80, "公斤", "", ""], ["", "发货", "小青菜", "", -3, "车", "", ""])},
    )
    text = page.content.decode()

    assert page.status_code == 422
    for words in ("日期请写成", "您的货品中没有这一项", "哪一批？", "请写公斤、斤、件或升"):
        assert words in text
    assert "prepared" not in text
    assert record.size() == size
    assert not Holding.objects.exists()


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (SimpleUploadedFile("a.xlsx", b"\x89PNG\0\0"), "无法读取这个文件"),
        (SimpleUploadedFile("a.csv", "甲,乙\n1,2\n".encode("gb18030")), "没有找到表头"),
        (SimpleUploadedFile("a.csv", "日期,数量\n".encode("gb18030")), "表头下面没有内容"),
    ],
)
def test_file__that_is_no_table__says_so(farmer: Handler, file: SimpleUploadedFile, words: str) -> None:
    file.seek(0)
    page = farmer.client.post("/capture/import/", {"file": file})

    assert page.status_code == 422
    assert words in page.content.decode()


def read(farmer: Handler, *rows: list[object]) -> str:
    data = {"account": to_hex(farmer.key.address), "file": table(*rows)}
    page: str = farmer.client.post("/capture/import/", data).content.decode()
    return page


def record_all(farmer: Handler, page: str) -> None:
    """Sign what a page offers to sign, and let the read model follow."""
    found = re.search(r'<script id="prepared" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found is not None, page
    answer = farmer.send(farmer.sign(json.loads(found[1])))
    assert answer.status_code == 201, answer.content.decode()
    catch_up()


def harvests(count: int, lot: str = "") -> list[list[object]]:
    return [[DAY, "采收", "小青菜", lot, 10 + number, "公斤", "", ""] for number in range(count)]


def test_file__sent_again__records_nothing_twice(farmer: Handler) -> None:
    record_all(farmer, read(farmer, *harvests(2)))
    before = farmer.has()

    again = read(farmer, *harvests(2))
    more = read(farmer, *harvests(3))

    assert "这些都已登记" in again
    assert "prepared" not in again
    assert "其中 2 行已登记" in more
    record_all(farmer, more)
    assert len(farmer.has()) == 3
    assert before.items() <= farmer.has().items()


def test_file__read_twice_before_it_is_signed__is_recorded_once(farmer: Handler) -> None:
    pages = [read(farmer, *harvests(2)) for _ in range(2)]

    for page in pages:
        record_all(farmer, page)

    assert len(farmer.has()) == 2


def test_file__rows_that_say_the_same__happened_as_often(farmer: Handler) -> None:
    row = harvests(1, "A-7")[0]

    record_all(farmer, read(farmer, row, row))

    assert list(farmer.has().values()) == ["20KGM"]
    assert "这些都已登记" in read(farmer, row, row)


def test_file__row_that_was_taken_back__can_be_recorded_again(farmer: Handler) -> None:
    row = harvests(1, "A-7")[0]
    record_all(farmer, read(farmer, row))
    [recorded] = selectors.recorded_by(farmer.id)
    farmer.does("mine", event=recorded.event["eventID"])
    assert farmer.has() == {}

    record_all(farmer, read(farmer, row))

    assert list(farmer.has().values()) == ["10KGM"]


def test_file__more_leaves_than_there_is__says_how_much_there_is(farmer: Handler) -> None:
    page = read(
        farmer,
        [DAY, "发货", "小青菜", "A-7", 8, "公斤", "", ""],
        [DAY, "损耗", "小青菜", "A-7", 6, "斤", "", ""],
        *harvests(1, "A-7"),
    )

    assert "这里这批只有 2 公斤" in page
    assert "prepared" not in page


def test_file__harvest_of_anothers_goods__is_refused(farmer: Handler, warehouse: Handler) -> None:
    gtin = services.add_item(warehouse.id, name_zh="别人的梨", name_en="").gtin

    page = read(farmer, [DAY, "采收", gtin, "", 8, "公斤", "", ""])

    assert "只能采收自己货品表里的货品" in page


def test_file__part_of_a_piece__is_named_in_its_cell(farmer: Handler) -> None:
    page = read(farmer, [DAY, "采收", "小青菜", "", 8.5, "件", "", ""])

    assert "件数请填整数" in page


def test_file__as_long_as_it_may_be__can_be_signed_and_sent(farmer: Handler) -> None:
    record_all(farmer, read(farmer, *harvests(300)))

    assert len(selectors.held_by(farmer.id)) == 300


def test_template__names_that_look_like_formulas__are_texts(farmer: Handler, warehouse: Handler) -> None:
    capture.add_site(warehouse.id, name='=HYPERLINK("http://evil.example","仓库")', kind="other")
    answer = farmer.client.get("/capture/import/template.xlsx")

    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheets = b"".join(book.read(name) for name in book.namelist() if "worksheets" in name)

    assert b"<f>" not in sheets.replace(b"<formula1>", b"")
    assert b"<hyperlink" not in sheets
    texts = calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content)).get_sheet_by_index(1).to_python()
    assert any("HYPERLINK" in str(cell) for row in texts for cell in row)


def test_template__can_be_filled_in_and_sent_back(farmer: Handler) -> None:
    answer = farmer.client.get("/capture/import/template.xlsx")
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content))

    assert book.get_sheet_by_index(0).to_python()[0] == HEAD
    lists = book.get_sheet_by_index(1).to_python()
    assert [row[1] for row in lists[1:2]] == ["小青菜"]
    assert "attachment" in answer["Content-Disposition"]
