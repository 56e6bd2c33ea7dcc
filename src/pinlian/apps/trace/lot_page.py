"""What the page behind a code shows of a lot: its history, in the order and the words in which people read it.

Whatever can be read in a fact carries the fact's index and where in its body it stands (`Said`), so that the reader's
device can hold the page against the record.
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from pinlian.apps.market import facade as market
from pinlian.apps.people import facade as people
from pinlian.apps.trace import selectors
from pinlian.apps.trace.bodies import CertificateKind, PlaceKind
from pinlian.apps.trace.captured import objects
from pinlian.apps.trace.drawings import TemperatureChart, temperature_chart
from pinlian.apps.trace.finding_texts import FindingWords, amount_words, finding_words
from pinlian.apps.trace.records import (
    CertificateView,
    EventView,
    History,
    LotView,
    PlaceView,
    ReadingView,
    RecallView,
    ScanView,
)
from pinlian.domain.traceability.event import Action, Event, EventType, site
from pinlian.domain.traceability.walk import Relation
from pinlian.gs1.epc import canonical_epc, link_of
from pinlian.gs1.epcis.terms import as_list
from pinlian.gs1.keys import IdentifierError
from pinlian.record import facade as record

FACTS_MAX = 200
"""Of one page: what one question for proofs takes."""
PHOTO_FIELD = "pinlian:photo"
SENSOR_STEP = "sensor_reporting"

_PHOTO = re.compile(r"ni:///sha-256;([A-Za-z0-9_-]{43})")
_LISTS = ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList")

STEP_WORDS: Mapping[str, tuple[str, Promise]] = {
    "commissioning": ("sprout", _("Made")),
    "packing": ("package", pgettext_lazy("goods", "Packed")),
    "unpacking": ("package-open", _("Unpacked")),
    "repackaging": ("package-open", _("Packed anew")),
    "shipping": ("truck", _("Sent on its way")),
    "consigning": ("truck", _("Sent on its way")),
    "loading": ("truck", _("Loaded")),
    "transporting": ("truck", _("On the road")),
    "receiving": ("package-check", _("Arrived")),
    "storing": ("store", _("Put in store")),
    "inspecting": ("list-checks", _("Inspected")),
    "retail_selling": ("shopping-basket", _("Sold")),
    "dispensing": ("shopping-basket", _("Handed out")),
    "destroying": ("x", _("Written off")),
    "decommissioning": ("x", _("Written off")),
}
"""Icon and word of what happened, by the steps of CBV."""

PLACE_WORDS: Mapping[PlaceKind, Promise] = {
    PlaceKind.FARM: _("Farm"),
    PlaceKind.PROCESSING: _("Packing and processing"),
    PlaceKind.CENTRE_WAREHOUSE: _("Central warehouse"),
    PlaceKind.GRID_WAREHOUSE: _("Neighbourhood warehouse"),
    PlaceKind.PICKUP_POINT: _("Pickup point"),
    PlaceKind.COLD_STORE: _("Cold store"),
    PlaceKind.OTHER: pgettext_lazy("a place", "Other"),
}

CERTIFICATE_WORDS: Mapping[CertificateKind, Promise] = {
    CertificateKind.ORGANIC: _("Organic"),
    CertificateKind.GREEN_FOOD: _("Green food"),
    CertificateKind.GEOGRAPHICAL_INDICATION: _("Geographical indication"),
    CertificateKind.CONFORMITY: _("Certificate of conformity"),
    CertificateKind.INSPECTION: _("Inspection report"),
    CertificateKind.OTHER: pgettext_lazy("a certificate", "Other"),
}


@dataclass(frozen=True, slots=True)
class Said:
    """A text of the page and the value it comes from: at `at` in a fact's body (names and numbers, joined by dots)."""

    text: str
    value: str
    at: str


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph that an event names by `value`, at `at`; `sha256` is hexadecimal."""

    value: str
    sha256: str
    at: str


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened.

    Attributes:
        what: the word for it, and the step as the event has it.
        at: Unix seconds.
        place, place_said: where, as described, and where as the event has it.
        to, to_said: where it goes, if it leaves for a place that somebody described.
        of: which goods, if not those of the page; their names, and what somebody described them as.
        who: the name of who signed; empty if nobody here knows the account.
    """

    index: int
    icon: str
    what: Said
    at: int
    place: PlaceView | None
    place_said: Said | None
    to: PlaceView | None
    to_said: Said | None
    amounts: tuple[Said, ...]
    of: tuple[tuple[str, LotView | None], ...]
    photos: tuple[Photo, ...]
    groups: tuple[str, ...]
    author: str
    who: str
    signed_at: int
    recorded_at: int

    @property
    def place_kind(self) -> Promise | str:
        return PLACE_WORDS[self.place.body.kind] if self.place else ""


