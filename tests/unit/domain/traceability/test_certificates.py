"""Certificates. The numbers are those of docs/protocol/origin-checks.md."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.traceability.certificates import (
    Certificate,
    Claim,
    Making,
    UnderCertificate,
    claim_findings,
    ingredient_findings,
    quantity_findings,
    subject_of,
)
from pinlian.domain.traceability.finding import FindingKind, Severity
from pinlian.domain.traceability.quantity import amount, plain
from tests.unit.domain.traceability.scenes import FACTORY, FARM, FARMER, LOT, OTHER_LOT, STRANGER

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
CLAIM = Claim(lot=LOT, gtin=GTIN, makings=(Making(date(2026, 6, 1), FARM, 7),))
UNDER = UnderCertificate(lot=LOT, amounts=(amount("12000", "KGM"),), events=(7,))


def made(on: date, place: str = FARM, **more: Any) -> Claim:
    """The claim of a lot that was made on another day or at another place."""
    return replace(CLAIM, makings=(Making(on, place, 7, **more),))


def test_claim__under_a_certificate_that_holds__is_in_order() -> None:
    assert claim_findings(CLAIM, [ORGANIC.id], KNOWN) == []


@pytest.mark.parametrize("day", [ORGANIC.valid_from, ORGANIC.valid_until])
def test_claim__first_and_last_day__are_valid(day: date) -> None:
    assert claim_findings(made(day), [ORGANIC.id], KNOWN) == []


@pytest.mark.parametrize("day", [date(2025, 12, 31), date(2027, 1, 1)])
def test_claim__on_another_day__is_not_valid_that_day(day: date) -> None:
    (finding,) = claim_findings(made(day), [ORGANIC.id], KNOWN)
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
    assert claim_findings(made(date(2026, 5, 31)), [ORGANIC.id], withdrawn) == []


def test_claim__for_another_product__is_found() -> None:
    (finding,) = claim_findings(replace(CLAIM, gtin="09521321999999"), [ORGANIC.id], KNOWN)
    assert finding.kind is FindingKind.CERTIFICATE_NOT_FOR_PRODUCT


def test_claim__made_at_another_place__is_found() -> None:
    (finding,) = claim_findings(made(date(2026, 6, 1), FACTORY), [ORGANIC.id], KNOWN)
    assert finding.kind is FindingKind.CERTIFICATE_NOT_FOR_PLACE


def test_claim__made_on_a_field_of_the_place__is_in_order() -> None:
    assert claim_findings(made(date(2026, 6, 1), f"{FARM}/254/field-7"), [ORGANIC.id], KNOWN) == []


def test_claim__of_a_certificate_that_nobody_registered__is_a_warning() -> None:
    (finding,) = claim_findings(CLAIM, ["none"], KNOWN)
    assert (finding.kind, finding.severity) == (FindingKind.CERTIFICATE_UNKNOWN, Severity.WARNING)


def test_quantity__lots_together_above_the_certificate__says_by_how_much() -> None:
    other = replace(UNDER, lot=OTHER_LOT, amounts=(amount("8500.5", "KGM"),), events=(9,))
    (finding,) = quantity_findings(ORGANIC, [UNDER, other])
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
    other = replace(UNDER, lot=OTHER_LOT, amounts=(amount("8", "TNE"),))
    assert quantity_findings(ORGANIC, [UNDER, other]) == []


def test_quantity__pieces_beside_a_limit_in_weight__are_left_out() -> None:
    assert quantity_findings(ORGANIC, [replace(UNDER, amounts=(amount(10**6),))]) == []


@given(parts=st.lists(st.integers(0, 5_000_000), max_size=8))
def test_quantity__over_lots__is_exceeded_exactly_when_the_sum_is(parts: list[int]) -> None:
    under = [replace(UNDER, lot=f"lot {n}", amounts=(amount(grams, "GRM"),)) for n, grams in enumerate(parts)]
    over = Fraction(sum(parts), 1_000) - 20_000
    found = quantity_findings(ORGANIC, under)
    assert [each.parameters["over_by"] for each in found] == ([plain(over)] if over > 0 else [])


@given(days=st.integers(-800, 800))
def test_claim__any_day__is_in_order_exactly_within_the_validity(days: int) -> None:
    day = date(2026, 6, 1) + timedelta(days)
    found = claim_findings(made(day), [ORGANIC.id], KNOWN)
    assert (found == []) is (ORGANIC.valid_from <= day <= ORGANIC.valid_until)


def test_claim__some_of_it_made_when_and_where_the_certificate_does_not_hold__is_found() -> None:
    """A pinch harvested on the last day, and the rest in winter, in somebody's greenhouse."""
    late = Making(date(2027, 1, 9), FACTORY, 8)
    found = claim_findings(replace(CLAIM, makings=(*CLAIM.makings, late)), [ORGANIC.id], KNOWN)
    assert [each.kind for each in found] == [
        FindingKind.CERTIFICATE_NOT_VALID_THAT_DAY,
        FindingKind.CERTIFICATE_NOT_FOR_PLACE,
    ]
    assert (found[0].parameters["made_on"], found[1].parameters["place"]) == ("2027-01-09", FACTORY)


