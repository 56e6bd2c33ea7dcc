"""What all checks say together of the lots in a scene, and honest histories that nobody wrote by hand."""

from collections.abc import Mapping
from random import Random

from pinlian.domain.traceability.cold_chain import Need, temperature_findings
from pinlian.domain.traceability.event import BizStep, EventType
from pinlian.domain.traceability.finding import Finding
from pinlian.domain.traceability.mass_balance import balances
from pinlian.domain.traceability.plausibility import makes, origin_findings, place_findings, time_findings
from pinlian.domain.traceability.position import Position
from pinlian.domain.traceability.walk import Relation, walk
from pinlian.domain.traceability.yields import yields
from tests.unit.domain.traceability.scenes import FACTORY, FARM, PICKUP, WAREHOUSE, Scene, time_us

PLACES: Mapping[str, Position] = {
    FARM: Position(31_620_000, 121_400_000),
    FACTORY: Position(31_600_000, 121_410_000),
    WAREHOUSE: Position(31_230_000, 121_470_000),
    PICKUP: Position(31_220_000, 121_480_000),
}
"""The farm and the factory are neighbours, and so are the warehouse and the pickup point, an hour away."""


def examined(events: Scene, lot: str, need: Need | None = None) -> list[Finding]:
    """What does not fit in one lot, as the examiner puts the checks together."""
    way = walk(lot, events.fetch(), back=False, forward=False)
    making = [event for event in way.events if makes(event, lot)]
    found = balances(lot, way.events)[1]
    found += origin_findings(lot, way.events, is_class=True)
    found += time_findings(lot, way.events, carriers=way.epcs(Relation.CARRIER))
    found += place_findings(lot, way.events, PLACES, is_class=True)
    for event in making:
        if event.type is EventType.TRANSFORMATION:
            found += [each for each in yields(event) if each.subject == lot]
    if need is not None:
        last = max(event.time_us for event in way.events if event.biz_step != BizStep.SENSOR_REPORTING)
        found += temperature_findings(lot, way.events, need, from_us=time_us(1), to_us=last)
    return found


def lots_of(events: Scene) -> list[str]:
    """Every lot that events of a scene name."""
    return sorted({thing.epc for event in events.events for thing in event.things if thing.is_class})


def honest_history(seed: Random) -> Scene:
    """Goods that nobody cheats with, told by people whose scales and clocks are a little off.

    Harvests go over days and midnights, shipments in parts, loose and in crates on pallets; crates are used again; some
    goods spoil, some are sent back, some become other lots.
    """
    return _Honest(seed).run()


class _Honest:
    def __init__(self, seed: Random) -> None:
        self._seed = seed
        self._scene = Scene()
        self._stock: dict[tuple[str, str], int] = {}
        self._clock = {place: seed.randint(-6, 6) / 60 for place in PLACES}
        self._numbers = 0
        self._at = float(seed.randint(14, 18))
        self._crates = [f"https://id.gs1.org/8003/09521321100013/{number}" for number in range(4)]

    def run(self) -> Scene:
        for number in range(self._seed.randint(1, 2)):
            for _ in range(self._seed.randint(1, 3)):
                grams = self._seed.randint(40_000, 400_000)
                lot = f"https://id.gs1.org/01/09521321123453/10/H{number}"
                self._scene.made((lot, grams, "GRM"), at=self._told(FARM))
                self._stock[lot, FARM] = self._stock.get((lot, FARM), 0) + grams
                self._at += 7
        for _ in range(self._seed.randint(1, 9)):
            stocks = [pair for pair in self._stock.items() if pair[1] > 40_000]
            if not stocks:
                break
            (lot, place), grams = self._seed.choice(stocks)
            self._at += 2
            step = self._seed.choice([self._move, self._move, self._in_crate, self._lose, self._process, self._sell])
            step(lot, place, self._seed.randint(1, 20) * grams // 20)
        return self._scene

    def _told(self, place: str) -> float:
        return self._at + self._clock[place]

    def _weighed(self, grams: int) -> int:
        return grams + grams * self._seed.randint(-2, 2) // 1_000

    def _other(self, place: str) -> str:
        return self._seed.choice([each for each in PLACES if each != place])

    def _take(self, lot: str, place: str, grams: int) -> None:
        self._stock[lot, place] -= grams

    def _bring(self, lot: str, place: str, grams: int) -> None:
        self._stock[lot, place] = self._stock.get((lot, place), 0) + grams

    def _move(self, lot: str, place: str, grams: int) -> None:
        to = self._other(place)
        self._take(lot, place, grams)
        self._scene.shipped((lot, self._weighed(grams), "GRM"), where=place, at=self._told(place))
        self._at += 1.5 if {place, to} - {FARM, FACTORY} and {place, to} - {WAREHOUSE, PICKUP} else 0.05
        self._scene.received((lot, self._weighed(grams), "GRM"), where=to, at=self._told(to))
        self._bring(lot, to, grams)

    def _in_crate(self, lot: str, place: str, grams: int) -> None:
        crate, to = self._seed.choice(self._crates), self._other(place)
        self._numbers += 1
        pallet = f"https://id.gs1.org/00/09521321000000{self._numbers:04}"
        self._take(lot, place, grams)
        self._scene.packed(crate, (lot, self._weighed(grams), "GRM"), where=place, at=self._told(place))
        self._scene.packed(pallet, crate, where=place, at=self._told(place))
        self._scene.shipped(pallet, where=place, at=self._told(place) + 0.1)
        self._at += 1.7
        self._scene.received(pallet, where=to, at=self._told(to))
        self._scene.unpacked(pallet, where=to, at=self._told(to))
        self._scene.unpacked(crate, (lot, self._weighed(grams), "GRM"), where=to, at=self._told(to) + 0.1)
        self._bring(lot, to, grams)

    def _lose(self, lot: str, place: str, grams: int) -> None:
        self._take(lot, place, grams)
        self._scene.lost((lot, self._weighed(grams), "GRM"), where=place, at=self._told(place))

    def _sell(self, lot: str, place: str, grams: int) -> None:
        self._take(lot, place, grams)
        weighed = self._weighed(grams)
        self._scene.sold((lot, weighed, "GRM"), where=place, at=self._told(place))
        if self._seed.random() < 0.5:
            back = (lot, weighed // 2, "GRM")
            self._scene.received(back, where=place, at=self._told(place) + 1, disposition="returned")
            self._bring(lot, place, weighed // 2)

    def _process(self, lot: str, place: str, grams: int) -> None:
        self._numbers += 1
        outputs = [f"https://id.gs1.org/01/09521321123453/10/P{self._numbers}{part}" for part in "AB"]
        self._take(lot, place, grams)
        parts = [self._weighed(grams * 49 // 100) for _ in outputs]
        made = [(output, part, "GRM") for output, part in zip(outputs, parts, strict=True)]
        self._scene.transformed([(lot, self._weighed(grams), "GRM")], made, where=place, at=self._told(place))
        for output, part in zip(outputs, parts, strict=True):
            self._bring(output, place, part)
