"""Scans of codes: how often, since when, and what does not fit; nothing of who."""

import pytest

from pinlian.apps.trace import facade as trace
from pinlian.apps.trace.facade import FindingKind
from pinlian.apps.trace.models import Scan
from tests.integration.trace.scene import (
    FARM,
    GTIN,
    PICKUP,
    WAREHOUSE,
    capture,
    follow,
    lot,
    made,
    received,
    shipped,
    unix,
)

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("record"),
]

BOX = f"https://id.gs1.org/01/{GTIN}/21/7"
SHANGHAI, BEIJING = (31_230_400, 121_473_700), (39_904_200, 116_407_400)
GUANGZHOU = (23_129_100, 113_264_400)


def test_note_scan__counts_and_remembers_the_first() -> None:
    for hours in (5, 3, 9):
        trace.note_scan(BOX, None, unix(hours))
    view = trace.scans(BOX)
    assert (view.count, view.first_at, view.last_at) == (3, unix(3), unix(9))
    assert view.findings == ()


def test_note_scan__far_apart_in_an_hour__is_suspected() -> None:
    trace.note_scan(BOX, SHANGHAI, unix(1))
    assert trace.suspected_codes() == []
    trace.note_scan(BOX, BEIJING, unix(2))
    assert [finding.kind for finding in trace.findings(BOX)] == [FindingKind.SCANNED_FAR_APART]
    assert [view.epc for view in trace.suspected_codes()] == [BOX]


def test_note_scan__of_a_lot_where_it_was_never_sent__is_suspected() -> None:
    spinach = lot("A")
    for place in (FARM, WAREHOUSE):
        trace.register_place(place, name="Near Shanghai", kind="other", position=SHANGHAI)
    capture(made((spinach, 10, "KGM")), shipped((spinach, 10, "KGM")), received((spinach, 10, "KGM")))
    trace.note_scan(spinach, SHANGHAI, unix(20))
    assert trace.scans(spinach).findings == ()
    trace.note_scan(spinach, BEIJING, unix(21))
    assert [finding.kind for finding in trace.scans(spinach).findings] == [FindingKind.SCANNED_WHERE_NEVER_SENT]


def test_note_scan__where_a_lot_was_sent_and_nobody_said_that_it_came__is_in_order() -> None:
    spinach = lot("A")
    trace.register_place(FARM, name="Near Shanghai", kind="farm", position=SHANGHAI)
    capture(made((spinach, 10, "KGM")), shipped((spinach, 10, "KGM"), to=PICKUP))
    trace.note_scan(spinach, BEIJING, unix(21))
    assert trace.scans(spinach).findings == (), "nobody says where the pickup point is"
    trace.register_place(PICKUP, name="Near Beijing", kind="pickup_point", position=BEIJING)
    follow()
    assert trace.scans(spinach).findings == ()
    trace.note_scan(spinach, GUANGZHOU, unix(22))
    assert [finding.kind for finding in trace.scans(spinach).findings] == [FindingKind.SCANNED_WHERE_NEVER_SENT]


def test_note_scan__by_the_same_visitor__counts_once_a_day() -> None:
    for hours in (1, 2, 3, 30):
        trace.note_scan(BOX, None, unix(hours), visitor="cookie")
    assert trace.scans(BOX).count == 2


def test_note_scan__keeps_neither_visitor_nor_exact_place() -> None:
    trace.note_scan(BOX, (31_234_567, 121_478_901), unix(1), visitor="cookie")
    trace.note_scan(lot("A"), None, unix(1), visitor="cookie")
    marks = set(Scan.objects.values_list("visitor", flat=True))
    assert len(marks) == 2, "one visitor cannot be followed from code to code"
    assert not any("cookie" in mark for mark in marks)
    row = Scan.objects.get(epc=BOX)
    assert (row.latitude_microdegrees, row.longitude_microdegrees) == (31_200_000, 121_500_000)


def test_note_scan__very_often__keeps_the_newest_and_the_count(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pinlian.apps.trace.services.SCANS_KEPT", 5)
    for hours in range(8):
        trace.note_scan(BOX, None, unix(hours))
    view = trace.scans(BOX)
    assert (view.count, [scan.at for scan in view.scans]) == (8, [unix(hours) for hours in range(3, 8)])
