"""What the apps know of the things that codes name, as links for the resolver (settings.RESOLVER_SOURCES).

A new kind of thing with a page gets a function here.
"""

from urllib.parse import quote

from django.urls import reverse

from pinlian.apps.capture.facade import contents, trade_items
from pinlian.apps.market.facade import product
from pinlian.apps.resolver.facade import Link, LinkType
from pinlian.apps.trace.facade import lot_is_known, recalls_of
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
    """The lots in a box; where there are several things in it, a scan leads to the list of them."""
    if identifier.key_ai != "00":
        return []
    epc = identifier.epc()
    inside = list(dict.fromkeys(content.thing for content in contents([epc]).get(epc, [])))
    links = [
        Link(
            LinkType.TRACEABILITY.value,
            thing.path,
            f"{thing.name} {thing.number}".strip(),
            _BOTH_LANGUAGES,
            is_default=len(inside) == 1,
        )
        for thing in inside
    ]
    if len(inside) > 1:
        list_of_all, kind = f"{identifier.path()}?linkType=linkset", LinkType.CONTENTS
        links.append(Link(kind.value, list_of_all, str(kind.label), _BOTH_LANGUAGES, is_default=True))
    return [*links, _events_link(epc)] if links else []


def product_links(identifier: DigitalLink) -> list[Link]:
    """The shop that sells the product."""
    if identifier.key_ai != "01" or identifier.qualifiers:
        return []
    item = trade_items([identifier.key]).get(identifier.key)
    sold = product(item.product_id) if item and item.product_id else None
    if sold is None:
        return []
    page = reverse("market:shop", args=[sold.merchant_id])
    return [Link(LinkType.PRODUCT_PAGE.value, page, sold.name, _BOTH_LANGUAGES, is_default=True)]


def _events_link(epc: str) -> Link:
    """The events that name a thing, for programs (EPCIS 2.0)."""
    kind = LinkType.EVENTS
    return Link(kind.value, f"/epcis/epcs/{quote(epc, safe='')}/events", str(kind.label), media_type="application/json")
