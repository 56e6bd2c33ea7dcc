"""Mass balance. Each example is written out as its events; the numbers are those of docs/protocol/origin-checks.md."""

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.traceability.event import Event, standing
from pinlian.domain.traceability.finding import Finding, FindingKind, Severity
from pinlian.domain.traceability.lot_book import Balance
from pinlian.domain.traceability.mass_balance import balances
from pinlian.domain.traceability.quantity import SCALES_SHARE, amount
from pinlian.domain.traceability.yields import yields
from tests.unit.domain.traceability.scenes import (
    CRATE,
    FACTORY,
    FARM,
    LOT,
    OTHER_CRATE,
    OTHER_LOT,
    PALLET,
    PICKUP,
    STRANGER,
    WAREHOUSE,
    Scene,
)


def kilograms(quantity: int | str) -> tuple[str, int | str, str]:
    return LOT, quantity, "KGM"


def only(books: Sequence[Balance]) -> Balance:
    (book,) = books
    return book


def kinds(found: Sequence[Finding]) -> list[FindingKind]:
    return [each.kind for each in found]


def test_balances__sound_way__says_where_everything_is() -> None:
    scene = Scene()
    scene.made(kilograms(500))
    scene.shipped(kilograms(480))
    scene.received(kilograms(470))
    scene.lost(kilograms(10))
    scene.sold(kilograms(60), where=WAREHOUSE)
    books, found = balances(LOT, scene.events)
    assert found == []
    assert only(books) == Balance(
        dimension="KGM",
        made=Fraction(500),
        used=Fraction(0),
        lost=Fraction(10),
        sold=Fraction(60),
        on_the_way=Fraction(10),
        held={FARM: Fraction(20), WAREHOUSE: Fraction(400)},
        unexplained=Fraction(0),
    )


def test_balances__warehouse_ships_more_than_came_in__names_place_sums_and_events() -> None:
    scene = Scene()
    scene.made(kilograms(500))
    scene.shipped(kilograms(480))
    arrived = scene.received(kilograms(480))
    lost = scene.lost(kilograms(20))
    out = [scene.shipped(kilograms(300), where=WAREHOUSE, at=at) for at in (7, 8)]
    _, found = balances(LOT, scene.events)
    assert found == [
        Finding(
            FindingKind.SHIPPED_MORE_THAN_CAME_IN,
            Severity.SERIOUS,
            LOT,
            {"place": WAREHOUSE, "came_in": "480", "lost": "20", "went_out": "600", "over_by": "140", "uom": "KGM"},
            (arrived.index, lost.index, out[0].index, out[1].index),
        )
    ]


def test_balances__more_came_later__what_was_shipped_before_it_is_still_too_much() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    scene.shipped(kilograms(150), at=1)
    scene.made(kilograms(100), at=2)
    _, (finding,) = balances(LOT, scene.events)
    assert finding.kind is FindingKind.SHIPPED_MORE_THAN_CAME_IN
    assert finding.parameters["over_by"] == "50"


def test_balances__receiving_more_than_is_on_the_way__is_found() -> None:
    scene = Scene()
    scene.made(kilograms(500))
    scene.shipped(kilograms(100))
    scene.received(kilograms(130))
    _, (finding,) = balances(LOT, scene.events)
    assert finding.kind is FindingKind.RECEIVED_MORE_THAN_SHIPPED
    assert finding.parameters == {"place": WAREHOUSE, "received": "130", "over_by": "30", "uom": "KGM"}
    assert finding.events == (1, 2)


def test_balances__void_shipping__puts_the_goods_back() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    scene.shipped(kilograms(100), at=1)
    scene.step("void_shipping", kilograms(100), where=FARM, at=2)
    scene.shipped(kilograms(100), at=3)
    books, found = balances(LOT, scene.events)
    assert found == []
    assert only(books).on_the_way == 100


