"""The examiner: goes through what is new in the record and writes down what does not fit. The only writer of findings.

It follows the read model at its own pace, so that capturing never waits for it. What it writes follows from the facts
alone, in whatever order they came; dropped, it is made again.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from pinlian.apps.epcis.facade import things_seen_at
from pinlian.apps.trace.bodies import CertificateBody, CertificateKind, LotBody, PlaceBody, read
from pinlian.apps.trace.captured import names_of
from pinlian.apps.trace.models import Certificate as CertificateRow
from pinlian.apps.trace.models import Examination, ExaminationCursor, Lot, LotCertificate, rows_of
from pinlian.apps.trace.models import Finding as FindingRow
from pinlian.apps.trace.reading import Store
from pinlian.apps.trace.records import LotView
from pinlian.apps.trace.selectors import examined, lots, positions
from pinlian.domain.traceability.certificates import (
    Certificate,
    Claim,
    Making,
    UnderCertificate,
    claim_findings,
    counted_before,
    ingredient_findings,
    quantity_findings,
    subject_of,
)
from pinlian.domain.traceability.cold_chain import temperature_findings
from pinlian.domain.traceability.event import SHIPPED, BizStep, Event, EventType, Role, site
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity
from pinlian.domain.traceability.lot_book import Balance
from pinlian.domain.traceability.mass_balance import balances
from pinlian.domain.traceability.plausibility import makes, origin_findings, place_findings, time_findings
from pinlian.domain.traceability.quantity import Amount, amount, plain
from pinlian.domain.traceability.walk import Relation, Walk, contents, walk
from pinlian.domain.traceability.yields import weighed, yields
from pinlian.durable.one_writer import one_writer
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.terms import read_time_us
from pinlian.record import facade as record

FACTS_PER_STEP_MAX = 100
FACTS_PER_READ = 1_000
SUBJECTS_PER_WRITE_MAX = 200
"""A certificate or a warehouse may be about many more lots than one transaction should hold."""

_LOCK = 0x70696E6C_69616E08
_CARRIER = re.compile(r"https://id\.gs1\.org/(00|8003|8004)/.*")
"""Boxes and pallets, crates, lorries: what they did is examined as part of what was in them, while it was."""
_GTIN = re.compile(r".*/01/([0-9]{14})(?:/.*)?")
_OF_INGREDIENTS = frozenset(
    {CertificateKind.ORGANIC, CertificateKind.GREEN_FOOD, CertificateKind.GEOGRAPHICAL_INDICATION}
)


@dataclass(frozen=True, slots=True)
class Known:
    """A certificate that somebody registered, and of which kind it is."""

    certificate: Certificate
    kind: CertificateKind


@dataclass(frozen=True, slots=True)
class Examined:
    """What examining one thing came to.

    Attributes:
        claimed: how much of it came under which certificate by being made, by dimension.
        made_events: indices of the events that made it.
    """

    findings: list[Finding]
    balances: list[Balance]
    claimed: dict[str, dict[str, Fraction]]
    made_events: tuple[int, ...]


def examine_step(until: int | None = None) -> bool:
    """Examine what the next facts are about; whether there were any.

    Reading takes longest and holds up nobody. What was read while more came in is read again when that is examined.

    Args:
        until: no fact from this index on; all that the read model has taken, if absent.
    """
    first, end = examined(), record.followed() if until is None else until
    facts = [fact for fact in record.facts_from(first, FACTS_PER_STEP_MAX) if fact.index < end]
    if not facts:
        return False
    touched, certificates = _touched(facts, Store())
    subjects = sorted(touched)
    for start in range(0, len(subjects), SUBJECTS_PER_WRITE_MAX):
        results = _examine_all(subjects[start : start + SUBJECTS_PER_WRITE_MAX])
        with one_writer("default", _LOCK):
            # A rebuild, or another examiner, may have been here meanwhile.
            if examined() != first:
                return True
            certificates |= _write(results)
    with one_writer("default", _LOCK):
        if examined() == first:
            _examine_certificates(certificates)
            _remember(facts[-1].index + 1)
    return True


def examine_all(until: int) -> None:
    """Examine everything that the facts below an index are about, each thing once: as the steps would have it."""
    subjects: set[str] = set()
    first = 0
    while first < until and (facts := record.facts_from(first, min(FACTS_PER_READ, until - first))):
        for stored in facts:
            event = stored.fact.body.get("event")
            if stored.fact.kind == "epcis_event" and isinstance(event, dict):
                subjects.update(names_of(event))
        first = facts[-1].index + 1
    wanted = sorted({*_goods(subjects), *Lot.objects.values_list("epc", flat=True)})
    for start in range(0, len(wanted), SUBJECTS_PER_WRITE_MAX):
        results = _examine_all(wanted[start : start + SUBJECTS_PER_WRITE_MAX])
        with one_writer("default", _LOCK):
            _write(results)
    with one_writer("default", _LOCK):
        _examine_certificates(list(CertificateRow.objects.values_list("id", flat=True)))
        _remember(until)


def awaiting(first: int, until: int) -> set[str]:
    """What the facts from one index to another are about, as findings name it."""
    found: set[str] = set()
    while first < until and (facts := record.facts_from(first, min(FACTS_PER_STEP_MAX, until - first))):
        subjects, certificates = _touched(facts, Store())
        claimed = LotCertificate.objects.filter(lot__in=subjects).values_list("certificate", flat=True)
        found |= subjects | {subject_of(name) for name in {*certificates, *claimed}}
        first = facts[-1].index + 1
    return found


def _remember(next_index: int) -> None:
    ExaminationCursor.objects.update_or_create(pk=ExaminationCursor.SINGLE_ID, defaults={"next_index": next_index})


def _goods(names: Iterable[str]) -> set[str]:
    return {name for name in names if not _CARRIER.fullmatch(name)}


def _examine_all(subjects: Sequence[str]) -> dict[str, Examined]:
    store = Store()
    described = lots(subjects)
    return {subject: examine(subject, described.get(subject), store) for subject in subjects}


def examine(subject: str, lot: LotView | None, store: Store) -> Examined:
    """Every check of one thing, by all events that touch it or what it was in.

    Args:
        lot: how its author describes it, if somebody does.
        store: where its events are read.
    """
    way = walk(subject, store.fetch, back=False, forward=False)
    events = way.events
    making = [event for event in events if makes(event, subject)]
    is_class = any(thing.is_class for event in events for thing in event.things if thing.epc == subject)
    books: list[Balance] = []
    found: list[Finding] = []
    # What nobody made (a pallet, a crate) is packed and moved, and has no balance.
    if is_class or making:
        net_content = lot.body.net_content.amount if lot and lot.body.net_content else None
        books, found = balances(subject, events, net_content=net_content)
    found += origin_findings(subject, events, is_class=is_class)
    found += time_findings(subject, events, carriers=way.epcs(Relation.CARRIER))
    found += place_findings(subject, events, positions({event.site for event in events}), is_class=is_class)
    found += _temperatures(lot, events)
    ingredients = _Ingredients(subject, lot, making)
    found += ingredients.yields()
    if lot is not None:
        known = _known([*lot.body.certificates, *ingredients.certificates()])
        certificates = {name: each.certificate for name, each in known.items()}
        found += claim_findings(_claim(subject, lot, making), lot.body.certificates, certificates)
        found += ingredients.findings(known)
    return Examined([*found, *_holes(way)], books, ingredients.claimed(books), tuple(event.index for event in making))


class _Ingredients:
    """What one thing was made of, and how all of that is described."""

    def __init__(self, subject: str, lot: LotView | None, making: Iterable[Event]) -> None:
        self._subject = subject
        self._lot = lot
        # One transformation may be told in several events, each of which has the others as its parts.
        self._transformations = {
            min(part.index for part in (event, *event.parts)): event
            for event in making
            if event.type is EventType.TRANSFORMATION
        }
        roles = (Role.INPUT, Role.OUTPUT)
        all_of_it = self._transformations.values()
        self._lots = lots(thing.epc for event in all_of_it for role in roles for thing in event.of_whole(role))
        self._net_contents = {
            epc: view.body.net_content.amount for epc, view in self._lots.items() if view.body.net_content is not None
        }

    def yields(self) -> list[Finding]:
        """Whether more was made than went in."""
        limit = {} if self._lot is None else {"yield_max": self._lot.body.yield_limit}
        return [
            finding
            for event in self._transformations.values()
            for finding in yields(event, net_contents=self._net_contents, **limit)
            if finding.subject == self._subject
        ]

    def certificates(self) -> set[str]:
        """Ids of the certificates that anything in it is said to have."""
        return {certificate for lot in self._lots.values() for certificate in lot.body.certificates}

    def findings(self, known: Mapping[str, Known]) -> list[Finding]:
        """Whether what is certified is made of what is certified."""
        if self._lot is None:
            return []
        claim = _claim(self._subject, self._lot, ())
        own = [known[name] for name in self._lot.body.certificates if name in known]
        return [
            finding
            for event in self._transformations.values()
            for each in own
            for finding in self._findings_of(claim, each, event, known)
        ]

    def _findings_of(self, claim: Claim, own: Known, event: Event, known: Mapping[str, Known]) -> list[Finding]:
        used = event.of_whole(Role.INPUT)
        # Nobody says what was in a crate that was used whole.
        if not used or any(_CARRIER.fullmatch(thing.epc) for thing in used):
            return []
        kinds = {
            epc: {known[name].kind for name in lot.body.certificates if name in known}
            for epc, lot in self._lots.items()
        }
        certified = [thing for thing in used if own.kind in kinds.get(thing.epc, ())]
        others = [thing for thing in used if own.kind not in kinds.get(thing.epc, ())]
        if not others:
            return []
        return ingredient_findings(
            claim,
            own.certificate,
            weighed(certified, self._net_contents),
            weighed(others, self._net_contents),
            [part.index for part in (event, *event.parts)],
            is_any_certified=bool(certified),
        )

    def claimed(self, books: Iterable[Balance]) -> dict[str, dict[str, Fraction]]:
        """How much of it came under each of its certificates, by dimension, without what was under it before."""
        found: dict[str, dict[str, Fraction]] = {}
        made = {book.dimension: book.made for book in books}
        for certificate in self._lot.body.certificates if self._lot else ():
            left = dict(made)
            under = {epc for epc, lot in self._lots.items() if certificate in lot.body.certificates}
            for event in self._transformations.values():
                for dimension, value in counted_before(self._subject, event, under, self._net_contents).items():
                    left[dimension] = left.get(dimension, Fraction(0)) - value
            found[certificate] = {dimension: value for dimension, value in left.items() if value > 0}
        return found


def _touched(facts: Iterable[record.StoredFact], store: Store) -> tuple[set[str], set[str]]:
    """The goods whose examination depends on these facts, and the certificates.

    Facts come in any order: what is said of a lot, a place or a sensor may be about events of long ago.
    """
    described: set[str] = set()
    places: set[str] = set()
    certificates: set[str] = set()
    transformations: set[str] = set()
    moments: dict[str, set[int]] = {}
    joined_since: dict[str, int] = {}
    for stored in facts:
        body = stored.fact.body
        match stored.fact.kind:
            case "epcis_event" if isinstance(body.get("event"), dict):
                event = body["event"]
                time_us = read_time_us(str(event.get("eventTime"))) or 0
                names = names_of(event)
                for name in names:
                    moments.setdefault(name, set()).add(time_us)
                if event.get("transformationID"):
                    transformations.add(canonical_or_as_is(str(event["transformationID"])))
                if event.get("type") == EventType.ASSOCIATION and names:
                    joined_since[names[0]] = min(time_us, joined_since.get(names[0], time_us))
            case "lot" if (lot := read(LotBody, body)) is not None:
                described.add(lot.epc)
            case "place" if (place := read(PlaceBody, body)) is not None:
                places.add(site(place.epc))
            case "certificate" if (certificate := read(CertificateBody, body)) is not None:
                certificates.add(certificate.id)
    described |= set(LotCertificate.objects.filter(certificate__in=certificates).values_list("lot", flat=True))
    subjects = described | store.made_of(described) | store.made_by(transformations)
    for name, time_us in things_seen_at(places):
        moments.setdefault(name, set()).add(time_us)
    for found in (store.attached_to(moments), store.filled_since(joined_since)):
        for name, times in found.items():
            moments.setdefault(name, set()).update(times)
    # Nothing is in a lot, so that nothing must be looked for.
    subjects |= {name for name in moments if "/10/" in name}
    moments = {name: times for name, times in moments.items() if "/10/" not in name}
    # A container that was filled twice within one step held other things each time.
    while moments:
        subjects |= set(contents({name: times.pop() for name, times in moments.items()}, store.fetch))
        moments = {name: times for name, times in moments.items() if times}
    return _goods(subjects), certificates


def _write(results: Mapping[str, Examined]) -> set[str]:
    """Write anew what examining came to; the certificates that this is about, or was."""
    before = rows_of(Examination, "lot", results)
    _replace_findings(results, (finding for result in results.values() for finding in result.findings))
    Examination.objects.filter(pk__in=[row.pk for row in before]).delete()
    after = [_row(subject, result) for subject, result in results.items() if result.balances]
    Examination.objects.bulk_create(after)
    return {certificate for row in (*before, *after) for certificate in row.claimed}


def _examine_certificates(ids: Collection[str]) -> None:
    """Write anew whether certificates allow as much as was made under them."""
    found: list[Finding] = []
    for name, known in _known(ids).items():
        if known.certificate.quantity is not None:
            under = LotCertificate.objects.filter(certificate=name).values_list("lot", flat=True)
            rows = rows_of(Examination, "lot", under)
            found += quantity_findings(known.certificate, [_under(row, name) for row in rows])
    _replace_findings([subject_of(name) for name in ids], found)


def _replace_findings(subjects: Iterable[str], found: Iterable[Finding]) -> None:
    old = [row.pk for row in rows_of(FindingRow, "subject", subjects)]
    for start in range(0, len(old), SUBJECTS_PER_WRITE_MAX):
        FindingRow.objects.filter(pk__in=old[start : start + SUBJECTS_PER_WRITE_MAX]).delete()
    FindingRow.objects.bulk_create(
        FindingRow(
            subject=finding.subject,
            kind=finding.kind.value,
            severity=finding.severity.value,
            parameters=dict(finding.parameters),
            events=list(finding.events),
        )
        for finding in found
    )


def _temperatures(lot: LotView | None, events: Iterable[Event]) -> list[Finding]:
    """Goods that need a temperature are watched from when they first leave or come, to the last that happens."""
    if lot is None or lot.body.temperature is None:
        return []
    known = list(events)
    moves = [event.time_us for event in known if event.biz_step in SHIPPED or event.biz_step == BizStep.RECEIVING]
    if not moves:
        return temperature_findings(lot.epc, known, lot.body.temperature.need)
    # Readings may be told long after they were taken.
    last = max(event.time_us for event in known if event.biz_step != BizStep.SENSOR_REPORTING)
    return temperature_findings(lot.epc, known, lot.body.temperature.need, from_us=min(moves), to_us=last)


def _claim(subject: str, lot: LotView, making: Iterable[Event]) -> Claim:
    made = list(making)
    gtin = _GTIN.fullmatch(subject)
    return Claim(
        lot=subject,
        gtin=gtin[1] if gtin else "",
        makings=tuple(Making(event.day, event.site, event.index, event.recorded_on) for event in made),
        makers=frozenset({lot.author, *(event.author for event in made)}),
    )


def _holes(way: Walk) -> list[Finding]:
    if way.is_whole:
        return []
    return [Finding(FindingKind.HISTORY_INCOMPLETE, Severity.NOTICE, way.subject, {"events": len(way.events)})]


def _known(ids: Iterable[str]) -> dict[str, Known]:
    keeper = f"0x{record.keeper().address.hex()}"
    return {row.id: _certificate(row, keeper) for row in rows_of(CertificateRow, "id", ids)}


def _certificate(row: CertificateRow, keeper: str) -> Known:
    body = CertificateBody.model_validate(row.body)
    author = "" if row.author == keeper else row.author
    return Known(body.certificate(author, of_ingredients=body.kind in _OF_INGREDIENTS), body.kind)


def _row(subject: str, result: Examined) -> Examination:
    return Examination(
        lot=subject,
        balances=[_balance_json(book) for book in result.balances],
        claimed={
            certificate: [{"uom": dimension, "quantity": plain(value)} for dimension, value in sorted(amounts.items())]
            for certificate, amounts in sorted(result.claimed.items())
        },
        made_events=sorted(result.made_events),
    )


def _balance_json(book: Balance) -> dict[str, Any]:
    return {
        "uom": book.dimension,
        "made": plain(book.made),
        "used": plain(book.used),
        "lost": plain(book.lost),
        "sold": plain(book.sold),
        "on_the_way": plain(book.on_the_way),
        "held": {place: plain(value) for place, value in book.held.items()},
        "unexplained": plain(book.unexplained),
    }


def _under(row: Examination, certificate: str) -> UnderCertificate:
    amounts: list[Amount] = [amount(each["quantity"], each["uom"]) for each in row.claimed.get(certificate, ())]
    return UnderCertificate(row.lot, tuple(amounts), tuple(row.made_events))
