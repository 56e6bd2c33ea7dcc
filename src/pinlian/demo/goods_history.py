"""Lets the demo's goods come from their farms: lots, events, readings and certificates, signed and put on record."""

import io
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from pinlian.apps.capture import facade as capture
from pinlian.apps.epcis import facade as epcis
from pinlian.apps.trace import facade as trace
from pinlian.demo.neighbourhood import GOODS, LEADERS, Good
from pinlian.demo.origins import (
    BROKEN_COLD_CHAIN,
    COLD,
    CONTENTS,
    COPIED,
    COPIED_SCANS,
    GROWN_AT,
    HOURS_ON_THE_ROAD,
    PAPERS,
    RECALL_HOURS,
    RECALL_REASON,
    RECALLED,
    SPOTS,
    VALID_DAYS,
    VALID_FROM,
    best_before,
)
from pinlian.demo.photographs import photograph
from pinlian.demo.population import Inhabitant, Population
from pinlian.demo.stories import GroupStory
from pinlian.engine.loop import Engine
from pinlian.gs1.epc import lot_epc, place_epc
from pinlian.record import facade as record

HOUR_SECONDS = 3_600
ZONE = timezone(timedelta(hours=8))
SIGNED_AFTER_SECONDS = 240
"""So long after something happened its author presses the button."""
READING_HOURS = 0.5
STOCK_UNITS = Decimal(40)
SPARE_PERCENT = 110
"""A farm sends a little more than is ordered."""
STOCK_HOURS = -30.0
"""When lots that nobody has ordered yet came to the central warehouse."""
ON_THE_WAY_HOURS = -3.0


@dataclass(frozen=True, slots=True)
class Delivery:
    """A group whose goods have come, or are on their way; `group_id` is 0x-hex."""

    story: GroupStory
    group_id: str


@dataclass(frozen=True, slots=True)
class _Lot:
    """A lot on its way. `came` is the hour at which it came, or comes, to the central warehouse."""

    good: Good
    epc: str
    made_on: date
    amount: capture.Amount
    box: str
    origin: str
    came: float
    delivery: Delivery | None


