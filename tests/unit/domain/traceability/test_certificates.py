"""Certificates. The numbers are those of docs/protocol/origin-checks.md."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.traceability.certificates import Certificate, Claim, claim_findings, quantity_findings, subject_of
from pinlian.domain.traceability.finding import FindingKind, Severity
from pinlian.domain.traceability.quantity import amount, plain
from tests.unit.domain.traceability.scenes import FACTORY, FARM, LOT, OTHER_LOT

GTIN = "09521321123453"
ORGANIC = Certificate(
    id="100OP2600001",
    products=frozenset({GTIN}),
    places=frozenset({FARM}),
    quantity=amount("20", "TNE"),
    valid_from=date(2026, 1, 1),
    valid_until=date(2026, 12, 31),
)
KNOWN = {ORGANIC.id: ORGANIC}
CLAIM = Claim(
    lot=LOT,
    gtin=GTIN,
    place=FARM,
    made_on=date(2026, 6, 1),
    made=(amount("12000", "KGM"),),
    events=(7,),
)


def test_claim__under_a_certificate_that_holds__is_in_order() -> None:
    assert claim_findings(CLAIM, [ORGANIC.id], KNOWN) == []


@pytest.mark.parametrize("day", [ORGANIC.valid_from, ORGANIC.valid_until])
def test_claim__first_and_last_day__are_valid(day: date) -> None:
    assert claim_findings(replace(CLAIM, made_on=day), [ORGANIC.id], KNOWN) == []


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2027, 1, 1)])
def test_claim__on_another_day__is_not_valid_that_day(day: date) -> None:
    (finding,) = claim_findings(replace(CLAIM, made_on=day), [ORGANIC.id], KNOWN)
    assert (finding.kind, finding.severity) == (FindingKind.CERTIFICATE_NOT_VALID_THAT_DAY, Severity.SERIOUS)
    assert finding.parameters == {
        "certificate": ORGANIC.id,
        "made_on": day.isoformat(),
        "valid_from": "2026-01-01",
        "valid_until": "2026-12-31",
    }
    assert finding.events == (7,)


def test_claim__withdrawn_from_that_day_on__is_found_and_earlier_lots_keep_it() -> None:
    withdrawn = {ORGANIC.id: replace(ORGANIC, withdrawn_on=date(2026, 6, 1))}
    (finding,) = claim_findings(CLAIM, [ORGANIC.id], withdrawn)
    assert finding.kind is FindingKind.CERTIFICATE_WITHDRAWN
    assert claim_findings(replace(CLAIM, made_on=date(2026, 5, 31)), [ORGANIC.id], withdrawn) == []


def test_claim__for_another_product__is_found() -> None:
    (finding,) = claim_findings(replace(CLAIM, gtin="09521321999999"), [ORGANIC.id], KNOWN)
    assert finding.kind is FindingKind.CERTIFICATE_NOT_FOR_PRODUCT


def test_claim__made_at_another_place__is_found() -> None:
    (finding,) = claim_findings(replace(CLAIM, place=FACTORY), [ORGANIC.id], KNOWN)
    assert finding.kind is FindingKind.CERTIFICATE_NOT_FOR_PLACE


def test_claim__made_on_a_field_of_the_place__is_in_order() -> None:
    assert claim_findings(replace(CLAIM, place=f"{FARM}/254/field-7"), [ORGANIC.id], KNOWN) == []


def test_claim__of_a_certificate_that_nobody_registered__is_a_warning() -> None:
    (finding,) = claim_findings(CLAIM, ["none"], KNOWN)
    assert (finding.kind, finding.severity) == (FindingKind.CERTIFICATE_UNKNOWN, Severity.WARNING)


def test_quantity__lots_together_above_the_certificate__says_by_how_much() -> None:
    other = replace(CLAIM, lot=OTHER_LOT, made=(amount("8500.5", "KGM"),), events=(9,))
    (finding,) = quantity_findings(ORGANIC, [CLAIM, other])
    assert finding.subject == subject_of(ORGANIC.id)
    assert finding.kind is FindingKind.CERTIFICATE_QUANTITY_EXCEEDED
    assert finding.parameters == {
        "certificate": ORGANIC.id,
        "allowed": "20000",
        "made": "20500.5",
        "over_by": "500.5",
        "uom": "KGM",
        "lots": 2,
    }
    assert finding.events == (7, 9)


def test_quantity__exactly_what_is_allowed__is_in_order() -> None:
    other = replace(CLAIM, lot=OTHER_LOT, made=(amount("8", "TNE"),))
    assert quantity_findings(ORGANIC, [CLAIM, other]) == []


def test_quantity__pieces_beside_a_limit_in_weight__are_left_out() -> None:
    assert quantity_findings(ORGANIC, [replace(CLAIM, made=(amount(10**6),))]) == []


@given(parts=st.lists(st.integers(0, 5_000_000), max_size=8))
def test_quantity__over_lots__is_exceeded_exactly_when_the_sum_is(parts: list[int]) -> None:
    claims = [replace(CLAIM, lot=f"lot {n}", made=(amount(grams, "GRM"),)) for n, grams in enumerate(parts)]
    over = Fraction(sum(parts), 1_000) - 20_000
    found = quantity_findings(ORGANIC, claims)
    assert [each.parameters["over_by"] for each in found] == ([plain(over)] if over > 0 else [])


@given(days=st.integers(-800, 800))
def test_claim__any_day__is_in_order_exactly_within_the_validity(days: int) -> None:
    day = date(2026, 6, 1) + timedelta(days)
    found = claim_findings(replace(CLAIM, made_on=day), [ORGANIC.id], KNOWN)
    assert (found == []) is (ORGANIC.valid_from <= day <= ORGANIC.valid_until)