def test_claim__certificate_without_places__is_for_whoever_registered_it() -> None:
    anywhere = {ORGANIC.id: replace(ORGANIC, places=frozenset(), author=FARMER)}
    assert claim_findings(replace(CLAIM, makers=frozenset({FARMER})), [ORGANIC.id], anywhere) == []
    borrowed = replace(CLAIM, makers=frozenset({STRANGER}))
    (finding,) = claim_findings(borrowed, [ORGANIC.id], anywhere)
    assert (finding.kind, finding.severity) == (FindingKind.CERTIFICATE_OF_ANOTHER, Severity.WARNING)
    of_keeper = {ORGANIC.id: replace(ORGANIC, places=frozenset())}
    assert claim_findings(borrowed, [ORGANIC.id], of_keeper) == []
    named = {ORGANIC.id: replace(ORGANIC, author=FARMER)}
    assert claim_findings(borrowed, [ORGANIC.id], named) == [], "a co-operative's certificate names its members' places"


@pytest.mark.parametrize(
    ("withdrawn_on", "recorded_on", "is_found"),
    [
        (None, date(2027, 1, 8), True),
        (None, date(2026, 12, 31), False),
        (date(2026, 7, 1), date(2026, 7, 1), True),
        (date(2026, 7, 1), date(2026, 6, 30), False),
        (date(2026, 6, 3), date(2026, 6, 5), False),
    ],
)
def test_claim__recorded_when_the_certificate_no_longer_held__is_a_warning(
    withdrawn_on: date | None, recorded_on: date, is_found: bool
) -> None:
    """Said to be of June, and nobody said so until the certificate was gone; some days late are nobody's fault."""
    known = {ORGANIC.id: replace(ORGANIC, withdrawn_on=withdrawn_on)}
    found = claim_findings(made(date(2026, 6, 1), recorded_on=recorded_on), [ORGANIC.id], known)
    assert [each.kind for each in found] == ([FindingKind.CERTIFICATE_CLAIMED_AFTERWARDS] if is_found else [])


@pytest.mark.parametrize("day", [date.min, date.max])
def test_claim__days_at_the_ends_of_time__break_nothing(day: date) -> None:
    known = {ORGANIC.id: replace(ORGANIC, withdrawn_on=day)}
    claim_findings(made(date(2026, 6, 1), recorded_on=date(2026, 8, 1)), [ORGANIC.id], known)
    claim_findings(made(day, recorded_on=date(2026, 8, 1)), [ORGANIC.id], known)


def of_ingredients(certified: str | None, other: str | None) -> list[FindingKind]:
    found = ingredient_findings(
        CLAIM,
        replace(ORGANIC, of_ingredients=True),
        amount(certified, "KGM") if certified else None,
        amount(other, "KGM") if other else None,
        (7,),
        is_any_certified=certified is not None,
    )
    return [each.kind for each in found]


def test_ingredients__organic_goods_of_others__are_found() -> None:
    assert of_ingredients(None, "100") == [FindingKind.CERTIFICATE_NOT_OF_INGREDIENTS]
    assert of_ingredients("94.9", "5.1") == [FindingKind.CERTIFICATE_NOT_OF_INGREDIENTS]


def test_ingredients__a_little_sugar_in_organic_jam__is_in_order() -> None:
    assert of_ingredients("95", "5") == []
    assert of_ingredients("100", None) == []