class GoodsHistory:
    """The way of the goods up to now."""

    def __init__(self, population: Population, engine: Engine, *, now: int) -> None:
        """
        Args:
            now: when the stories are told, Unix seconds.
        """
        self._population = population
        self._engine = engine
        self._now = now
        self._domain = record.domain()
        self._facts: list[record.Fact] = []
        self._places: dict[str, str] = {}
        self._epcs: dict[str, str] = {}

    def run(self, deliveries: Sequence[Delivery]) -> None:
        """Put it all on record, and let the read model follow."""
        for key, spot in SPOTS.items():
            self._places[key] = capture.add_site(
                self._keeper(key).person_id,
                name=spot.name,
                kind=spot.kind,
                region=spot.region,
                latitude_microdegrees=spot.latitude_microdegrees,
                longitude_microdegrees=spot.longitude_microdegrees,
            ).gln
        lots = [self._begin(good, delivery) for good, delivery in _what_is_sent(deliveries)]
        self._register_papers()
        for lot in lots:
            self._describe(lot)
            self._travel(lot)
        self._facts.sort(key=lambda fact: fact.time)
        epcis.capture_signed(self._facts)
        self._engine.settle()
        self._go_wrong()
        self._engine.settle()

    # --- Who and where ---

    def _keeper(self, spot: str) -> Inhabitant:
        if SPOTS[spot].keeper:
            return self._population.merchants[SPOTS[spot].keeper]
        leader = next((number for number, leader in enumerate(LEADERS) if leader.place == spot), None)
        return self._population.warehouse if leader is None else self._population.leaders[leader]

    def _signing(self, who: Inhabitant) -> trace.Sign:
        def sign(kind: str, time: int, body: dict[str, Any]) -> record.Fact:
            return record.sign(who.wallet.signing, kind, time, body, self._domain)

        return sign

    def _at(self, hours: float) -> int:
        return self._now + round(hours * HOUR_SECONDS)

    def _clock(self, hours: float) -> datetime:
        return datetime.fromtimestamp(self._at(hours), UTC).astimezone(ZONE)

    def _scene(self, spot: str, hours: float) -> capture.Scene:
        return capture.Scene(self._clock(hours), self._places[spot])

    # --- What ---

    def _begin(self, good: Good, delivery: Delivery | None) -> _Lot:
        came = STOCK_HOURS
        if delivery is not None:
            delivered = delivery.story.delivered
            came = ON_THE_WAY_HOURS if delivered is None else delivered - 12
        origin = GROWN_AT.get(good.key, good.shop)
        merchant = self._population.merchants[good.shop]
        gtin = capture.trade_item_of_product(self._population.products[good.key], merchant.person_id).gtin
        made_on = self._clock(came - _road_hours(origin) - 4).date()
        epc = lot_epc(gtin, capture.next_lot(gtin, made_on))
        content, uom = CONTENTS.get(good.key, (Decimal(1), ""))
        ordered = Decimal(sum(delivery.story.orders)) if delivery else STOCK_UNITS
        quantity = Decimal(math.ceil(content * ordered * SPARE_PERCENT / 100))
        box = capture.unit_epc(capture.new_sscc())
        self._epcs.setdefault(good.key, epc)
        return _Lot(good, epc, made_on, capture.Amount(epc, quantity, uom), box, origin, came, delivery)

    def _register_papers(self) -> None:
        today = self._clock(0).date()
        for paper in PAPERS:
            good = next(good for good in GOODS if good.key == paper.good)
            merchant = self._population.merchants[good.shop]
            gtin = capture.trade_item_of_product(self._population.products[good.key], merchant.person_id).gtin
            origin = GROWN_AT.get(good.key, good.shop)
            trace.register_certificate(
                paper.id,
                sign=self._signing(merchant),
                at=self._now,
                kind=paper.kind,
                name=paper.name,
                issuer=paper.issuer,
                holder=SPOTS[origin].name,
                products=[gtin],
                places=[place_epc(self._places[origin])],
                valid_from=(today + timedelta(days=VALID_FROM)).isoformat(),
                valid_until=(today + timedelta(days=VALID_FROM + VALID_DAYS)).isoformat(),
            )

    def _describe(self, lot: _Lot) -> None:
        needs = COLD.get(lot.good.key)
        until = best_before(lot.good.key, lot.made_on)
        trace.register_lot(
            lot.epc,
            sign=self._signing(self._population.merchants[lot.good.shop]),
            at=self._at(lot.came - _road_hours(lot.origin) - 4) + SIGNED_AFTER_SECONDS,
            name=lot.good.name[0],
            made_at=place_epc(self._places[lot.origin]),
            product=self._population.products[lot.good.key],
            certificates=[paper.id for paper in PAPERS if paper.good == lot.good.key],
            temperature={"low": needs[0], "high": needs[1]} if needs else None,
            best_before=until.isoformat() if until else None,
        )

    def _travel(self, lot: _Lot) -> None:
        farm, came = lot.origin, lot.came
        left = came - _road_hours(farm)
        picture = capture.keep_photo(io.BytesIO(photograph(lot.good.key, lot.epc)))
        self._say(farm, left - 4, capture.harvested(lot.amount, replace(self._scene(farm, left - 4), photos=[picture])))
        sscc = lot.box.rsplit("/", 1)[-1]
        self._say(farm, left - 2, capture.packed(sscc, [lot.amount], self._scene(farm, left - 2)))
        self._send(lot, farm, "centre", left, came)
        if lot.delivery is None:
            self._measure(lot, left, came, "centre")
            return
        delivered = lot.delivery.story.delivered
        if delivered is None:
            self._ship(lot, "centre", "grid", came + 2, group=lot.delivery.group_id)
            return
        pickup = LEADERS[lot.delivery.story.leader].place
        self._send(lot, "centre", "grid", delivered - 6, delivered - 5)
        self._send(lot, "grid", pickup, delivered - 1, delivered - 0.2, group=lot.delivery.group_id)
        self._measure(lot, left, delivered - 0.2, "grid")

    def _send(self, lot: _Lot, start: str, end: str, left: float, came: float, *, group: str | None = None) -> None:
        self._ship(lot, start, end, left, group=group)
        self._say(end, came, capture.received([lot.box], [], self._scene(end, came)))

    def _ship(self, lot: _Lot, start: str, end: str, left: float, *, group: str | None = None) -> None:
        scene = self._scene(start, left)
        self._say(start, left, capture.shipped([lot.box], [], scene, to_gln=self._places[end], group=group))

    def _measure(self, lot: _Lot, left: float, until: float, spot: str) -> None:
        """What a sensor in the box said every half hour, if the goods are kept cold; it is read out at `spot`."""
        if lot.good.key not in COLD:
            return
        low, high = map(Decimal, COLD[lot.good.key])
        count = math.ceil((until - left) / READING_HOURS)
        readings: list[tuple[datetime, list[dict[str, Any]]]] = []
        for number in range(count + 1):
            at = min(left + number * READING_HOURS, until)
            celsius = _celsius(number, count, low, high, is_broken=lot.good.key == BROKEN_COLD_CHAIN)
            readings.append((self._clock(at), [{"type": "Temperature", "value": float(celsius), "uom": "CEL"}]))
        self._say(spot, until, capture.measured([lot.box], self._places[spot], "DEMO-T7", readings))

    def _say(self, spot: str, hours: float, event: capture.Event) -> None:
        who = self._keeper(spot)
        body = epcis.fact_body(event, capturer=who.account)
        self._facts.append(self._signing(who)("epcis_event", self._at(hours) + SIGNED_AFTER_SECONDS, body))

    def _go_wrong(self) -> None:
        """One lot is called back, the code of another one is copied; the cold chain broke on the way."""
        shop = next(good.shop for good in GOODS if good.key == RECALLED)
        merchant = self._signing(self._population.merchants[shop])
        trace.recall(self._epcs[RECALLED], RECALL_REASON, sign=merchant, at=self._at(RECALL_HOURS))
        for hours, latitude, longitude in COPIED_SCANS:
            trace.note_scan(self._epcs[COPIED], (latitude, longitude), self._at(hours))


def _what_is_sent(deliveries: Sequence[Delivery]) -> Iterator[tuple[Good, Delivery | None]]:
    """A lot for each group that got goods, and one in stock of all other goods."""
    for good in GOODS:
        of_good = [delivery for delivery in deliveries if delivery.story.good == good.key]
        yield from ((good, delivery) for delivery in of_good)
        if not of_good:
            yield good, None


def _road_hours(origin: str) -> int:
    return HOURS_ON_THE_ROAD.get(origin, 5)


def _celsius(number: int, count: int, low: Decimal, high: Decimal, *, is_broken: bool) -> Decimal:
    """Up and down a little around the middle; broken for two and a half hours of the first leg."""
    middle = (low + high) / 2
    if is_broken and count // 3 <= number <= count // 3 + 5:
        return high + Decimal("3.5") + Decimal(number % 3)
    return middle + Decimal((number * 7) % 5 - 2) / 4
