"""What people and programs state about goods, and the scans of codes. Facts go to the record; scans stay here."""

import hashlib
import hmac
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.conf import settings
from django.db import transaction

from pinlian.apps.people import facade as people
from pinlian.apps.trace import selectors
from pinlian.apps.trace.bodies import BodyT, CertificateBody, LotBody, PlaceBody, RecallBody, make
from pinlian.apps.trace.examination import FACTS_PER_STEP_MAX, examine_step
from pinlian.apps.trace.models import Scan, ScanCount
from pinlian.apps.trace.records import RecallCard, RecallView
from pinlian.apps.trace.selectors import examined
from pinlian.record import facade as record

Sign = Callable[[str, int, dict[str, Any]], record.Fact]
"""Makes the fact of a kind, a time and a body. Without one, the instance's keeper signs."""

SCANS_KEPT = 200
"""Of each code, the newest."""
SCAN_GRID_MICRODEGREES = 100_000
"""Where a scan was is kept to a tenth of a degree, about ten kilometres."""
DAY_SECONDS = 86_400

_BODIES: dict[str, type[LotBody | PlaceBody | CertificateBody | RecallBody]] = {
    "lot": LotBody,
    "place": PlaceBody,
    "certificate": CertificateBody,
    "recall": RecallBody,
}

CANONICAL_STEM = "https://id.gs1.org"
"""What canonical EPCs begin with; the rest is a path that this instance resolves."""


def place_body(epc: str, **said: Any) -> dict[str, Any]:
    """The body of the fact that describes a place; see bodies.PlaceBody. Raises Refused: MALFORMED."""
    return _body(PlaceBody, {"epc": epc, **said})


def lot_body(epc: str, **said: Any) -> dict[str, Any]:
    """The body of the fact that describes a lot; see bodies.LotBody. Raises Refused: MALFORMED."""
    return _body(LotBody, {"epc": epc, **said})


def certificate_body(certificate_id: str, **said: Any) -> dict[str, Any]:
    """The body of the fact that describes a certificate; see bodies.CertificateBody. Raises Refused: MALFORMED."""
    return _body(CertificateBody, {"id": certificate_id, **said})


def recall_body(epc: str, reason: str, *, is_start: bool = True) -> dict[str, Any]:
    """The body of the fact that calls a lot back, or no longer. Raises Refused: MALFORMED."""
    return _body(RecallBody, {"epc": epc, "reason": reason, "action": "start" if is_start else "end"})


def admit(fact: record.Fact) -> None:
    """Whether anybody may put this fact about goods into the record: whether it says something that is read.

    Raises:
        Refused: MALFORMED, with the first field at fault.
    """
    make(_BODIES[fact.kind], fact.body)


def state(kind: str, body: dict[str, Any], sign: Sign | None = None, *, at: int | None = None) -> int:
    """Put a fact into the record; its index. The read model has it a moment later.

    Args:
        at: by the author's clock, Unix seconds; now, if absent.

    Raises:
        Refused: see record.facade.append.
    """
    when = int(time.time()) if at is None else at
    return record.state(kind, when, body) if sign is None else record.append([sign(kind, when, body)])[0]


def recall(epc: str, reason: str, *, sign: Sign | None = None, at: int | None = None) -> RecallCard:
    """Call a lot back: state it, and tell everybody who ordered any of it or handed it out.

    Raises:
        Refused: MALFORMED, and see record.facade.append.
    """
    body = recall_body(epc, reason)
    when = int(time.time()) if at is None else at
    index = state("recall", body, sign, at=when)
    fact = record.fact_at(index).fact
    view = RecallView(body["epc"], body["reason"], when, fact.author, index)
    card = selectors.recall_card(view)
    tell(card)
    return card


def end_recall(epc: str, reason: str, *, sign: Sign | None = None, at: int | None = None) -> int:
    """Say that a lot is no longer called back; the index of the fact."""
    return state("recall", recall_body(epc, reason, is_start=False), sign, at=at)


def tell(card: RecallCard) -> int:
    """Send a notice of a recall to every buyer, leader and merchant it reaches, once; how many are new."""
    name = _name(card.recall.epc)
    words = {"name": name, "reason": card.recall.reason, "path": card.recall.epc.removeprefix(CANONICAL_STEM)}
    known = selectors.groups(card.groups)

    def tell_some(group_id: str, accounts: Iterable[str]) -> int:
        told = {**words, "group": group_id}
        reference = f"{card.recall.index}:{group_id}"
        persons = set(people.person_ids_of(set(accounts)).values())
        return people.notify(people.NewNotice(person, "recall", reference, told) for person in sorted(persons))

    count = 0
    for group_id in card.groups:
        if group_id in known:
            group = known[group_id]
            count += tell_some(group_id, (group.leader, group.offer.merchant))
        for page in selectors.pages_of_orders(group_id):
            count += tell_some(group_id, (member.buyer for member in page))
    return count


def tell_of_recalls() -> int:
    """Send the notices that are still due: of lots that went further since they were called back."""
    return sum(tell(selectors.recall_card(view)) for view in selectors.open_recalls())


def watch_step() -> bool:
    """Examine what is new in the record, and tell of recalls that it widens; whether there was anything.

    Whoever is killed while telling tells again: what was new is examined only when everybody was told.
    """
    until = record.followed()
    if until - examined() <= FACTS_PER_STEP_MAX and until > examined():
        tell_of_recalls()
    return examine_step(until)


def note_scan(epc: str, position: tuple[int, int] | None, at: int, *, visitor: str = "") -> None:
    """Count a scan of a code.

    Args:
        position: where, in microdegrees; kept only to SCAN_GRID_MICRODEGREES.
        at: Unix seconds.
        visitor: a token of the visit, such as a random cookie; the same one counts once a day and is not kept.
    """
    mark = _mark(visitor, epc, at)
    with transaction.atomic():
        count, is_new = ScanCount.objects.select_for_update().get_or_create(
            epc=epc, defaults={"first_at": at, "last_at": at}
        )
        if not is_new and mark and Scan.objects.filter(epc=epc, visitor=mark).exists():
            return
        latitude, longitude = (None, None) if position is None else map(_rounded, position)
        Scan.objects.create(
            epc=epc, at=at, latitude_microdegrees=latitude, longitude_microdegrees=longitude, visitor=mark
        )
        old = Scan.objects.filter(epc=epc).order_by("-at", "-id")[SCANS_KEPT:]
        Scan.objects.filter(pk__in=[row.pk for row in old]).delete()
        count.count += 1
        count.first_at, count.last_at = min(count.first_at, at), max(count.last_at, at)
        if not count.suspected_at and selectors.scans(epc).findings:
            count.suspected_at = at
        count.save()


def _body(model: type[BodyT], said: Mapping[str, Any]) -> dict[str, Any]:
    return make(model, dict(said)).as_json()


def _name(epc: str) -> str:
    lot = selectors.lots([epc]).get(epc)
    return lot.name if lot else epc


def _rounded(microdegrees: int) -> int:
    return round(microdegrees / SCAN_GRID_MICRODEGREES) * SCAN_GRID_MICRODEGREES


def _mark(visitor: str, epc: str, at: int) -> str:
    if not visitor:
        return ""
    told = f"{at // DAY_SECONDS}\n{epc}\n{visitor}".encode()
    return hmac.new(settings.SECRET_KEY.encode(), b"scan\n" + told, hashlib.sha256).hexdigest()[:32]
