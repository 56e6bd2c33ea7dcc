"""Reading the origin of goods."""

from collections.abc import Iterable, Iterator

from pinlian.apps.epcis.facade import epc_is_known
from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.trace.bodies import CertificateBody, LotBody, PlaceBody
from pinlian.apps.trace.captured import destinations_of
from pinlian.apps.trace.models import (
    Certificate,
    Examination,
    ExaminationCursor,
    GroupLink,
    Lot,
    Place,
    Recall,
    ScanCount,
    rows_of,
)
from pinlian.apps.trace.models import Finding as FindingRow
from pinlian.apps.trace.models import Scan as ScanRow
from pinlian.apps.trace.reading import Store
from pinlian.apps.trace.records import (
    BalanceView,
    CertificateView,
    History,
    LotView,
    PlaceView,
    ReadingView,
    RecallCard,
    RecallView,
    ScanView,
    ThingView,
)
from pinlian.domain.traceability.certificates import subject_of
from pinlian.domain.traceability.copied_codes import Scan, scan_findings
from pinlian.domain.traceability.event import BizStep, site
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity
from pinlian.domain.traceability.position import Position, position_of_uri
from pinlian.domain.traceability.walk import Relation, Walk, contents, walk
from pinlian.record import facade as record

PAGE_SIZE = 50
MEMBERS_PER_PAGE = 500

_OF_THE_GOODS = (Relation.SUBJECT, Relation.ORIGIN, Relation.CONTENT, Relation.CARRIER)
_OF_THE_RECALL = (Relation.SUBJECT, Relation.PRODUCT)


def lot_is_known(epc: str) -> bool:
    """Whether anybody described this lot or recorded an event about it."""
    return Lot.objects.filter(pk=epc).exists() or epc_is_known(epc)


def lots(epcs: Iterable[str]) -> dict[str, LotView]:
    """Those of these lots that somebody described."""
    return {row.epc: _lot_view(row) for row in rows_of(Lot, "epc", epcs)}


def places(epcs: Iterable[str]) -> dict[str, PlaceView]:
    """Those of these places that somebody described; a part of a place is found by the place."""
    wanted = {epc: site(epc) for epc in epcs if epc}
    rows = {row.epc: _place_view(row) for row in rows_of(Place, "epc", {*wanted, *wanted.values()})}
    found = {epc: rows.get(epc) or rows.get(whole) for epc, whole in wanted.items()}
    return {epc: view for epc, view in found.items() if view is not None}


def positions(epcs: Iterable[str]) -> dict[str, Position]:
    """Where places are, of those that somebody gave a position."""
    known = places(epcs).items()
    return {epc: view.body.position for epc, view in known if view.body.position is not None}


def history(epc: str, *, back: bool = True, forward: bool = True) -> History:
    """The way of a thing, through every transformation and container (domain.traceability.walk says how far).

    Args:
        epc: canonical.
        back: what it was made of, and what was packed in it.
        forward: what was made of it.
    """
    store = Store()
    way = walk(epc, store.fetch, back=back, forward=forward)
    known_lots = lots(way.nodes)
    certificates = _certificates(known_lots.values())
    goods = way.epcs(*_OF_THE_GOODS)
    subjects = [*goods, *(subject_of(certificate.id) for certificate in certificates)]
    recalls = recalls_of(goods)
    known_places = places(_places_named(way, known_lots.values()))
    events = tuple(store.view(event) for event in way.events)
    own = Examination.objects.filter(pk=epc).first()
    cited: list[LotView | PlaceView | CertificateView | RecallView] = [
        *known_lots.values(),
        *known_places.values(),
        *certificates,
        *recalls,
    ]
    return History(
        subject=epc,
        things=tuple(
            ThingView(node.epc, node.relation, node.level, known_lots.get(node.epc)) for node in way.nodes.values()
        ),
        edges=way.edges,
        events=events,
        taken_back=tuple(store.view(event) for event in way.taken_back),
        places=known_places,
        certificates=tuple(certificates),
        readings=tuple(ReadingView(reading, event.index) for event in way.events for reading in event.readings),
        findings=tuple(stored_findings_of(subjects)),
        recalls=tuple(recalls),
        balances=tuple(BalanceView(**each) for each in own.balances) if own else (),
        groups=_groups_in(way),
        examined=max((event.index for event in way.events), default=-1) < examined(),
        is_whole=way.is_whole,
        indices=tuple(sorted({*(event.index for event in way.events), *(each.index for each in cited)})),
    )


