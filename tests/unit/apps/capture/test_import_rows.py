"""What the rows of a table mean, and what is said beside cells that mean nothing."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils.translation import override

from pinlian.apps.capture.import_rows import read_meaning
from pinlian.apps.capture.selectors import ItemView, SiteView
from pinlian.apps.capture.spreadsheets import Cell, Row
from pinlian.apps.capture.step_forms import Choices

FARM = SiteView("9521234000013", "东山基地", "farm", "浙江临安", None, None)
CENTRE = SiteView("9521234000020", "城北中心仓", "centre_warehouse", "", None, None)
CHOICES = Choices(
    sites=[FARM],
    items=[ItemView("09521234000013", "小青菜", frozenset({"小青菜", "Pak choi"}))],
    to=[CENTRE, FARM],
)
NOW = datetime(2026, 11, 22, 10, tzinfo=ZoneInfo("Asia/Shanghai"))
GOOD: dict[str, Cell] = {
    "day": "2026-11-20",
    "step": "发货",
    "goods": "小青菜",
    "lot": Decimal(20261120),
    "quantity": Decimal("12.5"),
    "unit": "斤",
    "to": "城北中心仓",
}


def read(**changes: Cell | None) -> tuple[dict[str, str], dict[str, object] | None]:
    cells = {column: cell for column, cell in {**GOOD, **changes}.items() if cell is not None}
    with override("en"):
        [row] = read_meaning([Row(7, cells)], CHOICES, NOW)
    return row.problems, row.meaning.event() if row.meaning else None


def test_row__shipping__becomes_its_event() -> None:
    problems, event = read()

    assert problems == {}
    assert event is not None
    assert event["bizStep"] == "shipping"
    assert event["eventTime"] == "2026-11-20T12:00:00.000+08:00"
    assert event["quantityList"] == [
        {"epcClass": "https://id.gs1.org/01/09521234000013/10/20261120", "quantity": 6.25, "uom": "KGM"}
    ]
    assert event["destinationList"] == [{"type": "location", "destination": "https://id.gs1.org/414/9521234000020"}]


@pytest.mark.parametrize(
    "day",
    ["2026-11-20", "2026/11/20", "2026.11.20", "2026年11月20日", "2026-11-20 00:00", datetime(2026, 11, 20)],  # noqa: DTZ001
)
def test_row__date_in_any_usual_form__is_that_day(day: Cell) -> None:
    _problems, event = read(day=day)

    assert event is not None
    assert str(event["eventTime"]).startswith("2026-11-20T12:00")


def test_row__today__is_not_later_than_now() -> None:
    _problems, event = read(day="2026-11-22")

    assert event is not None
    assert event["eventTime"] == "2026-11-22T10:00:00.000+08:00"


@pytest.mark.parametrize(
    ("column", "cell", "words"),
    [
        ("day", None, "Write the date as 2026-11-22."),
        ("day", "20 November", "Write the date as 2026-11-22."),
        ("day", Decimal(46000), "Write the date as 2026-11-22."),
        ("day", "2026-02-30", "There is no such day."),
        ("day", "2026-11-23", "This day has not come yet."),
        ("day", "2020-01-01", "This is too long ago."),
        ("step", "吃掉", "Write harvest, receive, ship or loss."),
        ("goods", None, "Which goods?"),
        ("goods", "萝卜", "These goods are not in your list."),
        ("goods", Decimal(9521234000011), "This is no GTIN: its last digit does not fit the others."),
        ("lot", None, "Which lot? Only a harvest gets its number by itself."),
        ("lot", "第一批", "At most 20 letters, digits and signs, no Chinese and no blanks."),
        ("quantity", "many", "Enter a number."),
        ("quantity", Decimal(-1), "Ensure this value is greater than or equal to 0.001."),
        ("quantity", Decimal("0.0005"), None),
        ("quantity", "#DIV/0!", "Enter a number."),
        ("unit", None, "Kilograms, jin or pieces?"),
        ("unit", "车", "Write kg, jin, pieces or litres."),
        ("place", "西山", "This is none of your places."),
        ("quantity", "1,200", "Write the number without a comma: 1200, or 12.5."),
        ("to", "月亮", "This place is not known here. Leave it empty."),
        ("to", "东山基地", "The goods are there. Choose another place."),
    ],
)
def test_row__bad_cell__is_named_and_nothing_comes_of_the_row(
    column: str, cell: Cell | None, words: str | None
) -> None:
    problems, event = read(**{column: cell})

    assert event is None
    assert set(problems) == {column}
    assert words is None or problems[column] == words
