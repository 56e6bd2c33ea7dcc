"""What the rows of a table mean: one step a row, with problems beside the cells that they are about."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pinlian.apps.capture import events
from pinlian.apps.capture.events import Amount, Event, LossReason, Lot, Scene
from pinlian.apps.capture.numbering import next_lot
from pinlian.apps.capture.quantity_fields import QuantityField, recorded_quantity
from pinlian.apps.capture.spreadsheets import Cell, Row
from pinlian.apps.capture.step_forms import Choices
from pinlian.gs1.keys import IdentifierError, gtin14

COLUMNS: Mapping[str, Promise] = {
    "day": gettext_lazy("Date"),
    "step": gettext_lazy("Step"),
    "goods": gettext_lazy("Goods (name or GTIN)"),
    "lot": gettext_lazy("Lot number"),
    "quantity": gettext_lazy("Quantity"),
    "unit": gettext_lazy("Unit of measure"),
    "place": gettext_lazy("Place"),
    "to": gettext_lazy("To"),
}
"""Column -> what stands over it in the template."""

HEADINGS: dict[str, str] = {
    **dict.fromkeys(("日期", "时间", "date", "day", "time", "采收日期", "发生日期"), "day"),
    **dict.fromkeys(("步骤", "事项", "类型", "操作", "step", "action", "what"), "step"),
    **dict.fromkeys(("货品", "商品", "品名", "产品", "名称", "goods", "product", "item", "gtin", "条码"), "goods"),
    **dict.fromkeys(("批次", "批号", "批次号", "lot", "lotnumber", "batch"), "lot"),
    **dict.fromkeys(("数量", "重量", "quantity", "amount", "weight"), "quantity"),
    **dict.fromkeys(("单位", "unit", "unitofmeasure", "uom"), "unit"),
    **dict.fromkeys(("地点", "产地", "基地", "仓库", "place", "where", "site"), "place"),
    **dict.fromkeys(("发往", "目的地", "去向", "收货方", "to", "destination"), "to"),
}

STEP_NAMES: dict[str, str] = {
    **dict.fromkeys(("采收", "采摘", "收获", "入库生产", "harvest"), "harvest"),
    **dict.fromkeys(("收货", "入库", "receive", "received"), "receive"),
    **dict.fromkeys(("发货", "出库", "ship", "shipped"), "ship"),
    **dict.fromkeys(("损耗", "报损", "loss", "lost"), "loss"),
}
UNIT_WORDS: dict[str, str] = {
    **dict.fromkeys(("公斤", "千克", "kg", "kilogram"), "kg"),
    **dict.fromkeys(("斤", "市斤", "jin"), "jin"),
    **dict.fromkeys(("件", "个", "箱", "盒", "袋", "piece", "pieces"), "piece"),
    **dict.fromkeys(("升", "l", "litre", "litres"), "litre"),
}

_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T](\d{1,2}):(\d{2})(?::\d{2})?)?")
_LOT_NUMBER = re.compile(r"[!\"%&'()*+,\-./0-9:;<=>?A-Z_a-z]{1,20}")
DAYS_BACK_MAX = 400
NOON = time(12)


@dataclass(frozen=True, slots=True)
class ReadRow:
    """A row as it will be recorded.

    Attributes:
        texts: what each cell says, by column.
        problems: what is wrong, by column; the row can be recorded only if there is none.
        meaning: what it says, where nothing is wrong.
    """

    number: int
    texts: dict[str, str]
    problems: dict[str, str] = field(default_factory=dict)
    meaning: "Meaning | None" = None


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a row says happened.

    Attributes:
        day: as it was written, in one spelling; `at` is what it is taken for.
        lot: the lot's number; empty for a harvest that gets one.
        quantity, uom: as the record gets them.
    """

    day: str
    at: datetime
    step: str
    gtin: str
    lot: str
    quantity: Decimal
    uom: str
    gln: str
    to: str | None

    @property
    def name(self) -> tuple[str, ...]:
        """The same for rows that say the same."""
        quantity = f"{self.quantity.normalize():f}"
        return (self.day, self.step, self.gtin, self.lot, quantity, self.uom, self.gln, self.to or "")

    @property
    def comes(self) -> bool:
        """Whether goods come to the place, or leave it."""
        return self.step in ("harvest", "receive")

    @property
    def epc(self) -> str | None:
        """The lot, if it has a number yet."""
        return Lot(self.gtin, self.lot).epc if self.lot else None

    def event(self, later: timedelta = timedelta(0)) -> Event:
        """The event, so much later than the row says; a harvest without a lot number gets the next one."""
        lot = Lot(self.gtin, self.lot or next_lot(self.gtin, self.at.date()))
        amounts = [Amount(lot.epc, self.quantity, self.uom)]
        scene = Scene(self.at + later, self.gln)
        match self.step:
            case "harvest":
                return events.harvested(amounts[0], scene)
            case "receive":
                return events.received([], amounts, scene)
            case "ship":
                return events.shipped([], amounts, scene, to_gln=self.to)
            case _:
                return events.lost(amounts, scene, LossReason.UNKNOWN)


class _Wrong(ValueError):
    """The cell cannot be taken; the message says why, in the reader's language."""


def read_meaning(rows: Sequence[Row], choices: Choices, now: datetime) -> list[ReadRow]:
    """What each row means by itself. Nothing is recorded, and no lot is numbered."""
    return [_Reader(choices, now).read(row) for row in rows]


