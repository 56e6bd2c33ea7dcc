"""What an event does to what is where."""

from datetime import UTC, datetime
from decimal import Decimal

from pinlian.apps.capture import events
from pinlian.apps.capture.effects import Effect, effects
from pinlian.apps.capture.events import Amount, LossReason, Lot, Scene
from pinlian.gs1.epc import canonical_epc, place_epc

FARM, WAREHOUSE = "9521234000013", "9521234000020"
LOT = Lot("09521234000013", "20261122-01").epc
BOX = "https://id.gs1.org/00/095212340000000013"
AT = datetime(2026, 11, 22, 8, tzinfo=UTC)


def done(event: events.Event) -> list[Effect]:
    return effects(event, canonical_epc)


def here(epc: str, quantity: str, uom: str = "KGM", gln: str = FARM) -> Effect:
    return Effect(epc, uom, Decimal(quantity), place=place_epc(gln))


def amount(quantity: str) -> Amount:
    return Amount(LOT, Decimal(quantity), "KGM")


def test_harvest__adds_the_lot_at_the_farm() -> None:
    assert done(events.harvested(amount("120.5"), Scene(AT, FARM))) == [here(LOT, "120.5")]


def test_packing__moves_the_lot_into_the_box() -> None:
    packed = events.packed("095212340000000013", [amount("20")], Scene(AT, FARM))

    assert done(packed) == [
        here(LOT, "-20"),
        here(BOX, "1", ""),
        Effect(LOT, "KGM", Decimal(20), unit=BOX),
    ]


def test_unpacking__takes_packing_back() -> None:
    scene = Scene(AT, FARM)
    packed = done(events.packed("095212340000000013", [amount("20")], scene))
    unpacked = done(events.unpacked(BOX, [amount("20")], scene))

    assert [effect.delta for effect in unpacked] == [-effect.delta for effect in packed]


def test_shipping_and_receiving__move_box_and_lot_between_places() -> None:
    shipped = events.shipped([BOX], [amount("5")], Scene(AT, FARM), to_gln=WAREHOUSE)
    received = events.received([BOX], [amount("5")], Scene(AT, WAREHOUSE))

    assert done(shipped) == [here(BOX, "-1", ""), here(LOT, "-5")]
    assert done(received) == [here(BOX, "1", "", WAREHOUSE), here(LOT, "5", gln=WAREHOUSE)]


def test_processing__takes_what_goes_in_and_adds_what_comes_out() -> None:
    other = Lot("09521234000020", "20261122-01").epc
    changed = events.transformed([amount("10")], [Amount(other, Decimal(18))], Scene(AT, FARM), step="commissioning")

    assert done(changed) == [here(LOT, "-10"), here(other, "18", "")]


def test_loss__takes_it_away() -> None:
    assert done(events.lost([amount("1.25")], Scene(AT, FARM), LossReason.SPOILT)) == [here(LOT, "-1.25")]


def test_event_that_never_happened__is_taken_back() -> None:
    harvested = events.harvested(amount("120"), Scene(AT, FARM))

    assert done(events.retracted(harvested, AT)) == [here(LOT, "-120")]


def test_sensor_readings_and_urns__change_nothing_and_mean_the_same() -> None:
    measured = events.measured([LOT, BOX], FARM, "T-1", [(AT, [{"type": "Temperature", "value": 4, "uom": "CEL"}])])
    harvested = events.harvested(amount("1"), Scene(AT, FARM))
    harvested["quantityList"][0]["epcClass"] = "urn:epc:class:lgtin:9521234.000001.20261122-01"
    harvested["bizStep"] = "https://ref.gs1.org/cbv/BizStep-commissioning"

    assert done(measured) == []
    assert done(harvested) == [here(LOT, "1")]
