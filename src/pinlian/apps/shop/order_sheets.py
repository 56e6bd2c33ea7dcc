"""Consolidated orders (集单): what has to come to which pickup point, for the eye, the printer and spreadsheets."""

import csv
import io
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from xlsxwriter import Workbook

from pinlian.apps.groupbuy.facade import ConsolidatedLine
from pinlian.apps.market.facade import OfferWords
from pinlian.domain.group import GroupStatus

# A spreadsheet would take a text that begins so for a formula.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class SheetLine:
    """Units of one product that one group gets. `is_final` says that the group is closed: the number stands."""

    product: str
    unit: str
    picture_url: str
    units: int
    orders_count: int
    leader_name: str
    deliver_by: int
    is_final: bool
    group_id: str


@dataclass(frozen=True, slots=True)
class SheetStop:
    """One pickup point with all that comes there."""

    name: str
    district: str
    address: str
    opening_hours: str
    lines: tuple[SheetLine, ...]

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines)


def order_sheet(lines: Sequence[ConsolidatedLine], words: dict[str, OfferWords]) -> list[SheetStop]:
    """Lines by pickup point, in the order of their neighbourhoods; goods that are due first come first."""
    stops: dict[tuple[str, str, str, str], list[SheetLine]] = {}
    for line in sorted(lines, key=lambda line: (line.deliver_by, line.group_id)):
        if line.units == 0:
            continue
        point = line.pickup
        stop = (
            (point.district, point.name, point.address, point.opening_hours)
            if point
            else ("", _("Pickup point that is not ours"), "", "")
        )
        stops.setdefault(stop, []).append(
            SheetLine(
                product=words[line.offer_id].title,
                unit=words[line.offer_id].unit,
                picture_url=words[line.offer_id].picture_url,
                units=line.units,
                orders_count=line.orders_count,
                leader_name=line.leader_name,
                deliver_by=line.deliver_by,
                is_final=line.status != GroupStatus.OPEN,
                group_id=line.group_id,
            )
        )
    return [
        SheetStop(name=name, district=district, address=address, opening_hours=hours, lines=tuple(found))
        for (district, name, address, hours), found in sorted(stops.items())
    ]


def totals(stops: Collection[SheetStop]) -> list[tuple[str, str, int]]:
    """Product, unit and how many of it go to all pickup points together."""
    sums: dict[tuple[str, str], int] = {}
    for stop in stops:
        for line in stop.lines:
            sums[line.product, line.unit] = sums.get((line.product, line.unit), 0) + line.units
    return [(product, unit, units) for (product, unit), units in sorted(sums.items())]


def _rows(stops: Collection[SheetStop]) -> list[list[str | int]]:
    header: list[str | int] = [
        _("Neighbourhood"),
        _("Pickup point"),
        _("Address"),
        _("Product"),
        _("Unit"),
        _("Quantity"),
        _("Orders"),
        _("Group leader"),
        _("Deliver by"),
        _("State"),
        _("Group"),
    ]
    return [header] + [
        [
            stop.district,
            stop.name,
            stop.address,
            line.product,
            line.unit,
            line.units,
            line.orders_count,
            line.leader_name,
            timezone.localtime(datetime.fromtimestamp(line.deliver_by, UTC)).strftime("%Y-%m-%d %H:%M"),
            _("final") if line.is_final else _("still open"),
            line.group_id,
        ]
        for stop in stops
        for line in stop.lines
    ]


def as_csv(stops: Collection[SheetStop]) -> bytes:
    """Comma-separated values with a byte order mark, by which spreadsheets know that it is UTF-8."""
    target = io.StringIO()
    writer = csv.writer(target)
    for row in _rows(stops):
        writer.writerow(
            [f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA_STARTS) else cell for cell in row]
        )
    return target.getvalue().encode("utf-8-sig")


def as_xlsx(stops: Collection[SheetStop]) -> bytes:
    """A workbook of one sheet, ready to filter and print."""
    target = io.BytesIO()
    rows = _rows(stops)
    with Workbook(target, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as book:
        sheet = book.add_worksheet(pgettext("consolidated", "Orders"))
        bold = book.add_format({"bold": True})
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row, bold if number == 0 else None)
        sheet.freeze_panes(1, 0)
        sheet.autofilter(0, 0, len(rows) - 1, len(rows[0]) - 1)
        sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.autofit()
    return target.getvalue()