def test_balances__packing_and_moving_containers__makes_no_mass() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    scene.packed(CRATE, kilograms(20))
    scene.packed(OTHER_CRATE, kilograms(20))
    scene.packed(PALLET, CRATE, OTHER_CRATE, at=0.7)
    scene.shipped(PALLET)
    scene.received(PALLET)
    scene.unpacked(PALLET)
    scene.unpacked(CRATE, kilograms(20), at=6.5)
    scene.shipped(OTHER_CRATE, kilograms(5), where=WAREHOUSE, at=7)  # five loose ones beside the crate
    books, found = balances(LOT, scene.events)
    assert found == []
    assert only(books).made == 100
    assert only(books).held == {FARM: 60, WAREHOUSE: 15}
    assert only(books).on_the_way == 25


def test_balances__more_in_crates_than_there_is__is_found_when_they_leave() -> None:
    scene = Scene()
    scene.made(kilograms(30))
    scene.packed(CRATE, kilograms(20))
    scene.packed(OTHER_CRATE, kilograms(20))
    scene.shipped(CRATE, OTHER_CRATE)
    _, (finding,) = balances(LOT, scene.events)
    assert finding.kind is FindingKind.SHIPPED_MORE_THAN_CAME_IN
    assert (finding.parameters["came_in"], finding.parameters["over_by"]) == ("30", "10")


def test_balances__more_unpacked_than_packed__is_found() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    packed = scene.packed(CRATE, kilograms(20))
    unpacked = scene.unpacked(CRATE, kilograms(25), where=FARM)
    _, (finding,) = balances(LOT, scene.events)
    assert finding.kind is FindingKind.UNPACKED_MORE_THAN_PACKED
    assert finding.parameters["over_by"] == "5"
    assert finding.events == (packed.index, unpacked.index)


def test_balances__crate_used_again_without_a_recorded_emptying__holds_only_the_new_filling() -> None:
    scene = Scene()
    scene.made(kilograms(40))
    for day in (0, 24):
        scene.packed(CRATE, kilograms(20), at=day + 0.5)
        scene.shipped(CRATE, at=day + 1)
        scene.received(CRATE, at=day + 5)
    books, found = balances(LOT, scene.events)
    assert found == []
    assert only(books).held == {WAREHOUSE: 40}


def test_balances__containers_that_are_said_to_hold_each_other__count_once() -> None:
    scene = Scene()
    scene.made(kilograms(20))
    crates = [f"crate {number}" for number in range(40)]
    for crate in crates:
        scene.packed(crate, *(other for other in crates if other != crate), at=0.2)
    scene.packed(crates[0], kilograms(20))
    scene.shipped(crates[7])
    books, found = balances(LOT, scene.events)
    assert found == []
    assert only(books).on_the_way == 20


def test_balances__splitting_a_lot__uses_it_up_and_no_more() -> None:
    scene = Scene()
    scene.made(kilograms(100), where=WAREHOUSE)
    scene.transformed([kilograms(100)], [(OTHER_LOT, 60, "KGM"), ("lot 3", 40, "KGM")], where=WAREHOUSE)
    books, found = balances(LOT, scene.events)
    assert found == []
    assert only(books).used == 100
    assert only(books).held == {}
    books, found = balances(OTHER_LOT, scene.events)
    assert found == []
    assert only(books).made == 60
    assert only(books).held == {WAREHOUSE: 60}


def test_balances__merging_lots__uses_both() -> None:
    scene = Scene()
    scene.made(kilograms(70), where=FACTORY)
    scene.made((OTHER_LOT, 30, "KGM"), where=FACTORY)
    scene.transformed([kilograms(70), (OTHER_LOT, 30, "KGM")], [("lot 3", 98_000, "GRM")])
    for lot, used in ((LOT, 70), (OTHER_LOT, 30)):
        books, found = balances(lot, scene.events)
        assert found == []
        assert only(books).used == used
    assert only(balances("lot 3", scene.events)[0]).made == 98


def test_balances__using_what_is_in_a_crate__empties_the_crate() -> None:
    scene = Scene()
    scene.made(kilograms(20))
    scene.packed(CRATE, kilograms(20))
    scene.shipped(CRATE)
    scene.received(CRATE, where=FACTORY)
    scene.transformed([CRATE], [(OTHER_LOT, 18, "KGM")])
    scene.shipped(CRATE, where=FACTORY, at=8)
    books, found = balances(LOT, scene.events)
    assert found == []
    assert only(books).used == 20
    assert only(books).held == {}
    assert only(books).on_the_way == 0


