"""Certificates (organic, green food, geographical indication, conformity): whether a lot may carry one.

A certificate counts for a lot on every day on which some of it was made, by the calendar of the place.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from pinlian.domain.traceability.event import Event, Role, Thing, site
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.quantity import Amount, plain
from pinlian.domain.traceability.yields import weighed

RECORDED_DAYS_MAX = 7
"""What is recorded later than that, when the certificate no longer holds, may be said to be older than it is."""
INGREDIENTS_SHARE_MIN = Fraction(95, 100)
"""So much of what certified goods are made of is certified too (GB/T 19630; Regulation (EU) 2018/848, article 30)."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """What a certificate says.

    Attributes:
        author: account that registered it; empty if the instance's keeper did, for others.
        of_ingredients: what is made of goods with such a certificate, and of few others, may have one too.
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
    author: str = ""
    of_ingredients: bool = False


@dataclass(frozen=True, slots=True)
class Making:
    """Some of a lot was made.

    Attributes:
        day: by the calendar of the place.
        place: where; empty if unknown.
        event: index of the event.
        recorded_on: the day on which the event came into the record; None if that is not known.
    """

    day: date
    place: str
    event: int
    recorded_on: date | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A lot that is said to be under certificates.

    Attributes:
        gtin: GTIN-14 of the lot's product; empty if unknown.
        makings: when and where it was made; empty while no event says.
        makers: accounts that describe it or say to have made it.
    """

    lot: str
    gtin: str
    makings: tuple[Making, ...]
    makers: frozenset[str] = frozenset()

    @property
    def events(self) -> tuple[int, ...]:
        """Indices of the events that made it."""
        return evidence(making.event for making in self.makings)


@dataclass(frozen=True, slots=True)
class UnderCertificate:
    """How much of a lot came under a certificate by being made, and not of goods that were under it before.

    Attributes:
        amounts: in each dimension.
        events: indices of the events that made it.
    """

    lot: str
    amounts: tuple[Amount, ...]
    events: tuple[int, ...]


def subject_of(certificate_id: str) -> str:
    """How findings name a certificate."""
    return f"urn:pinlian:certificate:{certificate_id}"


def claim_findings(claim: Claim, certificate_ids: Iterable[str], known: Mapping[str, Certificate]) -> list[Finding]:
    """Why certificates do not hold for a lot: unknown, another's, not that day, not that product, not that place."""
    found: list[Finding] = []
    for certificate_id in certificate_ids:
        certificate = known.get(certificate_id)
        if certificate is None:
            found.append(_finding(FindingKind.CERTIFICATE_UNKNOWN, Severity.WARNING, claim, certificate_id))
            continue
        found += _day_findings(claim, certificate)
        if certificate.products and claim.gtin not in certificate.products:
            found.append(_serious(FindingKind.CERTIFICATE_NOT_FOR_PRODUCT, claim, certificate, gtin=claim.gtin))
        found += _place_findings(claim, certificate)
    return found


def ingredient_findings(
    claim: Claim,
    certificate: Certificate,
    certified: Amount | None,
    other: Amount | None,
    events: Iterable[int],
    *,
    is_any_certified: bool,
) -> list[Finding]:
    """Whether certified goods are made of goods that are certified in the same way.

    Args:
        certified, other: how much of either went in; None if it is nothing or cannot be weighed.
        events: indices of the transformation's.
        is_any_certified: whether anything that went in is certified.
    """
    if not certificate.of_ingredients:
        return []
    total = certified.value if certified else Fraction(0)
    if certified is not None and other is not None and certified.dimension == other.dimension:
        total += other.value
        if certified.value >= total * INGREDIENTS_SHARE_MIN:
            return []
    elif is_any_certified:
        return []
    percent = int(certified.value * 100 / total) if certified and total else 0
    facts: dict[str, str | int] = {"certificate": certificate.id, "percent": percent}
    kind = FindingKind.CERTIFICATE_NOT_OF_INGREDIENTS
    return [Finding(kind, Severity.WARNING, claim.lot, facts, evidence(events))]