@dataclass(frozen=True, slots=True)
class Certified:
    """A certificate and its kind in words."""

    view: CertificateView
    kind: Promise
    who: str


@dataclass(frozen=True, slots=True)
class LotPage:
    """All that the page shows; see History for what is not explained here.

    Attributes:
        made: the step that brought the lot into being.
        names: of those who signed the facts, by account.
        picture_url: of the product in this market, if its own merchant describes the lot.
        who: name of who describes the lot.
        facts: indices of the facts that the page rests on, at most FACTS_MAX; `facts_left_out` says how many more.
    """

    epc: str
    gtin: str
    number: str
    name: str
    history: History
    steps: tuple[Step, ...]
    made: Step | None
    names: Mapping[str, str]
    picture_url: str
    who: str
    certificates: tuple[Certified, ...]
    chart: TemperatureChart | None
    readings: tuple[ReadingView, ...]
    findings: tuple[FindingWords, ...]
    recalls: tuple[RecallView, ...]
    scans: ScanView
    balances: tuple[tuple[Promise, str], ...]
    facts: tuple[int, ...]
    facts_left_out: int

    @property
    def doubts(self) -> tuple[FindingWords, ...]:
        """The findings that a buyer must know of before anything else."""
        return tuple(finding for finding in self.findings if finding.kind != "info")


def lot_page(epc: str) -> LotPage:
    """The page of a lot, by its canonical EPC."""
    history = selectors.history(epc, forward=False)
    scans = selectors.scans(epc)
    link = link_of(epc)
    known = _known_places(history)
    names = author_names({*_authors(history), *(view.author for view in known.values())})

    def name_of(place: str) -> str:
        return known[place].name if place in known else _number_of(place)

    steps = tuple(_step(view, history, known, names) for view in history.events if view.event.biz_step != SENSOR_STEP)
    need = history.lot.body.temperature if history.lot else None
    indices = sorted({*history.indices, *(view.index for view in known.values())})
    found = [finding_words(each, name_of) for each in (*history.findings, *scans.findings)]
    return LotPage(
        epc=epc,
        gtin=link.key if link else "",
        number="/".join(value for _ai, value in link.qualifiers) if link else epc,
        name=history.lot.name if history.lot else "",
        history=history,
        steps=steps,
        made=next((step for step in steps if step.icon == "sprout"), steps[0] if steps else None),
        names=names,
        picture_url=_picture(history),
        who=names.get(history.lot.author, "") if history.lot else "",
        certificates=tuple(
            Certified(view, CERTIFICATE_WORDS[view.body.kind], names.get(view.author, ""))
            for view in history.certificates
        ),
        chart=temperature_chart([view.reading for view in history.readings], need),
        readings=tuple(sorted(history.readings, key=lambda view: (view.reading.from_us, view.reading.sensor))),
        findings=tuple(found),
        recalls=history.recalls,
        scans=scans,
        balances=tuple(_balances(history)),
        facts=tuple(indices[:FACTS_MAX]),
        facts_left_out=max(len(indices) - FACTS_MAX, 0),
    )


def author_names(accounts: Iterable[str]) -> dict[str, str]:
    """Who signs with these accounts, for everybody to read: shops and this installation by name, others masked."""
    wanted = set(accounts)
    merchants = market.merchants_of(wanted)
    persons = people.display_names(wanted - merchants.keys())
    masked = people.display_names_masked(list(persons))
    keeper = f"0x{record.keeper().address.hex()}"
    own = {keeper: str(_("This installation"))} if keeper in wanted else {}
    return own | masked | {account: merchant.name for account, merchant in merchants.items()}


def _authors(history: History) -> Iterator[str]:
    yield from (view.event.author for view in history.events)
    yield from (thing.lot.author for thing in history.things if thing.lot)
    yield from (certificate.author for certificate in history.certificates)
    yield from (recall.author for recall in history.recalls)
    yield from (place.author for place in history.places.values())


def _known_places(history: History) -> dict[str, PlaceView]:
    """Also those that goods were only sent to."""
    sent_to = {name for view in history.events for name, _ in _destinations(view.captured)}
    return history.places | selectors.places(sent_to - history.places.keys())


def _destinations(captured: Mapping[str, Any]) -> Iterator[tuple[str, Said]]:
    for number, each in enumerate(objects(captured, "destinationList")):
        raw = str(each.get("destination", ""))
        if str(each.get("type", "")).endswith("location") and (name := _canonical(raw)):
            yield name, Said(name, raw, f"event.destinationList.{number}.destination")


