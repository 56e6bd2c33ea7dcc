"""docs/protocol/origin-checks.md says what the code does: its tables are recomputed here."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from pinlian.domain.traceability import certificates, copied_codes, event, plausibility, quantity, walk
from pinlian.domain.traceability.certificates import claim_findings, ingredient_findings, quantity_findings
from pinlian.domain.traceability.cold_chain import Need, temperature_findings
from pinlian.domain.traceability.copied_codes import Scan, scan_findings
from pinlian.domain.traceability.finding import Finding, FindingKind
from pinlian.domain.traceability.mass_balance import balances
from pinlian.domain.traceability.plausibility import (
    origin_findings,
    place_findings,
    seconds_needed,
    time_findings,
)
from pinlian.domain.traceability.position import Position, distance_metres
from pinlian.domain.traceability.quantity import amount, plain
from pinlian.domain.traceability.yields import yields
from tests.unit.domain.traceability.scenes import (
    CRATE,
    FACTORY,
    FARM,
    LOT,
    OTHER_LOT,
    START,
    WAREHOUSE,
    Scene,
    time_us,
)
from tests.unit.domain.traceability.test_certificates import CLAIM, KNOWN, ORGANIC, UNDER, made
from tests.unit.domain.traceability.test_copied_codes import BEIJING, CHENGDU, GUANGZHOU, SHANGHAI, SUZHOU

DOCUMENT = (Path(__file__).resolve().parents[4] / "docs/protocol/origin-checks.md").read_text()
NEED = Need(low=Decimal(0), high=Decimal(4), outside_seconds_max=1_800, gap_seconds_max=1_800)
SOME = (LOT, 10, "KGM")


def rows(heading: str) -> Iterator[list[str]]:
    """Cells of the table below a heading."""
    section = "\n" + DOCUMENT.split(f"\n{heading}\n", 1)[1]
    table = re.search(r"\n\|.*?\n\|[-| :]+\|\n((?:\|.*\n)+)", section)
    assert table, heading
    for line in table[1].splitlines():
        yield [cell.strip() for cell in line.strip().strip("|").split("|")]


def number(cell: str) -> int:
    return int(cell.replace(",", ""))


def kind_of(found: Iterable[Finding]) -> str:
    return next((finding.kind.value for finding in found), "none")


@pytest.mark.parametrize("cells", list(rows("### Units")), ids=lambda cells: cells[1])
def test_units__are_those_of_the_code(cells: list[str]) -> None:
    number_of, unit, value, dimension = cells
    found = amount(number_of, unit)
    assert (plain(found.value), found.dimension) == (value, dimension)


def test_balance__is_what_the_code_computes() -> None:
    scene = Scene()
    scene.made((LOT, 500, "KGM"))
    scene.shipped((LOT, 480, "KGM"))
    scene.received((LOT, 480, "KGM"))
    scene.lost((LOT, 20, "KGM"))
    for at in (7, 8):
        scene.shipped((LOT, 300, "KGM"), where=WAREHOUSE, at=at)
    _, (finding,) = balances(LOT, scene.events)
    (row,) = rows("### A warehouse that ships more than came in")
    assert [finding.parameters[name] for name in ("came_in", "lost", "went_out", "over_by")] == row


@pytest.mark.parametrize("cells", list(rows("### Transformations")))
def test_yields__are_those_of_the_code(cells: list[str]) -> None:
    used, limit, out, over = cells
    transformation = Scene().transformed([(LOT, used, "KGM")], [(OTHER_LOT, out, "KGM")])
    found = yields(transformation, yield_max=Fraction(limit))
    assert [finding.parameters["over_by"] for finding in found] == ([] if over == "0" else [over])


@pytest.mark.parametrize("cells", list(rows("### Distances")))
def test_distances__are_those_of_the_code(cells: list[str]) -> None:
    one, other = (Position(*(int(Decimal(part) * 1_000_000) for part in cell.split(", "))) for cell in cells[:2])
    metres = distance_metres(one, other)
    assert (metres, seconds_needed(metres)) == (number(cells[2]), number(cells[3]))


@pytest.mark.parametrize("cells", list(rows("### Sums over lots")))
def test_sums_over_lots__are_those_of_the_code(cells: list[str]) -> None:
    parts, together, over = cells[0].split(", "), cells[1], cells[2]
    under = [replace(UNDER, lot=f"lot {n}", amounts=(amount(part, "KGM"),)) for n, part in enumerate(parts)]
    assert plain(sum((Fraction(part) for part in parts), Fraction(0))) == together
    found = quantity_findings(ORGANIC, under)
    assert [finding.parameters["over_by"] for finding in found] == ([] if over == "0" else [over])


@pytest.mark.parametrize("cells", list(rows("### Readings")))
def test_readings__are_those_of_the_code(cells: list[str]) -> None:
    scene = Scene()
    scene.measured(LOT, *((n / 6, degrees) for n, degrees in enumerate(cells[0].split(", "))))
    assert kind_of(temperature_findings(LOT, scene.events, NEED)) == cells[2]
    seen = temperature_findings(LOT, scene.events, replace(NEED, outside_seconds_max=0))
    longest = [finding.parameters["longest_seconds"] for finding in seen]
    assert longest == ([number(cells[1])] if number(cells[1]) else [])


@pytest.mark.parametrize("cells", list(rows("### Scans")))
def test_scans__are_those_of_the_code(cells: list[str]) -> None:
    other = {"1,067,311": BEIJING, "84,811": SUZHOU}[cells[0]]
    assert distance_metres(SHANGHAI, other) == number(cells[0])
    scans = [Scan(START, SHANGHAI), Scan(START + number(cells[1]), other)]
    assert kind_of(scan_findings(LOT, scans, is_single=True)) == cells[2]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("differ by 900 seconds", event.CLOCK_SECONDS_MAX),
        ("1 in 200", int(1 / quantity.SCALES_SHARE)),
        ("more than 7 days", certificates.RECORDED_DAYS_MAX),
        ("less than 95 in 100", int(certificates.INGREDIENTS_SHARE_MIN * 100)),
        ("drives 100 km/h at most", plausibility.LORRY_KMH_MAX),
        ("nearer than 3,000 metres", plausibility.NEAR_METRES),
        ("fastest train goes (350 km/h)", copied_codes.TRAVEL_KMH_MAX),
        ("more than 50,000 metres", copied_codes.FAR_METRES),
        ("more than 3 places", copied_codes.PLACES_MAX),
        ("more than 200,000 metres", copied_codes.SENT_METRES),
        ("more than 24 transformations", walk.LEVELS_MAX),
        ("more than 5,000 events", walk.EVENTS_MAX),
    ],
)
def test_constants__are_those_of_the_code(text: str, value: int) -> None:
    assert text in DOCUMENT
    assert f"{value:,}" in text or str(value) in text


def every_finding() -> Iterator[Finding]:
    """One of each kind that the domain's checks can find."""

    def of_balance(*steps: tuple[str, int, str, float], packed: bool = False) -> Iterator[Finding]:
        scene = Scene()
        for step, weight, where, at in steps:
            getattr(scene, step)((LOT, weight, "KGM"), where=where, at=at)
        if packed:
            scene.packed(CRATE, (LOT, 5, "KGM"))
            scene.unpacked(CRATE, (LOT, 6, "KGM"))
        yield from balances(LOT, scene.events)[1]

    harvest = ("made", 10, FARM, 0)
    yield from of_balance(harvest, ("shipped", 20, FARM, 1))
    yield from of_balance(harvest, ("shipped", 10, FARM, 1), ("received", 20, WAREHOUSE, 5))
    yield from of_balance(harvest, packed=True)
    yield from of_balance(harvest, ("shipped", 10, FARM, 1), ("lost", 5, WAREHOUSE, 6))
    yield from of_balance(harvest, ("received", 5, WAREHOUSE, 6))
    scene = Scene()
    scene.weighed_by_nobody(LOT)
    scene.shipped(SOME)
    yield from balances(LOT, scene.events)[1]
    scene = Scene()
    scene.made(SOME)
    scene.made(SOME, where=FACTORY)
    yield from origin_findings(LOT, scene.events, is_class=True)
    scene = Scene()
    scene.made(SOME)
    scene.shipped((LOT, 5, ""))
    yield from balances(LOT, scene.events)[1]
    yield from yields(Scene().transformed([SOME], [(OTHER_LOT, 20, "KGM")]))
    scene = Scene()
    scene.made(SOME, at=50, signed_at=START)
    scene.shipped(SOME, at=9)
    yield from time_findings(LOT, scene.events)
    scene = Scene()
    scene.made(SOME)
    scene.shipped(SOME, at=9)
    scene.received(SOME, at=5)
    yield from time_findings(LOT, scene.events)
    yield from place_findings(LOT, scene.events, {FARM: SHANGHAI, WAREHOUSE: BEIJING}, is_class=False)
    withdrawn = {ORGANIC.id: replace(ORGANIC, withdrawn_on=ORGANIC.valid_from)}
    yield from claim_findings(CLAIM, [ORGANIC.id], withdrawn)
    elsewhere = replace(made(ORGANIC.valid_from, FACTORY), gtin="")
    yield from claim_findings(elsewhere, [ORGANIC.id, "unknown"], KNOWN)
    later = ORGANIC.valid_until.replace(year=2030)
    yield from claim_findings(made(later), [ORGANIC.id], KNOWN)
    yield from claim_findings(made(ORGANIC.valid_until, recorded_on=later), [ORGANIC.id], KNOWN)
    of_another = {ORGANIC.id: replace(ORGANIC, places=frozenset(), author="another")}
    yield from claim_findings(replace(CLAIM, makers=frozenset({"maker"})), [ORGANIC.id], of_another)
    processed = replace(ORGANIC, of_ingredients=True)
    yield from ingredient_findings(CLAIM, processed, None, amount(5, "KGM"), (1,), is_any_certified=False)
    yield from quantity_findings(ORGANIC, [replace(UNDER, amounts=(amount("30", "TNE"),))])
    scene = Scene()
    scene.measured(LOT, (0, "9"), (0.5, "9"), (1, "9"), (1.4, "-9"), (1.9, "-9"), (2.4, "-9"), (9, "3"))
    yield from temperature_findings(LOT, scene.events, NEED)
    yield from temperature_findings(LOT, [], NEED, from_us=time_us(0), to_us=time_us(9))
    towns = [SHANGHAI, BEIJING, CHENGDU, GUANGZHOU]
    scans = [Scan(START + n, town) for n, town in enumerate(towns)]
    yield from scan_findings(LOT, scans, is_single=True)
    yield from scan_findings(LOT, scans, is_single=False, sent_to=[SHANGHAI])


def test_findings__have_the_kinds_weights_and_parameters_of_the_code() -> None:
    listed = {
        cells[0].strip("`"): (cells[1], {name.strip("` ") for name in cells[2].split(",")})
        for cells in rows("## Findings")
    }
    assert list(listed) == [kind.value for kind in FindingKind]
    found = {each.kind.value: (each.severity.name.lower(), set(each.parameters)) for each in every_finding()}
    # The bound of a walk is found where walks are made: tests/integration/trace.
    assert listed.keys() - found.keys() == {FindingKind.HISTORY_INCOMPLETE.value}
    assert {kind: listed[kind] for kind in found} == found