def test_balances__site_that_never_records_arrivals__is_bridged_and_named() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    scene.shipped(kilograms(100))
    out = scene.shipped(kilograms(40), where=WAREHOUSE, at=7)
    books, found = balances(LOT, scene.events)
    assert found == [
        Finding(
            FindingKind.ARRIVAL_NOT_RECORDED,
            Severity.NOTICE,
            LOT,
            {"place": WAREHOUSE, "quantity": "40", "uom": "KGM"},
            (out.index,),
        )
    ]
    assert only(books).on_the_way == 100
    assert only(books).unexplained == 0


def test_balances__site_that_records_arrivals__cannot_draw_on_what_went_elsewhere() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    scene.shipped(kilograms(100))
    scene.received(kilograms(40))
    scene.shipped(kilograms(60), where=WAREHOUSE, at=7)
    _, (finding,) = balances(LOT, scene.events)
    assert finding.kind is FindingKind.SHIPPED_MORE_THAN_CAME_IN
    assert finding.parameters["over_by"] == "20"


def test_balances__site_that_never_records_departures__is_bridged_and_named() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    scene.received(kilograms(30))
    books, (finding,) = balances(LOT, scene.events)
    assert (finding.kind, finding.severity) == (FindingKind.DEPARTURE_NOT_RECORDED, Severity.NOTICE)
    assert only(books).held == {FARM: 70, WAREHOUSE: 30}


def test_balances__record_that_begins_in_the_middle__is_a_warning() -> None:
    scene = Scene()
    scene.received(kilograms(30))
    _, (finding,) = balances(LOT, scene.events)
    assert (finding.kind, finding.severity) == (FindingKind.RECEIVED_MORE_THAN_SHIPPED, Severity.WARNING)


def test_balances__pieces_of_known_content__are_balanced_as_weight() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    scene.shipped((LOT, 50, ""))
    books, found = balances(LOT, scene.events, net_content=amount("2.5", "KGM"))
    assert [each.parameters["over_by"] for each in found] == ["25"]
    assert only(books).dimension == "KGM"


def test_balances__pieces_of_unknown_content__cannot_be_compared() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    out = scene.shipped((LOT, 50, ""))
    _, (finding,) = balances(LOT, scene.events)
    assert (finding.kind, finding.events) == (FindingKind.UNITS_NOT_COMPARABLE, (out.index,))


def test_balances__event_declared_wrong_by_its_author__does_not_count() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    wrong = scene.shipped(kilograms(1_000))
    scene.declared_wrong(wrong)
    scene.shipped(kilograms(100), at=2)
    assert balances(LOT, standing(scene.events))[1] == []


def test_balances__event_declared_wrong_by_another__still_counts() -> None:
    scene = Scene()
    scene.made(kilograms(100))
    wrong = scene.shipped(kilograms(1_000))
    scene.declared_wrong(wrong, author=STRANGER)
    assert kinds(balances(LOT, standing(scene.events))[1]) == [FindingKind.SHIPPED_MORE_THAN_CAME_IN]


# --- Transformations ---


def test_yields__more_out_than_in__names_each_output() -> None:
    scene = Scene()
    event = scene.transformed([kilograms(100)], [(OTHER_LOT, 80, "KGM"), ("lot 3", "40.5", "KGM")])
    found = yields(event)
    assert [each.subject for each in found] == sorted([OTHER_LOT, "lot 3"])
    assert {each.kind for each in found} == {FindingKind.MADE_MORE_THAN_USED}
    assert found[0].parameters == {
        "used": "100",
        "made": "120.5",
        "over_by": "20.5",
        "uom": "KGM",
        "yield_max": "1",
    }


def test_yields__brine_is_added__up_to_the_stated_yield_is_in_order() -> None:
    event = Scene().transformed([kilograms(100)], [(OTHER_LOT, 130, "KGM")])
    assert yields(event, yield_max=Fraction("1.3")) == []
    (finding,) = yields(event, yield_max=Fraction("1.25"))
    assert finding.parameters["over_by"] == "5"