def findings(epc: str) -> list[Finding]:
    """What does not fit about one thing: its events, its certificates, and the scans of its code."""
    described = lots([epc]).values()
    subjects = [epc, *(subject_of(certificate) for lot in described for certificate in lot.body.certificates)]
    return [*stored_findings_of(subjects), *scans(epc).findings]


def open_findings(
    *, severity_min: Severity = Severity.WARNING, limit: int = PAGE_SIZE, offset: int = 0
) -> list[Finding]:
    """What does not fit anywhere, the heaviest and newest first; for the operator."""
    rows = FindingRow.objects.filter(severity__gte=severity_min).order_by("-severity", "-id")
    return [_finding(row) for row in rows[offset : offset + limit]]


def suspected_codes(*, limit: int = PAGE_SIZE, offset: int = 0) -> list[ScanView]:
    """Codes whose scans do not fit together, the newest suspicion first; for the operator."""
    rows = ScanCount.objects.filter(suspected_at__gt=0).order_by("-suspected_at")
    return [scans(row.epc) for row in rows[offset : offset + limit]]


def stored_findings_of(subjects: Iterable[str]) -> list[Finding]:
    """What the examiner found about these, the heaviest first."""
    rows = rows_of(FindingRow, "subject", subjects)
    return [_finding(row) for row in sorted(rows, key=lambda row: (-row.severity, row.subject, row.kind, row.id))]


def examined() -> int:
    """Facts below this index are in the findings."""
    cursor = ExaminationCursor.objects.first()
    return cursor.next_index if cursor else 0


# --- Groups and recalls ---


def lots_of_group(group_id: str) -> list[str]:
    """The lots that were shipped for a group: those that events with its name are about, and what was packed in it."""
    packages: dict[str, int] = {}
    for name, time_us in GroupLink.objects.filter(group_id=group_id).values_list("epc", "time_us"):
        packages[name] = max(time_us, packages.get(name, time_us))
    found = contents(packages, Store().fetch)
    return sorted(name for name in found if is_lot(name))


def groups_of_lot(epc: str) -> tuple[str, ...]:
    """Every group that any of a lot was shipped for, as it is or made into something else."""
    return _groups_in(walk(epc, Store().fetch, back=False))


def is_lot(epc: str) -> bool:
    """Whether a name is of goods: a lot or one piece, not a container or a place."""
    return "/01/" in epc and ("/10/" in epc or "/21/" in epc or "/235/" in epc)


def recalls_of(epcs: Iterable[str]) -> list[RecallView]:
    """Those of these things that are called back now.

    Only its author's word about a lot counts, and the keeper's of this instance. The keeper can end what either began;
    what the keeper began, nobody else can end.
    """
    rows = rows_of(Recall, "epc", epcs)
    if not rows:
        return []
    keeper = f"0x{record.keeper().address.hex()}"
    authors = {row.epc: row.author for row in rows_of(Lot, "epc", {row.epc for row in rows})}
    began: dict[str, dict[str, Recall]] = {}
    for row in sorted(rows, key=lambda row: row.index):
        if row.author not in (keeper, authors.get(row.epc)):
            continue
        standing = began.setdefault(row.epc, {})
        if row.is_start:
            standing[row.author] = row
        elif row.author == keeper:
            standing.clear()
        else:
            standing.pop(row.author, None)
    newest = [max(standing.values(), key=lambda row: row.index) for standing in began.values() if standing]
    return [RecallView(row.epc, row.reason, row.at, row.author, row.index) for row in newest]


def open_recalls(*, limit: int = PAGE_SIZE) -> list[RecallView]:
    """What is called back now, newest first."""
    names = Recall.objects.filter(is_start=True).order_by("-index").values_list("epc", flat=True)
    return sorted(recalls_of(dict.fromkeys(names)), key=lambda view: -view.index)[:limit]


def recall_card(recall: RecallView) -> RecallCard:
    """All that a recall reaches, by the events recorded until now."""
    way = walk(recall.epc, Store().fetch, back=False)
    groups = _groups_in(way)
    return RecallCard(
        recall=recall,
        lots=tuple(name for name in way.epcs(*_OF_THE_RECALL, Relation.CONTENT) if is_lot(name)),
        groups=groups,
        orders=sum(1 for _ in orders_of_groups(groups)),
        is_whole=way.is_whole,
    )


