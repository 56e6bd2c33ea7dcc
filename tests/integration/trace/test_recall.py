"""A recall: from one lot to all lots, groups, orders, and the people who must hear of it."""

import pytest

from pinlian.apps.people import facade as people
from pinlian.apps.trace import facade as trace
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct
from pinlian.domain.refusals import Refusal, Refused
from tests.integration.accounts import sign_up
from tests.integration.town import LEADER, MERCHANT, Town, buyer
from tests.integration.trace.people import signing
from tests.integration.trace.scene import (
    CRATE,
    FACTORY,
    PICKUP,
    capture,
    follow,
    lot,
    made,
    packed,
    received,
    shipped,
    transformed,
    unix,
    unpacked,
)

RAW, BOXED, OTHER = lot("RAW"), lot("BOXED"), lot("OTHER")
REASON = "pesticide above the limit"


class TestOnRecord:
    """Who may call a lot back, and until when it counts; no orders are needed for that."""

    pytestmark = [
        pytest.mark.django_db(databases=["default", "journal", "record"]),
        pytest.mark.usefixtures("record"),
    ]

    def test_recall__by_the_operator__reaches_everything_made_of_the_lot(self) -> None:
        group = "0x" + "0a" * 32
        capture(
            made((RAW, 100, "KGM"), where=FACTORY),
            made((OTHER, 10, "KGM"), where=FACTORY),
            transformed([(RAW, 100, "KGM")], [(BOXED, 95, "KGM")], at=4),
            packed(CRATE, (BOXED, 95, "KGM"), (OTHER, 10, "KGM"), where=FACTORY, at=5),
            shipped(CRATE, where=FACTORY, at=6, group=group),
            received(CRATE, where=PICKUP, at=9),
            unpacked(CRATE, where=PICKUP, at=10),
        )
        card = trace.recall(RAW, REASON)
        follow()
        assert card.lots == (RAW, BOXED)
        assert card.groups == (group,)
        assert [recall.reason for recall in trace.history(BOXED).recalls] == [REASON]
        assert trace.history(OTHER).recalls == ()
        assert [recall.epc for recall in trace.open_recalls()] == [RAW]

    def test_recall__by_a_stranger__does_not_count(self) -> None:
        farmer, stranger = signing("farmer"), signing("stranger")
        trace.register_lot(RAW, name="Spinach", sign=farmer)
        trace.recall(RAW, REASON, sign=stranger)
        follow()
        assert trace.recalls_of([RAW]) == []
        trace.recall(RAW, REASON, sign=farmer)
        follow()
        assert len(trace.recalls_of([RAW])) == 1

    def test_end_recall__by_whoever_may__ends_it(self) -> None:
        trace.recall(RAW, REASON, at=unix(1))
        trace.end_recall(RAW, "the laboratory was wrong", at=unix(2))
        follow()
        assert trace.open_recalls() == []

    def test_recall__without_a_reason__is_refused(self) -> None:
        with pytest.raises(Refused) as refused:
            trace.recall(RAW, "")
        assert (refused.value.refusal, refused.value.field) == (Refusal.MALFORMED, "reason")


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_recall__of_a_lot_that_went_to_a_group__tells_buyers_leader_and_merchant_once(town: Town) -> None:
    one, two, elsewhere = buyer(1), buyer(2), buyer(3)
    ids = {
        name: sign_up(f"1380000000{number}", name, key, *roles)
        for number, (name, key, roles) in enumerate(
            [("one", one, ()), ("two", two, ()), ("elsewhere", elsewhere, ()), ("leader", LEADER, ("leader",)),
             ("merchant", MERCHANT, ("merchant",))]
        )
    }  # fmt: skip
    town.top_up(one, two, elsewhere)
    offer = town.publish()
    group, other = town.open(offer), town.open(offer, salt=1)
    town.order(group, one, 2)
    town.order(group, two, 3)
    town.order(other, elsewhere, 4)
    group_id, other_id = to_hex(hash_struct(group)), to_hex(hash_struct(other))
    trace.register_lot(BOXED, name="Spinach, washed")
    capture(made((BOXED, 100, "KGM")), shipped((BOXED, 20, "KGM"), group=group_id))

    card = trace.recall(BOXED, REASON)
    assert (card.groups, card.orders) == ((group_id,), 2)
    assert trace.lots_of_group(group_id) == [BOXED]
    told = {name for name, person in ids.items() if people.notices_of(person)}
    assert told == {"one", "two", "leader", "merchant"}
    (notice,) = people.notices_of(ids["one"])
    assert REASON in notice.text
    assert notice.path == "/01/09521234000013/10/BOXED"

    follow()
    assert len(people.notices_of(ids["one"])) == 1
    capture(shipped((BOXED, 20, "KGM"), at=2, group=other_id))
    assert len(people.notices_of(ids["elsewhere"])) == 1, "it went further after it was called back"
    assert len(people.notices_of(ids["leader"])) == 2
