"""What other apps, pages and commands may ask of the origin of goods."""

from typing import Any

from pinlian.apps.trace.bodies import (
    CertificateBody,
    CertificateKind,
    LotBody,
    PlaceBody,
    PlaceKind,
    QuantityBody,
    RecallBody,
    TemperatureBody,
)
from pinlian.apps.trace.code_selectors import box_is_known, lots_in_box, place_is_known, product_is_known
from pinlian.apps.trace.examination import awaiting, examine_all
from pinlian.apps.trace.records import (
    BalanceView,
    CertificateView,
    EventView,
    History,
    LotView,
    PlaceView,
    ReadingView,
    RecallCard,
    RecallView,
    ScanView,
    ThingView,
)
from pinlian.apps.trace.selectors import (
    examined,
    findings,
    groups_of_lot,
    history,
    is_lot,
    lot_is_known,
    lots,
    lots_of_group,
    open_findings,
    open_recalls,
    orders_of_groups,
    places,
    recall_card,
    recalls_of,
    scans,
    suspected_codes,
)
from pinlian.apps.trace.services import (
    Sign,
    admit,
    certificate_body,
    end_recall,
    lot_body,
    note_scan,
    place_body,
    recall,
    recall_body,
    state,
    tell_of_recalls,
    watch_step,
)
from pinlian.apps.trace.stored import (
    ATTACHMENT_FACTS,
    CERTIFICATE_FACTS,
    GROUP_LINK_FACTS,
    LOT_CERTIFICATE_FACTS,
    LOT_FACTS,
    PLACE_FACTS,
    RECALL_FACTS,
    stored_attachments,
    stored_certificates,
    stored_group_links,
    stored_lot_certificates,
    stored_lots,
    stored_places,
    stored_recalls,
)
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity
from pinlian.domain.traceability.walk import Edge, EdgeKind, Relation

__all__ = [
    "ATTACHMENT_FACTS",
    "CERTIFICATE_FACTS",
    "GROUP_LINK_FACTS",
    "LOT_CERTIFICATE_FACTS",
    "LOT_FACTS",
    "PLACE_FACTS",
    "RECALL_FACTS",
    "BalanceView",
    "CertificateBody",
    "CertificateKind",
    "CertificateView",
    "Edge",
    "EdgeKind",
    "EventView",
    "Finding",
    "FindingKind",
    "History",
    "LotBody",
    "LotView",
    "PlaceBody",
    "PlaceKind",
    "PlaceView",
    "QuantityBody",
    "ReadingView",
    "RecallBody",
    "RecallCard",
    "RecallView",
    "Relation",
    "ScanView",
    "Severity",
    "Sign",
    "TemperatureBody",
    "ThingView",
    "admit",
    "awaiting",
    "box_is_known",
    "certificate_body",
    "end_recall",
    "examine_all",
    "examined",
    "findings",
    "groups_of_lot",
    "history",
    "is_lot",
    "lot_body",
    "lot_is_known",
    "lots",
    "lots_in_box",
    "lots_of_group",
    "note_scan",
    "open_findings",
    "open_recalls",
    "orders_of_groups",
    "place_body",
    "place_is_known",
    "places",
    "product_is_known",
    "recall",
    "recall_body",
    "recall_card",
    "recalls_of",
    "register_certificate",
    "register_lot",
    "register_place",
    "scans",
    "state",
    "stored_attachments",
    "stored_certificates",
    "stored_group_links",
    "stored_lot_certificates",
    "stored_lots",
    "stored_places",
    "stored_recalls",
    "suspected_codes",
    "tell_of_recalls",
    "watch_step",
]


def register_place(
    epc: str, *, position: tuple[int, int] | None = None, sign: Sign | None = None, at: int | None = None, **said: Any
) -> int:
    """Describe a place in the record; the index of the fact.

    Args:
        epc: canonical, or any form of it.
        position: latitude and longitude in microdegrees.
        sign: see services.Sign.
        at: Unix seconds; now, if absent.
        said: name, kind and what else bodies.PlaceBody has.

    Raises:
        Refused: MALFORMED names the field at fault; see record.facade.append.
    """
    if position is not None:
        said |= {"latitude_microdegrees": position[0], "longitude_microdegrees": position[1]}
    return state("place", place_body(epc, **said), sign, at=at)


def register_lot(epc: str, *, sign: Sign | None = None, at: int | None = None, **said: Any) -> int:
    """Describe a lot in the record; the index of the fact. `said`: name and what else bodies.LotBody has.

    Raises:
        Refused: MALFORMED names the field at fault; see record.facade.append.
    """
    return state("lot", lot_body(epc, **said), sign, at=at)


def register_certificate(certificate_id: str, *, sign: Sign | None = None, at: int | None = None, **said: Any) -> int:
    """Describe a certificate in the record; the index of the fact. `said`: what bodies.CertificateBody has.

    Raises:
        Refused: MALFORMED names the field at fault; see record.facade.append.
    """
    return state("certificate", certificate_body(certificate_id, **said), sign, at=at)