def counted_before(
    lot: str, transformation: Event, under: Collection[str], net_contents: Mapping[str, Amount]
) -> dict[str, Fraction]:
    """How much of a lot came of goods that were under the same certificate, by dimension.

    Where a transformation makes several lots under the certificate, those that come first by name have it first.

    Args:
        under: the lots that are said to be under the certificate.
    """
    left: dict[str, Fraction] = defaultdict(Fraction)
    for _, each in _amounts(transformation.of_whole(Role.INPUT), under, net_contents):
        left[each.dimension] += each.value
    found: dict[str, Fraction] = defaultdict(Fraction)
    for epc, each in sorted(
        _amounts(transformation.of_whole(Role.OUTPUT), under, net_contents), key=lambda pair: pair[0]
    ):
        part = min(left[each.dimension], each.value)
        left[each.dimension] -= part
        if epc == lot:
            found[each.dimension] += part
    return found


def _amounts(
    things: Iterable[Thing], under: Collection[str], net_contents: Mapping[str, Amount]
) -> list[tuple[str, Amount]]:
    amounts = ((thing.epc, weighed([thing], net_contents)) for thing in things if thing.epc in under)
    return [(epc, amount) for epc, amount in amounts if amount is not None]


def quantity_findings(certificate: Certificate, under: Iterable[UnderCertificate]) -> list[Finding]:
    """Whether all lots under a certificate are more than it allows; one finding about the certificate.

    Amounts that cannot be compared with the certificate's quantity are left out.
    """
    if certificate.quantity is None:
        return []
    limit = certificate.quantity
    parts = [
        (lot, each.value) for lot in under for each in lot.amounts if each.dimension == limit.dimension and each.value
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
        "lots": len({lot.lot for lot, _ in parts}),
    }
    rests_on = evidence(index for lot, _ in parts for index in lot.events)
    subject = subject_of(certificate.id)
    return [Finding(FindingKind.CERTIFICATE_QUANTITY_EXCEEDED, Severity.SERIOUS, subject, facts, rests_on)]


def _day_findings(claim: Claim, certificate: Certificate) -> list[Finding]:
    """The first day on which it did not hold; or else that nobody said so while it held."""
    first, last, withdrawn_on = certificate.valid_from, certificate.valid_until, certificate.withdrawn_on
    for making in claim.makings:
        if not first <= making.day <= last:
            return [
                _serious(
                    FindingKind.CERTIFICATE_NOT_VALID_THAT_DAY,
                    claim,
                    certificate,
                    made_on=making.day.isoformat(),
                    valid_from=first.isoformat(),
                    valid_until=last.isoformat(),
                )
            ]
        if withdrawn_on is not None and making.day >= withdrawn_on:
            return [
                _serious(
                    FindingKind.CERTIFICATE_WITHDRAWN,
                    claim,
                    certificate,
                    made_on=making.day.isoformat(),
                    withdrawn_on=withdrawn_on.isoformat(),
                )
            ]
    for making in claim.makings:
        recorded_on = making.recorded_on
        if recorded_on is None or (recorded_on - making.day).days <= RECORDED_DAYS_MAX:
            continue
        if recorded_on > last or (withdrawn_on is not None and recorded_on >= withdrawn_on):
            days = {"made_on": making.day.isoformat(), "recorded_on": recorded_on.isoformat()}
            kind = FindingKind.CERTIFICATE_CLAIMED_AFTERWARDS
            return [_finding(kind, Severity.WARNING, claim, certificate.id, **days)]
    return []


def _place_findings(claim: Claim, certificate: Certificate) -> list[Finding]:
    """Made elsewhere; or, where the certificate names no places, by others than it was registered by."""
    places = {site(place) for place in certificate.places}
    if not places:
        is_own = not certificate.author or not claim.makers or certificate.author in claim.makers
        kind = FindingKind.CERTIFICATE_OF_ANOTHER
        return [] if is_own else [_finding(kind, Severity.WARNING, claim, certificate.id)]
    elsewhere = [making.place for making in claim.makings if making.place and site(making.place) not in places]
    if not elsewhere:
        return []
    return [_serious(FindingKind.CERTIFICATE_NOT_FOR_PLACE, claim, certificate, place=elsewhere[0])]


def _serious(kind: FindingKind, claim: Claim, certificate: Certificate, **facts: str | int) -> Finding:
    return _finding(kind, Severity.SERIOUS, claim, certificate.id, **facts)


def _finding(kind: FindingKind, severity: Severity, claim: Claim, certificate_id: str, **facts: str | int) -> Finding:
    return Finding(kind, severity, claim.lot, facts | {"certificate": certificate_id}, claim.events)