def _canonical(raw: str) -> str:
    try:
        return canonical_epc(raw)
    except IdentifierError:
        return ""


def _step(view: EventView, history: History, places: Mapping[str, PlaceView], names: Mapping[str, str]) -> Step:
    event, captured = view.event, view.captured
    icon, word = STEP_WORDS.get(event.biz_step, ("circle-check", None))
    place = places.get(event.read_point or event.biz_location) or places.get(event.site)
    if _begins(event):
        icon = "sprout"
        is_farm = place is not None and place.body.kind is PlaceKind.FARM
        word = _("Harvested") if is_farm and event.type is EventType.OBJECT else _("Made")
    to, to_said = next(((places[name], said) for name, said in _destinations(captured) if name in places), (None, None))
    amounts, of = _amounts(captured, history)
    return Step(
        index=view.index,
        icon=icon,
        what=Said(str(word or event.biz_step or _("Seen")), str(captured.get("bizStep", "")), "event.bizStep"),
        at=event.at,
        place=place,
        place_said=_place_said(captured, place),
        to=to,
        to_said=to_said,
        amounts=amounts,
        of=of,
        photos=tuple(_photos(captured)),
        groups=event.groups,
        author=event.author,
        who=names.get(event.author, ""),
        signed_at=event.signed_at,
        recorded_at=view.recorded_at,
    )


def _begins(event: Event) -> bool:
    return event.biz_step == "commissioning" and (event.action is Action.ADD or event.type is EventType.TRANSFORMATION)


def _place_said(captured: Mapping[str, Any], place: PlaceView | None) -> Said | None:
    for field in ("readPoint", "bizLocation"):
        given = captured.get(field)
        if isinstance(given, dict) and isinstance(given.get("id"), str):
            raw = given["id"]
            return Said(place.name if place else _number_of(_canonical(raw) or raw), raw, f"event.{field}.id")
    return None


def _number_of(place: str) -> str:
    """A place that nobody described, by its number."""
    link = link_of(site(place)) if place else None
    return f"{link.key_ai} {link.key}" if link else place


def _amounts(
    captured: Mapping[str, Any], history: History
) -> tuple[tuple[Said, ...], tuple[tuple[str, LotView | None], ...]]:
    """How much of the goods of this page, or of what they were made of; and the latter."""
    on_the_way = {thing.epc: thing for thing in history.things if thing.relation is not Relation.CARRIER}
    amounts: list[Said] = []
    of: dict[str, LotView | None] = {}
    for field in _LISTS:
        for number, each in enumerate(objects(captured, field)):
            thing = on_the_way.get(_canonical(str(each.get("epcClass", ""))))
            if thing is None:
                continue
            if each.get("quantity") is not None:
                value = str(each["quantity"])
                text = amount_words(value.removesuffix(".0"), str(each.get("uom", "")))
                amounts.append(Said(text, value, f"event.{field}.{number}.quantity"))
            if thing.epc != history.subject:
                of[thing.lot.name if thing.lot else thing.epc.rsplit("/", 1)[-1]] = thing.lot
    return tuple(amounts), tuple(of.items())


def _photos(captured: Mapping[str, Any]) -> Iterator[Photo]:
    for number, name in enumerate(as_list(captured.get(PHOTO_FIELD) or [])):
        match = _PHOTO.fullmatch(name) if isinstance(name, str) else None
        if match is None:
            continue
        try:
            digest = base64.urlsafe_b64decode(match[1] + "=").hex()
        except binascii.Error:
            continue
        yield Photo(name, digest, f"event.{PHOTO_FIELD}.{number}")


def _picture(history: History) -> str:
    """Anybody may say that a lot is of a product: only its merchant is believed."""
    lot = history.lot
    if lot is None or lot.body.product is None:
        return ""
    product = market.product(lot.body.product)
    merchant = market.merchants_of([lot.author]).get(lot.author)
    return product.picture_url if product and merchant and product.merchant_id == merchant.id else ""


def _balances(history: History) -> Iterator[tuple[Promise, str]]:
    for book in history.balances:
        rows = (
            (_("Made"), book.made),
            (_("Used for other goods"), book.used),
            (_("Written off"), book.lost),
            (pgettext_lazy("an amount", "Sold"), book.sold),
            (pgettext_lazy("an amount", "On its way"), book.on_the_way),
        )
        yield from ((words, amount_words(value, book.uom)) for words, value in rows if value != "0")
