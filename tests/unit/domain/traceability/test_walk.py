"""The way of a thing through the record."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.traceability.event import Event
from pinlian.domain.traceability.walk import Edge, EdgeKind, Relation, Window, contents, walk
from tests.unit.domain.traceability.scenes import (
    CRATE,
    FACTORY,
    FARM,
    LOT,
    OTHER_CRATE,
    OTHER_LOT,
    PALLET,
    PICKUP,
    SENSOR,
    STRANGER,
    WAREHOUSE,
    Scene,
    time_us,
)

RAW, OTHER_RAW, BOXED = (f"https://id.gs1.org/01/09521321123453/10/{lot}" for lot in ("RAW", "RAW2", "BOXED"))
MIXED_IN = "https://id.gs1.org/01/09521321123453/10/B9"


def field_to_neighbour() -> Scene:
    """Two raw lots in crates to the factory, made into one lot, boxed, on a pallet to the pickup point."""
    scene = Scene()
    scene.made((RAW, 60, "KGM"))  # 0
    scene.made((OTHER_RAW, 40, "KGM"))  # 1
    scene.packed(CRATE, (RAW, 60, "KGM"))  # 2
    scene.shipped(CRATE, at=1)  # 3
    scene.received(CRATE, where=FACTORY, at=2)  # 4
    scene.unpacked(CRATE, (RAW, 60, "KGM"), where=FACTORY, at=3)  # 5
    scene.transformed([(RAW, 60, "KGM"), (OTHER_RAW, 40, "KGM")], [(LOT, 95, "KGM")], at=4)  # 6
    scene.transformed([(LOT, 95, "KGM")], [(BOXED, 38, "")], at=5)  # 7
    scene.packed(PALLET, (BOXED, 38, ""), where=FACTORY, at=6)  # 8
    scene.shipped(PALLET, where=FACTORY, at=7, groups=("0x01",))  # 9
    scene.received(PALLET, where=PICKUP, at=8)  # 10
    return scene


def test_walk__back__leads_to_every_field_and_tells_what_each_thing_is() -> None:
    way = walk(BOXED, field_to_neighbour().fetch(), forward=False)
    assert {epc: (node.relation, node.level) for epc, node in way.nodes.items()} == {
        BOXED: (Relation.SUBJECT, 0),
        LOT: (Relation.ORIGIN, 1),
        PALLET: (Relation.CARRIER, 1),
        RAW: (Relation.ORIGIN, 2),
        OTHER_RAW: (Relation.ORIGIN, 2),
        CRATE: (Relation.CARRIER, 3),
    }
    assert [event.index for event in way.events] == list(range(11))
    assert set(way.edges) == {
        Edge(RAW, CRATE, EdgeKind.PACKED_IN, 2),
        Edge(RAW, LOT, EdgeKind.MADE_INTO, 6),
        Edge(OTHER_RAW, LOT, EdgeKind.MADE_INTO, 6),
        Edge(LOT, BOXED, EdgeKind.MADE_INTO, 7),
        Edge(BOXED, PALLET, EdgeKind.PACKED_IN, 8),
    }
    assert way.is_whole


def test_walk__forward__leads_to_everything_made_of_it_and_to_its_groups() -> None:
    way = walk(RAW, field_to_neighbour().fetch(), back=False)
    assert way.epcs(Relation.PRODUCT) == [LOT, BOXED]
    assert {group for event in way.events for group in event.groups} == {"0x01"}
    assert OTHER_RAW not in way.nodes, "what was mixed with it is not made of it"


def test_walk__neither_way__is_the_thing_and_what_it_was_packed_in() -> None:
    way = walk(LOT, field_to_neighbour().fetch(), back=False, forward=False)
    assert list(way.nodes) == [LOT]
    assert [event.index for event in way.events] == [6, 7]


def test_walk__container_as_the_subject__leads_to_what_is_in_it_and_where_that_is_from() -> None:
    way = walk(PALLET, field_to_neighbour().fetch(), forward=False)
    assert way.epcs(Relation.CONTENT) == [BOXED]
    assert set(way.epcs(Relation.ORIGIN)) == {LOT, RAW, OTHER_RAW}


def test_walk__crate_used_before_and_after__counts_only_while_the_goods_are_in_it() -> None:
    scene = Scene()
    scene.packed(CRATE, (MIXED_IN, 5, "KGM"), at=-9)
    scene.shipped(CRATE, at=-8)
    scene.unpacked(CRATE, at=-7)
    within = [
        scene.made((LOT, 5, "KGM")),
        scene.packed(CRATE, (LOT, 5, "KGM")),
        scene.shipped(CRATE),
        scene.received(CRATE),
        scene.unpacked(CRATE),
    ]
    scene.packed(CRATE, (MIXED_IN, 5, "KGM"), where=WAREHOUSE, at=20)
    scene.shipped(CRATE, where=WAREHOUSE, at=21)
    way = walk(LOT, scene.fetch())
    assert list(way.events) == within
    assert MIXED_IN not in way.nodes


def test_walk__crate_filled_anew_without_a_recorded_emptying__is_left_at_the_new_filling() -> None:
    scene = Scene()
    scene.packed(CRATE, (LOT, 5, "KGM"))
    scene.shipped(CRATE)
    arrived = scene.received(CRATE)
    scene.packed(CRATE, (MIXED_IN, 5, "KGM"), where=WAREHOUSE, at=20)
    scene.shipped(CRATE, where=WAREHOUSE, at=21)
    assert walk(LOT, scene.fetch()).events[-1] == arrived


def test_walk__part_taken_out__stays_with_the_rest() -> None:
    scene = Scene()
    scene.packed(CRATE, (LOT, 5, "KGM"))
    scene.unpacked(CRATE, (LOT, 2, "KGM"), at=6)
    last = scene.shipped(CRATE, where=WAREHOUSE, at=7)
    scene.unpacked(CRATE, (LOT, 3, "KGM"), where=PICKUP, at=8)
    scene.shipped(CRATE, where=PICKUP, at=9)
    way = walk(LOT, scene.fetch())
    assert last in way.events
    assert way.events[-1].time_us == time_us(8)


def test_walk__what_came_after_the_use_or_went_elsewhere__is_not_of_the_origin() -> None:
    scene = Scene()
    scene.made((RAW, 60, "KGM"))
    scene.packed(CRATE, (RAW, 30, "KGM"))
    scene.unpacked(CRATE, (RAW, 30, "KGM"), where=FACTORY, at=3)
    scene.packed(OTHER_CRATE, (RAW, 30, "KGM"))
    scene.unpacked(OTHER_CRATE, (RAW, 30, "KGM"), where=WAREHOUSE, at=3)
    scene.transformed([(RAW, 30, "KGM")], [(LOT, 30, "KGM")], at=4)
    late = scene.shipped((RAW, 30, "KGM"), where=WAREHOUSE, at=5)
    way = walk(LOT, scene.fetch())
    assert way.epcs(Relation.CARRIER) == [CRATE]
    assert late not in way.events


def test_walk__crates_on_a_pallet_on_a_lorry_with_a_sensor__bring_its_readings() -> None:
    scene = Scene()
    lorry = "https://id.gs1.org/8004/9521321LORRY"
    scene.attached(lorry, SENSOR, at=-100)
    scene.measured(SENSOR, (-50, "20"))
    scene.packed(CRATE, (LOT, 5, "KGM"))
    scene.packed(PALLET, CRATE, at=0.6)
    scene.packed(lorry, PALLET, at=0.7)
    on_the_way = scene.measured(SENSOR, (2, "3"), (2.5, "4"))
    scene.unpacked(lorry, PALLET, at=4)
    scene.measured(SENSOR, (9, "25"))
    way = walk(LOT, scene.fetch())
    assert [event for event in way.events if event.readings] == [on_the_way]
    assert way.epcs(Relation.SENSOR) == [SENSOR]


def test_walk__recalled_crate__leads_to_what_was_packed_in_it() -> None:
    scene = Scene()
    scene.packed(CRATE, (RAW, 5, "KGM"))
    scene.transformed([(RAW, 5, "KGM")], [(LOT, 5, "KGM")])
    way = walk(CRATE, scene.fetch(), back=False)
    assert set(way.nodes) == {CRATE, RAW, LOT}


def test_walk__events_declared_wrong_by_their_author__are_set_apart() -> None:
    scene = Scene()
    scene.made((LOT, 5, "KGM"))
    wrong = scene.shipped((LOT, 5, "KGM"))
    declaration = scene.declared_wrong(wrong)
    way = walk(LOT, scene.fetch())
    assert [event.index for event in way.events] == [0]
    assert way.taken_back == (wrong, declaration)


def test_walk__event_declared_wrong_by_another__stays() -> None:
    scene = Scene()
    event = scene.made((LOT, 5, "KGM"))
    scene.declared_wrong(event, author=STRANGER)
    assert event in walk(LOT, scene.fetch()).events


def chain(links: int) -> Scene:
    scene = Scene()
    for number in range(links):
        scene.transformed([(f"lot {number}", 1, "KGM")], [(f"lot {number + 1}", 1, "KGM")], at=number)
    return scene


def test_walk__longer_than_the_bound__says_that_it_is_not_whole() -> None:
    way = walk("lot 0", chain(10).fetch(), levels_max=4)
    assert not way.is_whole
    assert len(way.nodes) == 5
    assert walk("lot 0", chain(10).fetch(), levels_max=10).is_whole


def test_walk__more_events_than_the_bound__says_that_it_is_not_whole() -> None:
    way = walk("lot 0", chain(10).fetch(), events_max=3)
    assert not way.is_whole
    assert len(way.events) == 3


def test_walk__one_thing_with_more_events_than_the_bound__says_that_it_is_not_whole() -> None:
    scene = Scene()
    for hour in range(10):
        scene.step("inspecting", LOT, where=FARM, at=hour)
    assert walk(LOT, scene.fetch(), events_max=11).is_whole
    assert not walk(LOT, scene.fetch(), events_max=10).is_whole


def test_walk__in_a_circle__ends() -> None:
    scene = Scene()
    scene.transformed([(LOT, 1, "KGM")], [(OTHER_LOT, 1, "KGM")], at=1)
    scene.transformed([(OTHER_LOT, 1, "KGM")], [(LOT, 1, "KGM")], at=1)
    scene.packed(CRATE, PALLET, at=1)
    scene.packed(PALLET, CRATE, (LOT, 1, "KGM"), at=1)
    assert walk(LOT, scene.fetch()).is_whole


@given(links=st.integers(1, 12), start=st.integers(0, 12))
def test_walk__each_level__is_one_question_for_things_not_asked_before(links: int, start: int) -> None:
    asked: list[set[str]] = []
    fetch = chain(links).fetch()

    def counting(windows: Mapping[str, Window]) -> list[Event]:
        asked.append(set(windows))
        return list(fetch(windows))

    subject = min(start, links)
    way = walk(f"lot {subject}", counting)
    assert len(way.nodes) == links + 1
    assert len(asked) == max(subject, links - subject) + 1
    assert len(set().union(*asked)) == sum(map(len, asked))


def test_contents__at_a_time__are_what_was_in_it_then() -> None:
    scene = Scene()
    scene.packed(CRATE, (RAW, 5, "KGM"), at=0)
    scene.unpacked(CRATE, at=2)
    scene.packed(CRATE, (LOT, 5, "KGM"), at=3)
    scene.packed(PALLET, CRATE, at=4)
    assert set(contents({PALLET: time_us(5)}, scene.fetch())) == {PALLET, CRATE, LOT}
    assert set(contents({CRATE: time_us(1)}, scene.fetch())) == {CRATE, RAW}
    assert set(contents({CRATE: time_us(2)}, scene.fetch())) == {CRATE, RAW}
    assert set(contents({CRATE: time_us(2.5)}, scene.fetch())) == {CRATE}
    assert set(contents({FARM: time_us(5)}, scene.fetch())) == {FARM}
