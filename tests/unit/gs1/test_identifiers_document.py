"""docs/protocol/identifiers.md says what the code does: its tables are recomputed here."""

import re
from pathlib import Path

from pinlian.gs1.digital_link import QUALIFIERS_OF_KEY
from pinlian.gs1.epc import canonical_epc
from pinlian.gs1.keys import check_digit

DOCUMENT = (Path(__file__).resolve().parents[3] / "docs/protocol/identifiers.md").read_text()


def test_names__each_row_of_the_table__is_what_canonical_epc_gives() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| `([^`]+)` \|$", DOCUMENT, re.MULTILINE)
    assert len(rows) == 9
    assert [canonical_epc(written) for written, _named in rows] == [named for _written, named in rows]


def test_check_digit__worked_example__adds_up() -> None:
    found = re.search(r"For (\d+) it is ([^=]+) = (\d+), so (\d) follows", DOCUMENT.replace("\n", " "))
    assert found is not None
    digits, terms, total, last = found.groups()
    values = [term.strip().split("·") for term in terms.split("+")]
    assert sum(int(pair[0]) * (int(pair[1]) if len(pair) > 1 else 1) for pair in values) == int(total)
    assert check_digit(digits) == last


def test_keys__application_identifiers_of_the_table__can_begin_a_link() -> None:
    table = DOCUMENT.partition("## Keys")[2].partition("## ")[0]
    last_cells = re.findall(r"\| ([0-9, ]+) \|$", table, re.MULTILINE)
    assert len(last_cells) == 5
    assert {cell.split(",")[0].strip() for cell in last_cells} <= QUALIFIERS_OF_KEY.keys()
