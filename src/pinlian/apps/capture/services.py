"""What people set up for capturing: places, goods, and what was chosen last."""

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import override

from pinlian.apps.capture.models import LastChoices, Sensor, Site, SiteKind, TradeItem
from pinlian.apps.capture.numbering import new_gln, new_gtin
from pinlian.apps.capture.selectors import SiteView, site_view
from pinlian.apps.market.facade import merchant_of_person, product, products_of
from pinlian.apps.trace.facade import register_place
from pinlian.gs1.epc import place_epc
from pinlian.gs1.keys import gtin14


class GtinTaken(Exception):
    """Other goods have this GTIN already."""


def add_site(
    person_id: int,
    *,
    name: str,
    kind: str,
    region: str = "",
    latitude_microdegrees: int | None = None,
    longitude_microdegrees: int | None = None,
) -> SiteView:
    """Give a place of a person its number, and state in the record what it is: anyone can read that.

    Raises:
        NumbersUsedUp.
        Refused: UNAVAILABLE, there is no record yet.
    """
    with transaction.atomic():
        site = Site.objects.create(
            gln=new_gln(),
            person_id=person_id,
            name=name,
            kind=kind,
            region=region,
            latitude_microdegrees=latitude_microdegrees,
            longitude_microdegrees=longitude_microdegrees,
        )
        position = (
            (latitude_microdegrees, longitude_microdegrees)
            if latitude_microdegrees is not None and longitude_microdegrees is not None
            else None
        )
        register_place(place_epc(site.gln), position=position, name=name, kind=kind, region=region)
    return site_view(site)


def ensure_site(person_id: int) -> None:
    """Give a merchant who has no place yet the farm that the shop says it is."""
    if Site.objects.filter(person_id=person_id).exists():
        return
    merchant = merchant_of_person(person_id)
    if merchant is not None:
        add_site(person_id, name=merchant.name, kind=SiteKind.FARM, region=merchant.region)


def add_item(
    person_id: int, *, name_zh: str, name_en: str, gtin: str = "", piece_grams: int | None = None
) -> TradeItem:
    """Goods of a person, under their own GTIN or one that is allotted.

    Raises:
        GtinTaken, NumbersUsedUp.
        IdentifierError: `gtin` is none.
    """
    try:
        with transaction.atomic():
            return TradeItem.objects.create(
                gtin=gtin14(gtin) if gtin else new_gtin(),
                person_id=person_id,
                name_zh=name_zh,
                name_en=name_en,
                piece_grams=piece_grams,
            )
    except IntegrityError as error:
        raise GtinTaken(gtin) from error


def item_of_product(product_id: int, person_id: int) -> TradeItem:
    """The goods that a product of the market is; allotted a GTIN the first time it is asked for.

    Raises:
        NumbersUsedUp.
    """
    item = TradeItem.objects.filter(product_id=product_id).first()
    if item is not None:
        return item
    names = {}
    for language in ("zh-hans", "en"):
        with override(language):
            found = product(product_id)
        if found is None:
            raise LookupError(f"no product {product_id}")
        names[language] = found.name
    item, _ = TradeItem.objects.get_or_create(
        product_id=product_id,
        defaults={
            "gtin": new_gtin(),
            "person_id": person_id,
            "name_zh": names["zh-hans"],
            "name_en": names["en"],
        },
    )
    return item


def items_of_person(person_id: int) -> list[TradeItem]:
    """The goods of a person: the products of the shop, and what else was added."""
    merchant = merchant_of_person(person_id)
    known = set(TradeItem.objects.filter(person_id=person_id).values_list("product_id", flat=True))
    for sold in products_of(merchant.id, only_on_sale=True) if merchant else ():
        if sold.id not in known:
            item_of_product(sold.id, person_id)
    return list(TradeItem.objects.filter(person_id=person_id))


def register_sensor(person_id: int, *, serial: str, gln: str, watches: str = "") -> Sensor:
    """Listen to a sensor from now on; one that was removed before gets a new key.

    Args:
        watches: the canonical EPC that it travels with, if it does.
    """
    with transaction.atomic():
        said: dict[str, Any] = {"person_id": person_id, "site_id": gln, "watches": watches}
        sensor, is_new = Sensor.objects.select_for_update().get_or_create(serial=serial, defaults=said)
        if not is_new and sensor.revoked_at is not None:
            Sensor.objects.filter(pk=sensor.pk).update(
                **said, key_version=sensor.key_version + 1, revoked_at=None, last_celsius=None, last_measured_at=None
            )
            sensor.refresh_from_db()
    return sensor


def remember(person_id: int, step: str, **choices: Any) -> None:
    """What was chosen in a step, to begin with next time."""
    plain = {name: str(value) if isinstance(value, Decimal) else value for name, value in choices.items()}
    LastChoices.objects.update_or_create(person_id=person_id, step=step, defaults={"choices": plain})


def remembered(person_id: int, step: str) -> dict[str, Any]:
    """What was chosen in this step last; empty the first time."""
    found = LastChoices.objects.filter(person_id=person_id, step=step).values_list("choices", flat=True).first()
    return dict(found or {})
