"""What codes that name no lot lead to: the lots of a product, in a box, and lately at a place."""

import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet
from django.utils.functional import Promise

from pinlian.apps.epcis.facade import EventRow, epc_is_known, events_at, query
from pinlian.apps.market import facade as market
from pinlian.apps.trace.bodies import CertificateBody
from pinlian.apps.trace.lot_page import STEP_WORDS
from pinlian.apps.trace.models import Certificate, Lot
from pinlian.apps.trace.reading import Store
from pinlian.apps.trace.records import CertificateView, LotView
from pinlian.apps.trace.selectors import is_lot, lots, places, recalls_of
from pinlian.domain.traceability.walk import Relation, contents, walk
from pinlian.gs1.epc import link_of, product_epc

LOTS_MAX = 30
EVENTS_AT_PLACE_MAX = 60
CERTIFICATES_MAX = 50
_US = 1_000_000


@dataclass(frozen=True, slots=True)
class LotLine:
    """A lot in a list.

    Attributes:
        name: as its author describes it; empty if nobody does.
        at: Unix seconds, of what happened last there; None where that is not asked.
        step: icon and word of it.
        is_recalled: it is called back now.
        is_gone: it was in the box, and is no longer.
    """

    gtin: str
    number: str
    name: str
    at: int | None = None
    step: tuple[str, Promise | str] = ("package", "")
    is_recalled: bool = False
    is_gone: bool = False


def product_is_known(gtin: str) -> bool:
    """Whether anybody described a lot of these goods (GTIN-14)."""
    return _lots_of(gtin).exists()


def place_is_known(epc: str) -> bool:
    """Whether anybody described this very place or part of one, or recorded an event there."""
    described = places([epc]).get(epc)
    return (described is not None and described.epc == epc) or bool(_events_at(epc, 1))


def box_is_known(epc: str) -> bool:
    """Whether anybody recorded an event about this logistic unit."""
    return epc_is_known(epc)


def lots_of_product(gtin: str) -> tuple[list[LotLine], market.ProductView | None]:
    """The newest lots of these goods (GTIN-14), and the product that they are, if its own merchant says so."""
    newest = list(_lots_of(gtin).order_by("-first_index").values_list("epc", flat=True)[:LOTS_MAX])
    views = lots(newest)
    product = next(filter(None, (_product_of(views[epc]) for epc in newest)), None)
    return _lines(newest, views), product


def lots_at_place(epc: str) -> list[LotLine]:
    """The lots of which something was recorded at a place lately, also in boxes, the newest first, with what happened
    last."""
    last: dict[str, EventRow] = {}
    boxes: dict[str, EventRow] = {}
    for row in sorted(_events_at(epc, EVENTS_AT_PLACE_MAX), key=lambda row: (-row.event_time_us, -row.index)):
        for named in row.epcs:
            (last if is_lot(named.epc) else boxes).setdefault(named.epc, row)
    at_time = {row.event_time_us: row for row in boxes.values()}
    in_boxes = contents({box: row.event_time_us for box, row in boxes.items()}, Store().fetch)
    for thing, time_us in in_boxes.items():
        if is_lot(thing) and (thing not in last or last[thing].event_time_us < time_us):
            last[thing] = at_time[time_us]
    newest = sorted(last, key=lambda name: -last[name].event_time_us)[:LOTS_MAX]
    return _lines(newest, lots(newest), last)


def lots_in_box(epc: str) -> list[LotLine]:
    """The lots that are in a logistic unit, also within other units, and those that were in it before."""
    store = Store()
    now = contents({epc: int(time.time()) * _US}, store.fetch)
    ever = walk(epc, store.fetch, forward=False).epcs(Relation.CONTENT)
    found = [name for name in dict.fromkeys([*now, *ever]) if is_lot(name)]
    return _lines(found, lots(found), gone={name for name in found if name not in now})


def certificates_of_place(epc: str) -> list[CertificateView]:
    """The certificates that name this place, those that are valid longest first."""
    rows = Certificate.objects.filter(body__places__icontains=epc).order_by("-index")[:CERTIFICATES_MAX]
    views = [
        CertificateView(row.id, row.author, row.index, CertificateBody.model_validate(row.body), ()) for row in rows
    ]
    return sorted(
        (view for view in views if epc in view.body.places), key=lambda view: view.body.valid_until, reverse=True
    )


def _lots_of(gtin: str) -> QuerySet[Lot]:
    return Lot.objects.filter(epc__startswith=f"{product_epc(gtin)}/10/")


def _events_at(epc: str, limit: int) -> list[EventRow]:
    """The newest events on record that name a place as where they were read, or where the goods then are."""
    indices: set[int] = set()
    for field in ("EQ_readPoint", "EQ_bizLocation"):
        asked = {field: [epc], "orderBy": "recordTime", "orderDirection": "DESC"}
        indices.update(event.index for event in query(asked, per_page=limit).events)
    rows = events_at(sorted(indices)[-limit:])
    return [row for row in rows if not row.declares_error and row.declared_wrong_by is None]


def _product_of(lot: LotView) -> market.ProductView | None:
    """Anybody may say that a lot is of a product: only its merchant is believed."""
    product = market.product(lot.body.product) if lot.body.product is not None else None
    merchant = market.merchants_of([lot.author]).get(lot.author)
    return product if product and merchant and product.merchant_id == merchant.id else None


def _lines(
    epcs: Iterable[str],
    views: dict[str, LotView],
    last: dict[str, EventRow] | None = None,
    *,
    gone: Iterable[str] = (),
) -> list[LotLine]:
    names = list(epcs)
    recalled = {recall.epc for recall in recalls_of(names)}
    lines = []
    for epc in names:
        link = link_of(epc)
        if link is None or [ai for ai, _value in link.qualifiers] != ["10"]:
            continue
        row = last.get(epc) if last else None
        lines.append(
            LotLine(
                gtin=link.key,
                number=link.qualifiers[0][1],
                name=views[epc].name if epc in views else "",
                at=row.event_time_us // _US if row else None,
                step=STEP_WORDS.get(row.biz_step, ("circle-check", row.biz_step)) if row else ("package", ""),
                is_recalled=epc in recalled,
                is_gone=epc in gone,
            )
        )
    return lines
