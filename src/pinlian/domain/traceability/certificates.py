"""Certificates (organic, green food, geographical indication, conformity): whether a lot may carry one.

A certificate counts for a lot on the day on which the lot was made, by the calendar of the place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from pinlian.domain.traceability.event import site
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.quantity import Amount, plain


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says.

    Attributes:
        products: GTIN-14 of the products it is for; empty for all of its holder.
        places: canonical EPC of the places it is for; empty for all of its holder.
        quantity: the most that may be sold under it altogether; None if it sets no limit.
        valid_from, valid_until: first and last day.
        withdrawn_on: the day from which it no longer counts; None while it stands.
    """

    id: str
    products: frozenset[str]
    places: frozenset[str]
    quantity: Amount | None
    valid_from: date
    valid_until: date
    withdrawn_on: date | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A lot that is said to be under a certificate.

    Attributes:
        gtin: GTIN-14 of the lot's product; empty if unknown.
        place: where it was made; empty if unknown.
        made_on: the day it was made, by the calendar there; None while no event says.
        made: how much of it was made, in each dimension.
        events: indices of the events that made it.
    """

    lot: str
    gtin: str
    place: str
    made_on: date | None
    made: tuple[Amount, ...]
    events: tuple[int, ...]


def subject_of(certificate_id: str) -> str:
    """How findings name a certificate."""
    return f"urn:pinlian:certificate:{certificate_id}"


def claim_findings(claim: Claim, certificate_ids: Iterable[str], known: Mapping[str, Certificate]) -> list[Finding]:
    """Why a lot's certificates do not hold for it: unknown, not that day, not that product, not that place."""
    found: list[Finding] = []
    for certificate_id in certificate_ids:
        certificate = known.get(certificate_id)
        if certificate is None:
            found.append(_finding(FindingKind.CERTIFICATE_UNKNOWN, Severity.WARNING, claim, certificate_id))
            continue
        found += _day_findings(claim, certificate)
        if certificate.products and claim.gtin not in certificate.products:
            found.append(_serious(FindingKind.CERTIFICATE_NOT_FOR_PRODUCT, claim, certificate, gtin=claim.gtin))
        places = {site(place) for place in certificate.places}
        if places and claim.place and site(claim.place) not in places:
            found.append(_serious(FindingKind.CERTIFICATE_NOT_FOR_PLACE, claim, certificate, place=claim.place))
    return found


def quantity_findings(certificate: Certificate, claims: Sequence[Claim]) -> list[Finding]:
    """Whether all lots under a certificate are more than it allows; one finding about the certificate.

    Amounts that cannot be compared with the certificate's quantity are left out.
    """
    if certificate.quantity is None:
        return []
    limit = certificate.quantity
    parts = [
        (claim, each.value)
        for claim in claims
        for each in claim.made
        if each.dimension == limit.dimension and each.value
    ]
    total = sum((value for _, value in parts), Fraction(0))
    if total <= limit.value:
        return []
    facts: dict[str, str | int] = {
        "certificate": certificate.id,
        "allowed": plain(limit.value),
        "made": plain(total),
        "over_by": plain(total - limit.value),
        "uom": limit.dimension,
        "lots": len({claim.lot for claim, _ in parts}),
    }
    rests_on = evidence(index for claim, _ in parts for index in claim.events)
    subject = subject_of(certificate.id)
    return [Finding(FindingKind.CERTIFICATE_QUANTITY_EXCEEDED, Severity.SERIOUS, subject, facts, rests_on)]


def _day_findings(claim: Claim, certificate: Certificate) -> list[Finding]:
    day = claim.made_on
    if day is None:
        return []
    if not certificate.valid_from <= day <= certificate.valid_until:
        return [
            _serious(
                FindingKind.CERTIFICATE_NOT_VALID_THAT_DAY,
                claim,
                certificate,
                made_on=day.isoformat(),
                valid_from=certificate.valid_from.isoformat(),
                valid_until=certificate.valid_until.isoformat(),
            )
        ]
    if certificate.withdrawn_on is not None and day >= certificate.withdrawn_on:
        return [
            _serious(
                FindingKind.CERTIFICATE_WITHDRAWN,
                claim,
                certificate,
                made_on=day.isoformat(),
                withdrawn_on=certificate.withdrawn_on.isoformat(),
            )
        ]
    return []


def _serious(kind: FindingKind, claim: Claim, certificate: Certificate, **facts: str | int) -> Finding:
    return _finding(kind, Severity.SERIOUS, claim, certificate.id, **facts)


def _finding(kind: FindingKind, severity: Severity, claim: Claim, certificate_id: str, **facts: str | int) -> Finding:
    return Finding(kind, severity, claim.lot, facts | {"certificate": certificate_id}, claim.events)
