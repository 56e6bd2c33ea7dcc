"""What the apps know of the things that codes name, as links for the resolver (settings.RESOLVER_SOURCES).

A new kind of thing with a page gets a function here.
"""

from urllib.parse import quote

from django.urls import reverse
from django.utils.translation import gettext as _

from pinlian.apps.capture.facade import trade_items
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
    page = f"/lots/{identifier.key}/{quote(identifier.qualifiers[0][1], safe='')}/"
    links = [
        Link(LinkType.TRACEABILITY.value, page, _("Origin and way of the goods"), _BOTH_LANGUAGES, is_default=True)
    ]
    links += [Link(LinkType.RECALL.value, page, recall.reason, _BOTH_LANGUAGES) for recall in recalls_of([epc])]
    return links


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
