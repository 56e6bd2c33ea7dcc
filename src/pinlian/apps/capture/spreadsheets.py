"""Tables that people send: xlsx, xls, ods and csv to rows of text, whatever wrote them."""

import codecs
import csv
import datetime
import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pinlian.apps.capture import workbook_process
from pinlian.apps.capture.workbook_process import COLUMNS_MAX

FILE_BYTES_MAX = 5 * 2**20
UNPACKED_BYTES_MAX = 60 * 2**20
ROWS_MAX = 500
HEADING_ROWS_MAX = 10
"""How far down the row with the headings may be."""
WORKBOOK_SECONDS_MAX = 60
_ZIP = b"PK\x03\x04"

Cell = str | datetime.datetime | Decimal


class TableInvalid(ValueError):
    """The file is no table that can be read. `reason` names why: FILE, TOO_LARGE, TOO_MANY_ROWS, NO_HEADINGS."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: its number in the file, and its cells by column name; empty cells are absent."""

    number: int
    cells: dict[str, Cell]


def read_rows(data: bytes, headings: dict[str, str]) -> list[Row]:
    """The rows under the first row that holds headings.

    Formulas count as what they came to when the file was saved; dates are dates, numbers are exact decimals.

    Args:
        headings: what may stand over a column (lowercase, without blanks) -> the column's name.

    Raises:
        TableInvalid.
    """
    if len(data) > FILE_BYTES_MAX:
        raise TableInvalid("TOO_LARGE")
    table = _text_table(data) if _is_text(data) else _workbook_table(data)
    top, columns = _columns(table, headings)
    rows = []
    for number, cells in enumerate(table[top + 1 :], start=top + 2):
        named = {name: cell for place, name in columns.items() if place < len(cells) and (cell := _cell(cells[place]))}
        if named:
            rows.append(Row(number, named))
        if len(rows) > ROWS_MAX:
            raise TableInvalid("TOO_MANY_ROWS")
    return rows


def _is_text(data: bytes) -> bool:
    return not data.startswith((_ZIP, b"\xd0\xcf\x11\xe0"))


def _text_table(data: bytes) -> Sequence[Sequence[object]]:
    # What Excel calls Unicode text is UTF-16.
    encodings = ("utf-16",) if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        break
    else:
        raise TableInvalid("FILE")
    if "\0" in text:
        raise TableInvalid("FILE")
    # A title may stand above the headings.
    top = "\n".join(text.splitlines()[:HEADING_ROWS_MAX])
    delimiter = max(",\t;，", key=top.count)
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise TableInvalid("FILE") from error


def _workbook_table(data: bytes) -> Sequence[Sequence[object]]:
    if data.startswith(_ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                unpacked = sum(entry.file_size for entry in archive.infolist())
        except zipfile.BadZipFile as error:
            raise TableInvalid("FILE") from error
        if unpacked > UNPACKED_BYTES_MAX:
            raise TableInvalid("TOO_LARGE")
    command = [sys.executable, "-I", workbook_process.__file__]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=WORKBOOK_SECONDS_MAX, check=False)
    except subprocess.TimeoutExpired as error:
        raise TableInvalid("TOO_LARGE") from error
    if done.returncode:
        raise TableInvalid("FILE" if done.returncode == workbook_process.UNREADABLE else "TOO_LARGE")
    return [json.loads(line) for line in done.stdout.splitlines()]


def _columns(table: Sequence[Sequence[object]], headings: dict[str, str]) -> tuple[int, dict[int, str]]:
    for top, cells in enumerate(table[:HEADING_ROWS_MAX]):
        columns: dict[int, str] = {}
        for place, cell in enumerate(cells[:COLUMNS_MAX]):
            name = headings.get(_plain(str(cell)))
            if name is not None and name not in columns.values():
                columns[place] = name
        if len(columns) > 1:
            return top, columns
    raise TableInvalid("NO_HEADINGS")


def _plain(heading: str) -> str:
    """A heading without case, blanks, and what stands in brackets."""
    return "".join(heading.lower().replace("（", "(").partition("(")[0].split()).rstrip("*:：")


def _cell(value: object) -> Cell | None:
    if isinstance(value, list):
        return datetime.datetime.fromisoformat(value[0])
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, int):
        return Decimal(value)
    if isinstance(value, float):
        # A spreadsheet's own arithmetic leaves 12.300000000000001: fifteen digits are what it shows.
        return Decimal(f"{value:.15g}")
    text = str(value).strip()
    return text or None
