"""Reading what capturing knows: places, goods, and what is where."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pinlian.apps.capture.models import Holding, Site, TradeItem, UnitContent
from pinlian.apps.capture.quantities import quantity_words
from pinlian.apps.epcis.facade import events_touching
from pinlian.apps.people.facade import addresses_of
from pinlian.gs1.epc import link_of, place_epc

HELD_MAX = 300
RECORDED_MAX = 40


@dataclass(frozen=True, slots=True)
class SiteView:
    """A place. Coordinates are millionths of a degree."""

    gln: str
    name: str
    kind: str
    region: str
    latitude_microdegrees: int | None
    longitude_microdegrees: int | None


@dataclass(frozen=True, slots=True)
class ItemView:
    """Goods that lots are of.

    Attributes:
        gtin: 14 digits.
        name: in the active language.
        names: in every language.
        product_id: of the market, if they are sold here.
        piece_grams: what one piece weighs, if that was said.
    """

    gtin: str
    name: str
    names: frozenset[str] = frozenset()
    product_id: int | None = None
    piece_grams: int | None = None


@dataclass(frozen=True, slots=True)
class Thing:
    """A lot or a logistic unit in words.

    Attributes:
        name: of the goods; empty for a unit and for goods that are not known here.
        number: the lot's or the unit's.
        is_unit: whether it is a logistic unit.
        path: of its page on this site.
    """

    epc: str
    name: str
    number: str
    is_unit: bool
    gtin: str | None
    path: str


@dataclass(frozen=True, slots=True)
class Held:
    """So much of a thing at a place. `key` names this row in forms."""

    key: str
    thing: Thing
    gln: str
    quantity: Decimal
    uom: str
    contents: tuple["Content", ...]
    changed_at_us: int


@dataclass(frozen=True, slots=True)
class Recorded:
    """An event that somebody put on record: its step in CBV's word, Unix seconds, and what it is about."""

    event: dict[str, Any]
    step: str
    at: int
    things: tuple[Thing, ...]


@dataclass(frozen=True, slots=True)
class Content:
    """So much of a lot in a unit."""

    thing: Thing
    quantity: Decimal
    uom: str


def site_view(site: Site) -> SiteView:
    return SiteView(
        site.gln, site.name, site.kind, site.region, site.latitude_microdegrees, site.longitude_microdegrees
    )


def item_view(item: TradeItem) -> ItemView:
    names = frozenset({item.name_zh, item.name_en} - {""})
    return ItemView(item.gtin, item.name, names, item.product_id, item.piece_grams)


def sites_of_person(person_id: int) -> list[SiteView]:
    return [site_view(site) for site in Site.objects.filter(person_id=person_id)]


def sites(glns: Collection[str]) -> dict[str, SiteView]:
    """Places by their numbers; those that are not known here are absent."""
    return {site.gln: site_view(site) for site in Site.objects.filter(pk__in=set(glns))}


def destinations(person_id: int) -> list[SiteView]:
    """Where goods can be sent: every place but the person's own first; own ones last."""
    found = sorted(Site.objects.all()[:HELD_MAX], key=lambda site: (site.person_id == person_id, site.name))
    return [site_view(site) for site in found]


def trade_items(gtins: Collection[str]) -> dict[str, ItemView]:
    """Goods by GTIN-14; those that are not known here are absent."""
    return {item.gtin: item_view(item) for item in TradeItem.objects.filter(pk__in=set(gtins))}


def things(epcs: Collection[str]) -> dict[str, Thing]:
    """What these canonical EPCs are, in words."""
    links = {epc: link_of(epc) for epc in set(epcs)}
    items = trade_items({link.key for link in links.values() if link is not None and link.key_ai == "01"})
    found = {}
    for epc, link in links.items():
        path = epc.removeprefix("https://id.gs1.org") if link else ""
        if link is not None and link.key_ai == "01":
            item = items.get(link.key)
            number = "/".join(value for _ai, value in link.qualifiers)
            found[epc] = Thing(epc, item.name if item else link.key, number, False, link.key, path)
        else:
            found[epc] = Thing(epc, "", link.key if link else epc, True, None, path)
    return found


def held_by(person_id: int, *, gln: str | None = None, epcs: Collection[str] | None = None) -> list[Held]:
    """What the person has by the person's own word, newest first; at one place or at all, of these things or all."""
    accounts = addresses_of(person_id)
    own = {place_epc(site.gln): site.gln for site in Site.objects.filter(person_id=person_id)}
    places = [place for place, number in own.items() if gln in (None, number)]
    held = Holding.objects.filter(author__in=accounts, place__in=places, quantity__gt=0)
    if epcs is not None:
        held = held.filter(epc__in=set(epcs))
    rows = list(held.order_by("-changed_at_us", "pk")[:HELD_MAX])
    inside = contents({row.epc for row in rows}, own=accounts)
    named = things({row.epc for row in rows})
    return [
        Held(
            key=str(row.pk),
            thing=named[row.epc],
            gln=own[row.place],
            quantity=row.quantity,
            uom=row.uom,
            contents=tuple(inside.get(row.epc, ())),
            changed_at_us=row.changed_at_us,
        )
        for row in rows
    ]


def recorded_by(person_id: int) -> list[Recorded]:
    """What the person recorded lately, newest first, without what was taken back."""
    accounts = set(addresses_of(person_id))
    touched = Holding.objects.filter(author__in=accounts).order_by("-changed_at_us", "pk")[:RECORDED_MAX]
    rows = [row for row in events_touching({row.epc for row in touched}) if row.author in accounts]
    taken_back = {row.event["eventID"] for row in rows if row.declares_error}
    found = [row for row in rows if row.event["eventID"] not in taken_back and row.biz_step != "sensor_reporting"]
    newest = sorted(found, key=lambda row: row.index, reverse=True)[:RECORDED_MAX]
    named = things({row.epc for event in newest for row in event.epcs})
    return [
        Recorded(
            event=row.event,
            step=row.biz_step or "",
            at=row.event_time_us // 1_000_000,
            things=tuple(dict.fromkeys(named[part.epc] for part in row.epcs)),
        )
        for row in newest
    ]


def contents(units: Collection[str], *, own: Collection[str] = ()) -> dict[str, list[Content]]:
    """What is in logistic units: by the word of whoever packed them, less what `own` accounts took out.

    Others may claim what they like of somebody's box: whoever spoke of it first packed it, unless `own` accounts did.
    """
    said: dict[str, dict[str, list[UnitContent]]] = defaultdict(lambda: defaultdict(list))
    for row in UnitContent.objects.filter(unit__in=set(units)).order_by("since_index", "pk"):
        said[row.unit][row.author].append(row)
    inside: dict[str, dict[tuple[str, str], Decimal]] = {}
    for unit, by_author in said.items():
        ours = [row for author in by_author if author in own for row in by_author[author]]
        # What was taken out of a box that others packed is below zero by one's own word.
        packed = [] if any(row.quantity >= 0 for row in ours) else next(iter(by_author.values()))
        inside[unit] = defaultdict(Decimal)
        for row in {row.pk: row for row in [*ours, *packed]}.values():
            inside[unit][row.epc, row.uom] += row.quantity
    named = things({epc for amounts in inside.values() for epc, _uom in amounts})
    return {
        unit: [Content(named[epc], quantity, uom) for (epc, uom), quantity in sorted(amounts.items()) if quantity > 0]
        for unit, amounts in inside.items()
    }


def amount_words(content: Content) -> str:
    """`Mountain pak choi 20261122-01 · 12.5 kg`."""
    return f"{content.thing.name} {content.thing.number} · {quantity_words(content.quantity, content.uom)}"
