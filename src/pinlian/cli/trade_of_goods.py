"""Goods for measurements: families of lots from six fields to sixteen pickup points, as EPCIS events.

    field x6 -> sorting x2 -> washing x2 -> packing x1 -> centre x4 -> grid x16

Each arrow is a transformation: fields and washed lots are merged, packed and centre lots split. Between two places the
goods go in a crate; from the centre the crate is on a lorry with a sensor. Crates and lorries are used again when those
of a hundred and fifty later families have been.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from pinlian.gs1.keys import check_digit

FIELDS, SORTED, WASHED, CENTRES, GRIDS = 6, 2, 2, 4, 16
STAGES = {"field": FIELDS, "sorted": SORTED, "washed": WASHED, "packed": 1, "centre": CENTRES, "grid": GRIDS}
CRATES, LORRIES, PLACES, PRODUCTS, CERTIFICATES = 6_000, 800, 500, 200, 50
HOURS_BETWEEN_FAMILIES = 3
FIRST_FAMILIES = 200
"""The others are the same once more: same places and amounts, other lots, later."""
START = datetime(2024, 1, 1, tzinfo=UTC)
PREFIX = "9521234"
CONTEXT = ["https://ref.gs1.org/standards/epcis/epcis-context.jsonld"]
_HOST = "https://id.gs1.org"

Event = dict[str, Any]


def _numbered(number: int, digits: int) -> str:
    body = f"{PREFIX}{number:0{digits - len(PREFIX) - 1}}"
    return body + check_digit(body)


def place(number: int) -> str:
    """The canonical name of one of PLACES."""
    return f"{_HOST}/414/{_numbered(number % PLACES, 13)}"


def gtin(number: int) -> str:
    """GTIN-14 of one of PRODUCTS."""
    return f"0{_numbered(number % PRODUCTS, 13)}"


def crate(number: int) -> str:
    """The canonical name of one of CRATES."""
    return f"{_HOST}/8003/0{_numbered(99_999, 13)}{number % CRATES}"


def lorry(number: int) -> str:
    """The canonical name of one of LORRIES."""
    return f"{_HOST}/8004/{PREFIX}L{number % LORRIES}"


@dataclass
class Family:
    """One family of lots; the same number makes the same one.

    Attributes:
        stages: names of lots by stage.
        events: in the order in which they happened.
    """

    number: int
    stages: dict[str, list[str]] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(self.number)  # noqa: S311 -- goods, not secrets
        self._crates = self.number * 40
        self._start = START + timedelta(hours=HOURS_BETWEEN_FAMILIES * self.number)
        sites = [place(self._random.randrange(PLACES)) for _ in range(6 + GRIDS)]
        product = gtin(self._random.randrange(PRODUCTS))
        for stage, count in STAGES.items():
            self.stages[stage] = [f"{_HOST}/01/{product}/10/{stage[0]}{self.number}-{n}" for n in range(count)]
        self._lay(sites)

    def _lay(self, sites: Sequence[str]) -> None:
        lots = self.stages
        for lot in lots["field"]:
            self._event("ObjectEvent", 0, sites[0], "commissioning", action="ADD", quantityList=[_of(lot, 200)])
            self._haul(lot, 200, 1, sites[0], sites[1])
        for n, lot in enumerate(lots["sorted"]):
            self._transform(lots["field"][3 * n : 3 * n + 3], 200, [lot], 570, 8, sites[1])
            self._haul(lot, 570, 9, sites[1], sites[2])
        for n, lot in enumerate(lots["washed"]):
            self._transform([lots["sorted"][n]], 570, [lot], 560, 16, sites[2])
            self._haul(lot, 560, 17, sites[2], sites[3])
        self._transform(lots["washed"], 560, lots["packed"], 1_120, 24, sites[3])
        self._haul(lots["packed"][0], 1_120, 25, sites[3], sites[4])
        self._transform(lots["packed"], 1_120, lots["centre"], 280, 32, sites[4])
        for n, lot in enumerate(lots["centre"]):
            grid = sites[6 + n]
            self._haul(lot, 280, 33, sites[4], grid, on=lorry(4 * self.number + n))
            self._transform([lot], 280, lots["grid"][4 * n : 4 * n + 4], 70, 44, grid)
            for m in range(4 * n, 4 * n + 4):
                self._hand_on(lots["grid"][m], 45, grid, sites[6 + m])

    def _haul(self, lot: str, kilograms: int, hour: float, start: str, end: str, *, on: str = "") -> None:
        """Pack, ship, receive and unpack; on a lorry with a sensor, if one is named."""
        box, self._crates = crate(self._crates), self._crates + 1
        contents = {"parentID": box, "childEPCs": [], "childQuantityList": [_of(lot, kilograms)]}
        self._event("AggregationEvent", hour, start, "packing", action="ADD", **contents)
        if on:
            self._event("AggregationEvent", hour + 0.5, start, "loading", action="ADD", parentID=on, childEPCs=[box])
        self._event("ObjectEvent", hour + 1, start, "shipping", action="OBSERVE", epcList=[on or box])
        if on:
            report = {"type": "Temperature", "value": self._random.randrange(20, 60) / 10, "uom": "CEL"}
            self._event(
                "ObjectEvent", hour + 2, start, "sensor_reporting", action="OBSERVE", epcList=[on],
                sensorElementList=[{"sensorReport": [report]}],
            )  # fmt: skip
        self._event("ObjectEvent", hour + 5, end, "receiving", action="OBSERVE", epcList=[on or box])
        if on:
            self._event("AggregationEvent", hour + 5.5, end, "unloading", action="DELETE", parentID=on, childEPCs=[box])
        self._event("AggregationEvent", hour + 6, end, "unpacking", action="DELETE", **contents)

    def _hand_on(self, lot: str, hour: float, start: str, end: str) -> None:
        group = {"type": "po", "bizTransaction": f"urn:pinlian:group:0x{self._random.randbytes(32).hex()}"}
        contents = {"quantityList": [_of(lot, 70)], "epcList": []}
        self._event("ObjectEvent", hour, start, "shipping", action="OBSERVE", bizTransactionList=[group], **contents)
        self._event("ObjectEvent", hour + 3, end, "receiving", action="OBSERVE", **contents)
        self._event("ObjectEvent", hour + 9, end, "retail_selling", action="DELETE", **contents)

    def _transform(
        self, inputs: Sequence[str], used: int, outputs: Sequence[str], made: int, hour: float, where: str
    ) -> None:
        self._event(
            "TransformationEvent", hour, where, "commissioning",
            inputQuantityList=[_of(lot, used) for lot in inputs],
            outputQuantityList=[_of(lot, made) for lot in outputs],
        )  # fmt: skip

    def _event(self, kind: str, hour: float, where: str, step: str, **more: Any) -> None:
        # Seconds tell events apart that happen alike.
        at = self._start + timedelta(hours=hour, seconds=len(self.events))
        self.events.append(
            {
                "type": kind,
                "eventTime": f"{at:%Y-%m-%dT%H:%M:%S}.000Z",
                "eventTimeZoneOffset": "+08:00",
                "bizStep": step,
                "readPoint": {"id": where},
                **more,
            }
        )


def stages_of(number: int) -> dict[str, list[str]]:
    """The names of a family's lots by stage, be it one of the first or the same once more."""
    copy, first = divmod(number, FIRST_FAMILIES)
    stages = Family(first).stages
    if not copy:
        return stages
    return {stage: [lot.replace("/10/", f"/10/{copy}.") for lot in lots] for stage, lots in stages.items()}


def families(events: int, first: int = 0) -> Iterator[Family]:
    """Families until their events are at least so many."""
    laid, number = 0, first
    while laid < events:
        family = Family(number)
        yield family
        laid += len(family.events)
        number += 1


def _of(lot: str, kilograms: int) -> dict[str, Any]:
    return {"epcClass": lot, "quantity": kilograms, "uom": "KGM"}
