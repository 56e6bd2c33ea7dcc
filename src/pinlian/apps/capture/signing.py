"""What a person's device signs: events become facts to sign, and signed facts go on record."""

import time
from collections.abc import Iterator, Sequence
from typing import Any

from pinlian.apps.capture.events import Event, photo_digests
from pinlian.apps.capture.models import TradeItem
from pinlian.apps.capture.photos import hold_photos
from pinlian.apps.epcis.facade import CaptureInvalid, capture_signed, fact_body
from pinlian.apps.people.facade import address_of, device_keys_of
from pinlian.apps.trace.facade import admit, lot_body
from pinlian.domain.refusals import Refusal, Refused
from pinlian.gs1.epc import link_of
from pinlian.record.facade import Fact, append, domain

EVENT_KIND = "epcis_event"
LOT_KIND = "lot"
FACTS_MAX = 1_000
"""Of one request: a table may have 500 rows, and each may bring a new lot into being."""


def to_sign(person_id: int, account: str, events: Sequence[Event]) -> dict[str, Any]:
    """The facts that the device has to sign, and for which record: what each new lot is, then the events.

    Args:
        account: the key that will sign; empty for the person's first.

    Raises:
        Refused: NOT_YOURS, the key is not the person's.
        CaptureInvalid: an event breaks a rule of EPCIS.
    """
    own = {key.address for key in device_keys_of(person_id)}
    signer = account or address_of(person_id)
    if signer not in own:
        raise Refused(Refusal.NOT_YOURS, "account")
    now = int(time.time())
    stated = [(LOT_KIND, body) for event in events for body in _new_lots(event)]
    stated += [(EVENT_KIND, fact_body(event, capturer=signer)) for event in events]
    return {
        "domain": domain().json(),
        "facts": [{"kind": kind, "time": now, "author": signer, "body": body} for kind, body in stated],
    }


def _new_lots(event: Event) -> Iterator[dict[str, Any]]:
    """What is said of each lot that the event brings into being."""
    rows = event["outputQuantityList"] if event["type"] == "TransformationEvent" else event.get("quantityList", ())
    if "errorDeclaration" in event or event.get("action", "ADD") != "ADD":
        return
    for row in rows:
        link = link_of(row["epcClass"])
        item = TradeItem.objects.filter(pk=link.key).first() if link is not None else None
        if item is not None:
            product = {"product": item.product_id} if item.product_id else {}
            yield lot_body(row["epcClass"], name=item.name_zh, made_at=event["bizLocation"]["id"], **product)


def put_on_record(person_id: int, facts: Any) -> int:
    """Record what a person's device signed; how many facts. They are kept when it returns. Again, it changes nothing.

    Raises:
        Refused: MALFORMED, OVERSIZED, NOT_YOURS, or what the record refuses.
    """
    if not isinstance(facts, list) or not facts:
        raise Refused(Refusal.MALFORMED, "facts")
    if len(facts) > FACTS_MAX:
        raise Refused(Refusal.OVERSIZED, "facts", f"at most {FACTS_MAX}")
    try:
        signed = [Fact(**fields) for fields in facts]
    except TypeError as error:
        raise Refused(Refusal.FACT_MALFORMED, None, str(error)) from error
    own = {key.address for key in device_keys_of(person_id)}
    for fact in signed:
        if fact.kind not in (EVENT_KIND, LOT_KIND):
            raise Refused(Refusal.FACT_KIND_NOT_ADMITTED, "kind")
        if not isinstance(fact.author, str) or fact.author not in own:
            raise Refused(Refusal.NOT_YOURS, "author")
        if not isinstance(fact.body, dict):
            raise Refused(Refusal.FACT_MALFORMED, "body")
        if fact.kind == LOT_KIND:
            admit(fact)
    events = [fact for fact in signed if fact.kind == EVENT_KIND]
    if not hold_photos({digest for fact in events for digest in photo_digests(fact.body.get("event"))}):
        raise Refused(Refusal.MALFORMED, "photo", "no such photograph is kept here any more")
    # The events first: they may be refused. Whoever is cut off here sends it all again.
    try:
        capture_signed(events, owner_id=person_id)
    except CaptureInvalid as error:
        raise Refused(Refusal.FACT_MALFORMED, "facts", str(error)) from error
    append([fact for fact in signed if fact.kind == LOT_KIND])
    return len(signed)
