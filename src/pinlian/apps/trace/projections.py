"""What facts make of lots, places, certificates and recalls. The only writer of their tables.

The first author of a name owns it: later facts of the same author take the place of the earlier ones, those of others
change nothing. A fact whose body does not fit is none. Nothing here asks a clock, and one fact at a time comes to the
same as many together, so that the tables can be dropped and made again.
"""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Model

from pinlian.apps.trace.bodies import BodyT, CertificateBody, LotBody, PlaceBody, RecallBody, read
from pinlian.apps.trace.captured import groups_of, names_of
from pinlian.apps.trace.models import (
    Attachment,
    Certificate,
    GroupLink,
    Lot,
    LotCertificate,
    Place,
    Recall,
)
from pinlian.gs1.epcis.terms import read_time_us
from pinlian.record.facade import StoredFact

RowT = TypeVar("RowT", bound=Model)


def on_lot(facts: Sequence[StoredFact]) -> None:
    said = [
        (stored, body.epc, {"name": body.name, "body": body.as_json()}) for stored, body in _readable(LotBody, facts)
    ]
    changed = _put(Lot, said)
    LotCertificate.objects.filter(lot__in=[lot.epc for lot in changed]).delete()
    LotCertificate.objects.bulk_create(
        LotCertificate(lot=lot.epc, certificate=certificate)
        for lot in changed
        for certificate in dict.fromkeys(lot.body["certificates"])
    )


def on_place(facts: Sequence[StoredFact]) -> None:
    said = []
    for stored, body in _readable(PlaceBody, facts):
        position = body.position
        values = {
            "name": body.name,
            "kind": body.kind.value,
            "latitude_microdegrees": position.latitude_microdegrees if position else None,
            "longitude_microdegrees": position.longitude_microdegrees if position else None,
            "body": body.as_json(),
        }
        said.append((stored, body.epc, values))
    _put(Place, said)


def on_certificate(facts: Sequence[StoredFact]) -> None:
    readable = _readable(CertificateBody, facts)
    _put(Certificate, [(stored, body.id, {"body": body.as_json()}) for stored, body in readable])


def on_recall(facts: Sequence[StoredFact]) -> None:
    Recall.objects.bulk_create(
        Recall(
            index=stored.index,
            epc=body.epc,
            author=stored.fact.author,
            is_start=body.action == "start",
            reason=body.reason,
            at=stored.fact.time,
        )
        for stored, body in _readable(RecallBody, facts)
    )


def on_epcis_event(facts: Sequence[StoredFact]) -> None:
    """Remember which groups events are for, and what was attached to what; apps.epcis keeps the events themselves."""
    links: list[GroupLink] = []
    attachments: list[Attachment] = []
    for stored in facts:
        event = stored.fact.body.get("event")
        if not isinstance(event, dict):
            continue
        time_us = read_time_us(str(event.get("eventTime"))) or 0
        links += [
            GroupLink(group_id=group, index=stored.index, epc=epc, time_us=time_us)
            for group in groups_of(event)
            for epc in names_of(event)
        ]
        if event.get("type") == "AssociationEvent" and event.get("action") == "ADD":
            parent, *children = names_of(event) or [""]
            if event.get("parentID"):
                attachments += [
                    Attachment(index=stored.index, parent=parent, child=child, since_us=time_us) for child in children
                ]
    GroupLink.objects.bulk_create(links)
    Attachment.objects.bulk_create(attachments)


def _readable(model: type[BodyT], facts: Sequence[StoredFact]) -> list[tuple[StoredFact, BodyT]]:
    """Facts with a body that fits."""
    found = []
    for stored in facts:
        body = read(model, stored.fact.body)
        if body is not None:
            found.append((stored, body))
    return found


def _put(model: type[RowT], said: Iterable[tuple[StoredFact, str, dict[str, Any]]]) -> list[RowT]:
    """Write what facts say of names, in their order; the rows that changed. What others say of a name is left out."""
    known = list(said)
    rows: dict[str, Any] = model._default_manager.in_bulk({key for _, key, _ in known})
    changed: dict[str, RowT] = {}
    for stored, key, values in known:
        row: Any = rows.get(key)
        if row is None:
            row = rows[key] = model(pk=key, author=stored.fact.author, first_index=stored.index)
        elif row.author != stored.fact.author:
            continue
        row.index = stored.index
        for name, value in values.items():
            setattr(row, name, value)
        changed[key] = row
    columns = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    model._default_manager.bulk_create(
        changed.values(), update_conflicts=True, unique_fields=["pk"], update_fields=columns
    )
    return list(changed.values())
