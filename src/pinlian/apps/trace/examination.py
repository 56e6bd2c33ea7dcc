"""The examiner: goes through what is new in the record and writes down what does not fit. The only writer of findings.

It follows the read model at its own pace, so that capturing never waits for it. What it writes follows from the facts
alone; dropped, it is made again.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.dateparse import parse_date

from pinlian.apps.trace.bodies import CertificateBody
from pinlian.apps.trace.captured import names_of
from pinlian.apps.trace.models import Certificate as CertificateRow
from pinlian.apps.trace.models import Examination, ExaminationCursor, LotCertificate
from pinlian.apps.trace.models import Finding as FindingRow
from pinlian.apps.trace.reading import Store
from pinlian.apps.trace.records import LotView
from pinlian.apps.trace.selectors import examined, lots, positions, rows_of
from pinlian.domain.traceability.certificates import (
    Certificate,
    Claim,
    claim_findings,
    quantity_findings,
    subject_of,
)
from pinlian.domain.traceability.cold_chain import temperature_findings
from pinlian.domain.traceability.event import SHIPPED, Action, Event, EventType, Role
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity, evidence
from pinlian.domain.traceability.mass_balance import Balance, balances, yields
from pinlian.domain.traceability.plausibility import place_findings, time_findings
from pinlian.domain.traceability.quantity import Amount, amount, plain
from pinlian.domain.traceability.walk import Relation, Walk, contents, walk
from pinlian.durable.one_writer import one_writer
from pinlian.gs1.epcis.terms import read_time_us
from pinlian.record import facade as record

FACTS_PER_STEP_MAX = 100

_LOCK = 0x70696E6C_69616E08
_CARRIER = re.compile(r"https://id\.gs1\.org/(00|8003|8004)/.*")
"""Boxes and pallets, crates, lorries: what they did is examined as part of what was in them, while it was."""
_GTIN = re.compile(r".*/01/([0-9]{14})(?:/.*)?")


@dataclass(frozen=True, slots=True)
class Examined:
    """What examining one thing came to; `claim` is what its certificates are held against."""

    findings: list[Finding]
    balances: list[Balance]
    claim: Claim


def examine_step() -> bool:
    """Examine what the next facts are about; whether there were any.

    Reading takes longest and holds up nobody. What was read while more came in is read again when that is examined.
    """
    first, followed = examined(), record.followed()
    facts = [fact for fact in record.facts_from(first, FACTS_PER_STEP_MAX) if fact.index < followed]
    if not facts:
        return False
    store = Store()
    subjects, certificates = _touched(facts, store)
    described = lots(subjects)
    claimed = {certificate for lot in described.values() for certificate in lot.body.certificates}
    known = {row.id: _certificate(row) for row in rows_of(CertificateRow, "id", claimed)}
    results = {subject: examine(subject, described.get(subject), known, store) for subject in sorted(subjects)}
    with one_writer("default", _LOCK):
        # A rebuild, or another examiner, may have been here meanwhile.
        if examined() == first:
            _write(results)
            _examine_certificates(certificates | claimed)
            ExaminationCursor.objects.update_or_create(
                pk=ExaminationCursor.SINGLE_ID, defaults={"next_index": facts[-1].index + 1}
            )
    return True


def examine(subject: str, lot: LotView | None, certificates: Mapping[str, Certificate], store: Store) -> Examined:
    """Every check of one thing, by all events that touch it or what it was in.

    Args:
        lot: how its author describes it, if somebody does.
        certificates: those that anybody registered, by id.
        store: where its events are read.
    """
    way = walk(subject, store.fetch, back=False, forward=False)
    events = way.events
    making = [event for event in events if _makes(event, subject)]
    is_class = any(thing.is_class for event in events for thing in event.things if thing.epc == subject)
    books: list[Balance] = []
    found: list[Finding] = []
    # What nobody made (a pallet, a crate) is packed and moved, and has no balance.
    if is_class or making:
        net_content = lot.body.net_content.amount if lot and lot.body.net_content else None
        books, found = balances(subject, events, net_content=net_content)
    found += _yields(subject, lot, making)
    found += time_findings(subject, events, carriers=way.epcs(Relation.CARRIER))
    found += place_findings(subject, events, positions({event.site for event in events}), is_class=is_class)
    found += _temperatures(lot, events)
    claim = _claim(subject, making, books)
    found += claim_findings(claim, lot.body.certificates if lot else (), certificates)
    return Examined([*found, *_holes(way)], books, claim)


def _touched(facts: Iterable[record.StoredFact], store: Store) -> tuple[set[str], set[str]]:
    """The goods that facts are about, those in containers that they are about, and certificates."""
    subjects: set[str] = set()
    certificates: set[str] = set()
    moments: dict[str, set[int]] = {}
    for stored in facts:
        body = stored.fact.body
        if stored.fact.kind == "epcis_event" and isinstance(body.get("event"), dict):
            time_us = read_time_us(str(body["event"].get("eventTime")))
            for name in names_of(body["event"]):
                moments.setdefault(name, set()).add(time_us or 0)
        elif stored.fact.kind == "lot":
            subjects.add(str(body.get("epc")))
        elif stored.fact.kind == "certificate":
            certificates.add(str(body.get("id")))
    # A container that was filled twice within one step held other things each time.
    while moments:
        subjects |= set(contents({name: times.pop() for name, times in moments.items()}, store.fetch))
        moments = {name: times for name, times in moments.items() if times}
    with_lots = LotCertificate.objects.filter(certificate__in=certificates).values_list("lot", flat=True)
    return {name for name in (*subjects, *with_lots) if not _CARRIER.fullmatch(name)}, certificates


def _write(results: Mapping[str, Examined]) -> None:
    _replace_findings(results, (finding for result in results.values() for finding in result.findings))
    Examination.objects.bulk_create(
        (_row(subject, result) for subject, result in results.items() if result.balances),
        update_conflicts=True,
        unique_fields=["lot"],
        update_fields=["balances", "made_on", "made_at", "made_events"],
    )


def _examine_certificates(ids: Collection[str]) -> None:
    """Write anew whether certificates allow as much as was made under them."""
    known = [_certificate(row) for row in rows_of(CertificateRow, "id", ids)]
    found: list[Finding] = []
    for certificate in known:
        if certificate.quantity is None:
            continue
        under = LotCertificate.objects.filter(certificate=certificate.id).values_list("lot", flat=True)
        found += quantity_findings(certificate, [_stored_claim(row) for row in rows_of(Examination, "lot", under)])
    _replace_findings([subject_of(certificate.id) for certificate in known], found)


def _replace_findings(subjects: Iterable[str], found: Iterable[Finding]) -> None:
    old = [row.pk for row in rows_of(FindingRow, "subject", subjects)]
    FindingRow.objects.filter(pk__in=old).delete()
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


def _makes(event: Event, subject: str) -> bool:
    if event.type is EventType.TRANSFORMATION:
        return Role.OUTPUT in event.role_of(subject)
    return event.type is EventType.OBJECT and event.action is Action.ADD and Role.EPC in event.role_of(subject)


def _yields(subject: str, lot: LotView | None, making: Iterable[Event]) -> list[Finding]:
    transformations = {
        event.transformation or str(event.index): event for event in making if event.type is EventType.TRANSFORMATION
    }
    if not transformations:
        return []
    roles = (Role.INPUT, Role.OUTPUT)
    names = {thing.epc for event in transformations.values() for role in roles for thing in event.of_whole(role)}
    net_contents = {
        epc: view.body.net_content.amount for epc, view in lots(names).items() if view.body.net_content is not None
    }
    limit = {} if lot is None else {"yield_max": lot.body.yield_limit}
    return [
        finding
        for event in transformations.values()
        for finding in yields(event, net_contents=net_contents, **limit)
        if finding.subject == subject
    ]


def _temperatures(lot: LotView | None, events: Iterable[Event]) -> list[Finding]:
    """Goods that need a temperature are watched from their first departure to the last event of them."""
    if lot is None or lot.body.temperature is None:
        return []
    known = list(events)
    departures = [event.time_us for event in known if event.biz_step in SHIPPED]
    if not departures:
        return temperature_findings(lot.epc, known, lot.body.temperature.need)
    last = max(event.time_us for event in known)
    return temperature_findings(lot.epc, known, lot.body.temperature.need, from_us=departures[0], to_us=last)


def _claim(subject: str, making: Iterable[Event], books: Iterable[Balance]) -> Claim:
    made = list(making)
    gtin = _GTIN.fullmatch(subject)
    return Claim(
        lot=subject,
        gtin=gtin[1] if gtin else "",
        place=made[0].site if made else "",
        made_on=made[0].day if made else None,
        made=tuple(Amount(book.dimension, book.made) for book in books if book.made),
        events=evidence(event.index for event in made),
    )


def _holes(way: Walk) -> list[Finding]:
    if way.is_whole:
        return []
    return [Finding(FindingKind.HISTORY_INCOMPLETE, Severity.NOTICE, way.subject, {"events": len(way.events)})]


def _certificate(row: CertificateRow) -> Certificate:
    return CertificateBody.model_validate(row.body).certificate


def _row(subject: str, result: Examined) -> Examination:
    claim = result.claim
    return Examination(
        lot=subject,
        balances=[_balance_json(book) for book in result.balances],
        made_on=claim.made_on.isoformat() if claim.made_on else "",
        made_at=claim.place,
        made_events=list(claim.events),
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


def _stored_claim(row: Examination) -> Claim:
    gtin = _GTIN.fullmatch(row.lot)
    return Claim(
        lot=row.lot,
        gtin=gtin[1] if gtin else "",
        place=row.made_at,
        made_on=_day(row.made_on),
        made=tuple(amount(each["made"], each["uom"]) for each in row.balances),
        events=tuple(row.made_events),
    )


def _day(text: str) -> date | None:
    return parse_date(text) if text else None