def groups(group_ids: Iterable[str]) -> dict[str, groupbuy.GroupCard]:
    """Those of these groups that are on the chain."""
    return groupbuy.groups_by_id(set(group_ids))


def orders_of_groups(group_ids: Iterable[str]) -> Iterator[tuple[str, groupbuy.Member]]:
    """Every order in these groups that was not cancelled, with its group."""
    for group_id in group_ids:
        for page in pages_of_orders(group_id):
            yield from ((group_id, member) for member in page)


def pages_of_orders(group_id: str) -> Iterator[list[groupbuy.Member]]:
    """Every order in a group that was not cancelled, some at a time."""
    offset = 0
    while page := groupbuy.members(group_id, limit=MEMBERS_PER_PAGE, offset=offset):
        yield page
        offset += len(page)


# --- Scans ---


def scans(epc: str) -> ScanView:
    """What the scans of a code say."""
    row = ScanCount.objects.filter(pk=epc).first()
    if row is None:
        return ScanView(epc, 0, 0, 0)
    newest = [_scan(each) for each in ScanRow.objects.filter(epc=epc).order_by("at", "id")]
    is_single = "/10/" not in epc or "/21/" in epc
    # Where the lot was is asked only if somebody scanned its code somewhere.
    sent_to = [] if is_single or all(scan.position is None for scan in newest) else _where(epc)
    found = scan_findings(epc, newest, is_single=is_single, sent_to=sent_to)
    return ScanView(epc, row.count, row.first_at, row.last_at, tuple(newest), tuple(found))


def _where(epc: str) -> list[Position]:
    """Every place where a thing was or was sent to, or something made of it; arrivals are often not recorded.

    Empty if nobody says where one of these places is: then it may have been anywhere.
    """
    store = Store()
    way = walk(epc, store.fetch, back=False)
    sites = {event.site for event in way.events if event.biz_step != BizStep.SENSOR_REPORTING}
    sites |= {site(place) for event in way.events for place in destinations_of(store.view(event).captured)}
    known = {each: position for each in sites if (position := position_of_uri(each))} | positions(sites)
    if known.keys() < sites - {""}:
        return []
    points = [group.pickup for group in groups(_groups_in(way)).values() if group.pickup]
    of_points = [
        Position(point.latitude_microdegrees, point.longitude_microdegrees)
        for point in points
        if point.latitude_microdegrees is not None and point.longitude_microdegrees is not None
    ]
    return [*known.values(), *of_points]


def _scan(row: ScanRow) -> Scan:
    if row.latitude_microdegrees is None or row.longitude_microdegrees is None:
        return Scan(row.at, None)
    return Scan(row.at, Position(row.latitude_microdegrees, row.longitude_microdegrees))


# --- Rows ---


def _lot_view(row: Lot) -> LotView:
    return LotView(row.epc, row.author, row.index, LotBody.model_validate(row.body))


def _place_view(row: Place) -> PlaceView:
    return PlaceView(row.epc, row.author, row.index, PlaceBody.model_validate(row.body))


def _finding(row: FindingRow) -> Finding:
    return Finding(FindingKind(row.kind), Severity(row.severity), row.subject, dict(row.parameters), tuple(row.events))


def _certificates(of_lots: Iterable[LotView]) -> list[CertificateView]:
    lots_of: dict[str, list[str]] = {}
    for lot in of_lots:
        for certificate in lot.body.certificates:
            lots_of.setdefault(certificate, []).append(lot.epc)
    return [
        CertificateView(row.id, row.author, row.index, CertificateBody.model_validate(row.body), tuple(lots_of[row.id]))
        for row in sorted(rows_of(Certificate, "id", lots_of), key=lambda row: row.index)
    ]


def _places_named(way: Walk, of_lots: Iterable[LotView]) -> set[str]:
    named = {name for event in (*way.events, *way.taken_back) for name in (event.read_point, event.biz_location)}
    return {*named, *(lot.body.made_at for lot in of_lots if lot.body.made_at)} - {""}


def _groups_in(way: Walk) -> tuple[str, ...]:
    return tuple(dict.fromkeys(group for event in way.events for group in event.groups))