class _Reader:
    def __init__(self, choices: Choices, now: datetime) -> None:
        self.choices, self.now = choices, timezone.localtime(now)

    def read(self, row: Row) -> ReadRow:
        cells, problems = row.cells, {}
        found: dict[str, Any] = {}
        readers: dict[str, Callable[[Cell | None], object]] = {
            "day": self.day,
            "step": self.step,
            "goods": self.goods,
            "lot": self.lot,
            "quantity": self.quantity,
            "unit": self.unit,
            "place": self.place,
            "to": self.to,
        }
        for column, reader in readers.items():
            try:
                found[column] = reader(cells.get(column))
            except _Wrong as wrong:
                problems[column] = str(wrong)
        if "lot" not in problems and found.get("step") in ("ship", "receive", "loss") and not found["lot"]:
            problems["lot"] = _("Which lot? Only a harvest gets its number by itself.")
        own = {item.gtin for item in self.choices.items}
        if found.get("step") == "harvest" and found.get("goods") and found["goods"] not in own:
            problems["goods"] = _("Only goods of your own list are harvested.")
        if found.get("step") == "ship" and found.get("to") and found["to"] == found.get("place"):
            problems["to"] = _("The goods are there. Choose another place.")
        if "quantity" in found and "unit" in found:
            try:
                found["quantity"], found["uom"] = recorded_quantity(found["quantity"], found["unit"])
            except forms.ValidationError as error:
                problems["quantity"] = " ".join(error.messages)
        texts = {column: cell_text(cell) for column, cell in cells.items()}
        if problems:
            return ReadRow(row.number, texts, problems)
        (written, at), gln = found["day"], found["place"]
        amount = found["quantity"], found["uom"]
        meaning = Meaning(written, at, found["step"], found["goods"], found["lot"], *amount, gln, found["to"])
        return ReadRow(row.number, texts, meaning=meaning)

    def day(self, cell: Cell | None) -> tuple[str, datetime]:
        """In one spelling, and the time it is taken for: noon where only the day is known, but not in the future."""
        if isinstance(cell, datetime):
            moment = cell
        else:
            match = _DAY.fullmatch(str(cell or "").strip())
            if match is None:
                raise _Wrong(_("Write the date as 2026-11-22."))
            year, month, day, hour, minute = (int(part) if part else None for part in match.groups())
            try:
                moment = datetime(year or 0, month or 0, day or 0, hour or 0, minute or 0)  # noqa: DTZ001
            except ValueError:
                raise _Wrong(_("There is no such day.")) from None
        written = f"{moment:%Y-%m-%d}" if moment.time() == time() else moment.isoformat(timespec="minutes")
        if moment.time() == time():
            moment = datetime.combine(moment.date(), NOON)
        at = timezone.make_aware(moment) if timezone.is_naive(moment) else moment
        if at.date() == self.now.date():
            at = min(at, self.now)
        if at > self.now:
            raise _Wrong(_("This day has not come yet."))
        if at < self.now - timedelta(days=DAYS_BACK_MAX):
            raise _Wrong(_("This is too long ago."))
        return written, at

    def step(self, cell: Cell | None) -> str:
        found = STEP_NAMES.get(str(cell or "").strip().lower())
        if found is None:
            raise _Wrong(_("Write harvest, receive, ship or loss."))
        return found

    def goods(self, cell: Cell | None) -> str:
        text = cell_text(cell)
        if not text:
            raise _Wrong(_("Which goods?"))
        if text.isdecimal() and len(text) >= 8:
            try:
                return gtin14(text)
            except IdentifierError:
                raise _Wrong(_("This is no GTIN: its last digit does not fit the others.")) from None
        found = {item.gtin for item in self.choices.items if text in item.names}
        if len(found) != 1:
            raise _Wrong(_("These goods are not in your list.") if not found else _("Several goods have this name."))
        return found.pop()

    def lot(self, cell: Cell | None) -> str:
        text = cell_text(cell)
        if text and not _LOT_NUMBER.fullmatch(text):
            raise _Wrong(_("At most 20 letters, digits and signs, no Chinese and no blanks."))
        return text

    def quantity(self, cell: Cell | None) -> Decimal:
        try:
            quantity: Decimal = QuantityField().clean(str(cell) if isinstance(cell, Decimal) else cell)
        except forms.ValidationError as error:
            raise _Wrong(" ".join(error.messages)) from error
        return quantity

    def unit(self, cell: Cell | None) -> str:
        text = str(cell or "").strip().lower()
        if not text:
            raise _Wrong(_("Kilograms, jin or pieces?"))
        found = UNIT_WORDS.get(text)
        if found is None:
            raise _Wrong(_("Write kg, jin, pieces or litres."))
        return found

    def place(self, cell: Cell | None) -> str:
        text = cell_text(cell)
        if not text and len(self.choices.sites) == 1:
            return self.choices.sites[0].gln
        found = [site.gln for site in self.choices.sites if text in (site.name, site.gln)]
        if len(found) > 1:
            raise _Wrong(_("Several of your places have this name: write the GLN."))
        if not found:
            raise _Wrong(_("This is none of your places."))
        return found[0]

    def to(self, cell: Cell | None) -> str | None:
        text = cell_text(cell)
        if not text:
            return None
        found = [site.gln for site in self.choices.to if text in (site.name, site.gln)]
        if not found:
            raise _Wrong(_("This place is not known here. Leave it empty."))
        return found[0]


def cell_text(cell: Cell | None) -> str:
    """A cell as people read it."""
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d}" if cell.time() == time() else f"{cell:%Y-%m-%d %H:%M}"
    if isinstance(cell, Decimal):
        return f"{cell.normalize():f}"
    return cell.strip()
