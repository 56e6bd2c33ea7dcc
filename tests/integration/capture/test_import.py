"""A farmer's table becomes signed events once every cell of it is right."""

import io
import json
import re

import pytest
import python_calamine as calamine
import xlsxwriter
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pinlian.apps.capture.models import Holding
from pinlian.chain.rpc import to_hex
from pinlian.record import facade as record
from tests.integration.capture.handler import Handler, catch_up

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

HEAD = ["日期", "事项", "货品（名称或条码）", "批次号", "数量", "单位", "地点", "发往"]


def table(*rows: list[object]) -> SimpleUploadedFile:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate([HEAD, *rows]):
            sheet.write_row(number, 0, row)
    return SimpleUploadedFile("采收.xlsx", target.getvalue())


def test_file__all_right__is_shown_then_signed_and_recorded(farmer: Handler) -> None:
    day = f"{timezone.localdate():%Y-%m-%d}"
    size = record.size()
    rows: list[list[object]] = [
        [day, "采收", "小青菜", "A-7", 80, "公斤", "", ""],
        [day, "采收", "小青菜", "", 40, "斤", "", ""],
        [day, "发货", "小青菜", "A-7", 30, "公斤", "", ""],
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


def test_template__can_be_filled_in_and_sent_back(farmer: Handler) -> None:
    answer = farmer.client.get("/capture/import/template.xlsx")
    book = calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content))

    assert book.get_sheet_by_index(0).to_python()[0] == HEAD
    lists = book.get_sheet_by_index(1).to_python()
    assert [row[1] for row in lists[1:2]] == ["小青菜"]
    assert "attachment" in answer["Content-Disposition"]
