"""What the apps know of the things that codes name, as links for the resolver (settings.RESOLVER_SOURCES).

A new kind of thing with a page gets a function here.
"""

from urllib.parse import quote

from django.urls import reverse

from pinlian.apps.capture.facade import trade_items
from pinlian.apps.market.facade import product
from pinlian.apps.resolver.facade import Link, LinkType
from pinlian.apps.trace.facade import (
    box_is_known,
    lot_is_known,
    lots_in_box,
    place_is_known,
    product_is_known,
    recalls_of,
)
from pinlian.gs1.digital_link import DigitalLink

_BOTH_LANGUAGES = ("zh", "en")


def lot_links(identifier: DigitalLink) -> list[Link]:
    """A lot's page with its origin and way, and again as the word on its recall if there is one."""
    if identifier.key_ai != "01" or [ai for ai, _value in identifier.qualifiers] != ["10"]:
        return []
    epc = identifier.epc()
    if not lot_is_known(epc):
        return []
    page = reverse("trace:lot", args=[identifier.key, identifier.qualifiers[0][1]])
    way = LinkType.TRACEABILITY
    links = [Link(way.value, page, str(way.label), _BOTH_LANGUAGES, is_default=True)]
    links += [Link(LinkType.RECALL.value, page, recall.reason, _BOTH_LANGUAGES) for recall in recalls_of([epc])]
    return [*links, _events_link(epc)]


def unit_links(identifier: DigitalLink) -> list[Link]:
    """The page of what is in a box, and the pages of the lots."""
    epc = identifier.epc()
    if identifier.key_ai != "00" or not box_is_known(epc):
        return []
    kind = LinkType.CONTENTS
    page = reverse("trace:box", args=[identifier.key])
    links = [Link(kind.value, page, str(kind.label), _BOTH_LANGUAGES, is_default=True)]
    for lot in lots_in_box(epc):
        if not lot.is_gone:
            way = reverse("trace:lot", args=[lot.gtin, lot.number])
            links.append(Link(LinkType.TRACEABILITY.value, way, f"{lot.name} {lot.number}".strip(), _BOTH_LANGUAGES))
    return [*links, _events_link(epc)]


def product_links(identifier: DigitalLink) -> list[Link]:
    """The newest lots of goods, and the shop that sells them. A scan leads to the shop while nobody described a lot."""
    if identifier.key_ai != "01" or identifier.qualifiers:
        return []
    links = []
    if product_is_known(identifier.key):
        kind = LinkType.TRACEABILITY
        page = reverse("trace:product", args=[identifier.key])
        links.append(Link(kind.value, page, str(kind.label), _BOTH_LANGUAGES, is_default=True))
    item = trade_items([identifier.key]).get(identifier.key)
    sold = product(item.product_id) if item and item.product_id else None
    if sold is not None:
        page = reverse("market:shop", args=[sold.merchant_id])
        links.append(Link(LinkType.PRODUCT_PAGE.value, page, sold.name, _BOTH_LANGUAGES, is_default=not links))
    return links


def place_links(identifier: DigitalLink) -> list[Link]:
    """The page of a place where goods are made, kept or handed on."""
    epc = identifier.epc()
    if identifier.key_ai != "414" or "7040" in dict(identifier.qualifiers) or not place_is_known(epc):
        return []
    kind = LinkType.LOCATION
    parts = [identifier.key, *(value for _ai, value in identifier.qualifiers)]
    page = reverse("trace:place", args=parts)
    events = _events_link(epc, "bizLocations")
    return [Link(kind.value, page, str(kind.label), _BOTH_LANGUAGES, is_default=True), events]


def _events_link(epc: str, named_as: str = "epcs") -> Link:
    """The events that name a thing, or happened at a place, for programs (EPCIS 2.0)."""
    kind = LinkType.EVENTS
    address = f"/epcis/{named_as}/{quote(epc, safe='')}/events"
    return Link(kind.value, address, str(kind.label), media_type="application/json")
