"""What other apps, pages and commands may ask of capturing."""

import threading
from datetime import date
from hashlib import sha256

from django.conf import settings

from pinlian.apps.capture import numbering, services
from pinlian.apps.capture.events import Amount, Event, Scene, harvested, measured, packed, received, shipped
from pinlian.apps.capture.numbering import new_sscc, unit_epc
from pinlian.apps.capture.photos import keep_photo, photo_url, photos_kept
from pinlian.apps.capture.selectors import (
    ItemView,
    SiteView,
    contents,
    item_view,
    sites,
    sites_of_person,
    trade_items,
)
from pinlian.apps.capture.sensor_listener import SensorListener
from pinlian.apps.capture.services import add_site
from pinlian.apps.capture.tidying import Tidying
from pinlian.domain.refusals import Refusal, Refused

__all__ = [
    "Amount",
    "Event",
    "ItemView",
    "Scene",
    "SiteView",
    "Tidying",
    "add_site",
    "contents",
    "harvested",
    "keep_photo",
    "listen_to_sensors",
    "measured",
    "new_sscc",
    "next_lot",
    "packed",
    "photo_url",
    "photos_kept",
    "received",
    "shipped",
    "sites",
    "sites_of_person",
    "trade_item_of_product",
    "trade_items",
    "unit_epc",
]


def trade_item_of_product(product_id: int, person_id: int) -> ItemView:
    """The goods that a product of the market is, allotted a GTIN for `person_id`, its seller, the first time."""
    return item_view(services.item_of_product(product_id, person_id))


def next_lot(gtin: str, day: date) -> str:
    """The next lot number of these goods (GTIN-14) on a day; no two calls get the same."""
    return numbering.next_lot(gtin, day)


def listen_to_sensors(stop: threading.Event) -> None:
    """Record what sensors send to the broker of settings.PINLIAN_MQTT_URL, until `stop` is set.

    Raises:
        Refused: UNAVAILABLE, no broker is set.
    """
    if not settings.PINLIAN_MQTT_URL:
        raise Refused(Refusal.UNAVAILABLE, None, "set PINLIAN_MQTT_URL, such as mqtt://localhost:1883")
    # The same for the same instance, so that the broker keeps what comes while nobody listens.
    name = sha256(str(settings.PINLIAN_HOME).encode()).hexdigest()[:12]
    SensorListener(settings.PINLIAN_MQTT_URL, f"pinlian-{name}").run(stop)
