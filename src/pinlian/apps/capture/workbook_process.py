"""Reads a workbook in a process of its own: standard input to lines of JSON, a row each.

A file of some kilobytes may say that its last cell is in row 1,048,576 and column 16,384. The reader makes room for all
cells in between, and the whole process ends where there is none: here, with little room, and nobody else suffers.
"""

import datetime
import io
import json
import resource
import sys

import python_calamine as calamine

MEMORY_BYTES_MAX = 2**30
SECONDS_MAX = 20
COLUMNS_MAX = 60
ROWS_MAX = 20_000
UNREADABLE = 3
"""Exit status where the file is no workbook."""


def main() -> int:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        workbook = calamine.CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
        rows = workbook.get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (calamine.CalamineError, IndexError, OSError, ValueError):
        return UNREADABLE
    for row in rows[:ROWS_MAX]:
        sys.stdout.write(json.dumps([_plain(cell) for cell in row[:COLUMNS_MAX]]) + "\n")
    return 0


def _plain(cell: object) -> object:
    """Numbers and texts as they are; a date or time in a list, as ISO 8601 text."""
    if isinstance(cell, datetime.datetime | datetime.date):
        return [cell.isoformat()]
    return cell if isinstance(cell, str | int | float) else str(cell)


if __name__ == "__main__":
    sys.exit(main())