def test_yields__transformation_recorded_in_parts__counts_as_one() -> None:
    scene = Scene()
    first = scene.transformed([kilograms(60)], [], transformation="t1")
    second = scene.transformed([kilograms(40)], [(OTHER_LOT, 100, "KGM")], transformation="t1", at=8)
    assert len(yields(second)) == 1
    assert yields(replace(second, parts=(first,))) == []


def test_yields__boxes_of_known_content__are_compared_as_weight() -> None:
    event = Scene().transformed([kilograms(100)], [(OTHER_LOT, 41, "")])
    assert kinds(yields(event)) == [FindingKind.UNITS_NOT_COMPARABLE]
    (finding,) = yields(event, net_contents={OTHER_LOT: amount("2.5", "KGM")})
    assert finding.parameters["over_by"] == "2.5"


# --- Whatever happens ---

Step = tuple[str, int, str]
SITES = (FARM, FACTORY, WAREHOUSE, PICKUP)

steps = st.tuples(
    st.sampled_from(["made", "shipped", "received", "lost", "sold", "packed", "crate", "unpacked", "used"]),
    st.integers(1, 400),
    st.sampled_from(SITES),
)


def history(script: Sequence[Step]) -> list[Event]:
    """Any steps in any order, plausible or not."""
    scene = Scene()
    for at, (step, quantity, where) in enumerate(script):
        item = kilograms(quantity)
        match step:
            case "made":
                scene.made(item, where=where, at=at)
            case "shipped":
                scene.shipped(item, where=where, at=at)
            case "received":
                scene.received(item, where=where, at=at)
            case "lost":
                scene.lost(item, where=where, at=at)
            case "sold":
                scene.sold(item, where=where, at=at)
            case "packed":
                scene.packed(CRATE, item, where=where, at=at)
            case "crate":
                scene.shipped(CRATE, where=where, at=at)
            case "unpacked":
                scene.unpacked(CRATE, item, where=where, at=at)
            case "used":
                scene.transformed([item], [(OTHER_LOT, quantity, "KGM")], where=where, at=at)
    return scene.events


@given(script=st.lists(steps, max_size=12))
def test_balances__whatever_happens__nothing_appears_or_vanishes_unexplained(script: list[Step]) -> None:
    for book in balances(LOT, history(script))[0]:
        somewhere = sum(book.held.values()) + book.on_the_way + book.used + book.lost + book.sold
        assert somewhere == book.made + book.unexplained
        assert all(value > 0 for value in book.held.values())
        assert min(book.made, book.used, book.lost, book.sold, book.on_the_way, book.unexplained) >= 0


@given(script=st.lists(steps, max_size=12))
def test_balances__something_is_unexplained__exactly_when_a_finding_says_so(script: list[Step]) -> None:
    books, found = balances(LOT, history(script))
    unexplained = sum(book.unexplained for book in books)
    told = sum(
        Fraction(str(each.parameters["over_by"]))
        for each in found
        if each.kind in (FindingKind.SHIPPED_MORE_THAN_CAME_IN, FindingKind.RECEIVED_MORE_THAN_SHIPPED)
    )
    assert told <= unexplained <= told + sum(quantity for _, quantity, _ in script) * SCALES_SHARE


@given(script=st.lists(steps, max_size=10), seed=st.randoms(use_true_random=False))
def test_balances__the_order_of_recording__does_not_matter(script: list[Step], seed: Random) -> None:
    events = history(script)
    shuffled = list(events)
    seed.shuffle(shuffled)
    assert balances(LOT, shuffled) == balances(LOT, events)


@given(made=st.integers(1, 10_000), parts=st.lists(st.integers(1, 500), min_size=1, max_size=12), packed=st.booleans())
def test_balances__shipping_in_parts__is_too_much_exactly_when_the_parts_are(
    made: int, parts: list[int], packed: bool
) -> None:
    scene = Scene()
    scene.made(kilograms(made))
    for number, part in enumerate(parts):
        crate = f"crate {number}"
        if packed:
            scene.packed(crate, kilograms(part))
        scene.shipped(crate if packed else (LOT, part * 1_000, "GRM"))
    _, found = balances(LOT, scene.events)
    over = sum(parts) - made
    is_more_than_scales_differ = over > made * SCALES_SHARE
    assert [each.parameters["over_by"] for each in found] == ([str(over)] if is_more_than_scales_differ else [])
