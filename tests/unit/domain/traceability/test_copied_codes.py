"""Copied codes. The numbers are those of docs/protocol/origin-checks.md."""

from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.traceability.copied_codes import Scan, scan_findings
from pinlian.domain.traceability.finding import FindingKind, Severity
from pinlian.domain.traceability.position import Position
from tests.unit.domain.traceability.scenes import LOT, START

SHANGHAI = Position(31_230_400, 121_473_700)
SUZHOU = Position(31_299_000, 120_585_000)
BEIJING = Position(39_904_200, 116_407_400)
CHENGDU = Position(30_572_800, 104_066_800)
GUANGZHOU = Position(23_129_100, 113_264_400)
HOUR, DAY = 3_600, 86_400
BOX = "https://id.gs1.org/01/09521321123453/21/7"


def test_scans__of_one_thing_far_apart_in_an_hour__say_how_far_and_how_soon() -> None:
    scans = [Scan(START, SHANGHAI), Scan(START + HOUR, BEIJING)]
    (finding,) = scan_findings(BOX, scans, is_single=True)
    assert (finding.kind, finding.severity) == (FindingKind.SCANNED_FAR_APART, Severity.WARNING)
    assert finding.parameters == {
        "distance_metres": 1_067_311,
        "taken_seconds": 3_600,
        "needed_seconds": 10_979,
        "from_at": START,
        "to_at": START + HOUR,
        "times": 1,
    }


def test_scans__of_one_thing_carried_by_train__are_in_order() -> None:
    assert scan_findings(BOX, [Scan(START, SHANGHAI), Scan(START + 4 * HOUR, BEIJING)], is_single=True) == []


def test_scans__in_the_next_town__are_in_order_however_soon() -> None:
    near = Position(SHANGHAI.latitude_microdegrees + 200_000, SHANGHAI.longitude_microdegrees)
    assert scan_findings(BOX, [Scan(START, SHANGHAI), Scan(START + 1, near)], is_single=True) == []


def test_scans__of_one_thing_in_many_towns__are_found_however_slow() -> None:
    towns = [SHANGHAI, SUZHOU, BEIJING, CHENGDU]
    scans = [Scan(START + number * DAY, town) for number, town in enumerate(towns)]
    (finding,) = scan_findings(BOX, scans, is_single=True)
    assert finding.kind is FindingKind.SCANNED_IN_MANY_PLACES
    assert finding.parameters == {"places": 4, "scans": 4, "first_at": START}
    assert scan_findings(BOX, scans[:3], is_single=True) == []


def test_scans__of_a_lot__may_be_anywhere_it_was_sent_at_once() -> None:
    scans = [Scan(START, SHANGHAI), Scan(START, BEIJING)]
    assert scan_findings(LOT, scans, is_single=False, sent_to=[SHANGHAI, BEIJING]) == []


def test_scans__of_a_lot_where_it_was_never_sent__are_found() -> None:
    scans = [Scan(START, SHANGHAI), Scan(START + DAY, GUANGZHOU), Scan(START + DAY, SUZHOU)]
    (finding,) = scan_findings(LOT, scans, is_single=False, sent_to=[SHANGHAI])
    assert finding.kind is FindingKind.SCANNED_WHERE_NEVER_SENT
    assert (finding.parameters["scanned_at"], finding.parameters["times"]) == (START + DAY, 1)


def test_scans__without_a_place__prove_nothing() -> None:
    scans = [Scan(START + number, None) for number in range(100)]
    assert scan_findings(BOX, scans, is_single=True) == []
    assert scan_findings(LOT, scans, is_single=False, sent_to=[SHANGHAI]) == []


@given(count=st.integers(0, 50), step=st.integers(0, DAY))
def test_scans__all_at_one_place__are_in_order_however_many(count: int, step: int) -> None:
    scans = [Scan(START + number * step, SHANGHAI) for number in range(count)]
    assert scan_findings(BOX, scans, is_single=True) == []


@given(minutes=st.integers(1, 600), back=st.booleans())
def test_scans__the_order_of_telling__does_not_matter(minutes: int, back: bool) -> None:
    scans = [Scan(START, SHANGHAI), Scan(START + 60 * minutes, BEIJING)]
    told = list(reversed(scans)) if back else scans
    assert (scan_findings(BOX, told, is_single=True) == []) is (60 * minutes >= 10_979)
