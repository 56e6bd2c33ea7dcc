"""Projections see each fact once, in order, and can be made again."""

from collections.abc import Sequence

import pytest
from pytest_django import Settings

from pinlian.record import facade as record
from pinlian.record import follow
from pinlian.record.models import Entry, Tile
from tests.integration.record.test_log import note

pytestmark = [pytest.mark.django_db(databases=["default", "journal", "record"]), pytest.mark.usefixtures("record")]

seen: list[tuple[str, list[int]]] = []


def on_note(facts: Sequence[record.StoredFact]) -> None:
    seen.append(("note", [stored.index for stored in facts]))


def on_remark(facts: Sequence[record.StoredFact]) -> None:
    seen.append(("remark", [stored.index for stored in facts]))


def on_bad(facts: Sequence[record.StoredFact]) -> None:
    raise RuntimeError("a projection fails")


PROJECTIONS: follow.Projections = {"note": [on_note], "remark": [on_remark], "bad": [on_bad]}


@pytest.fixture(autouse=True)
def projections(settings: Settings) -> None:
    settings.FACT_PROJECTIONS = f"{__name__}.PROJECTIONS"
    seen.clear()


def test_follow_step__facts_of_several_kinds__go_to_their_projections_in_order() -> None:
    record.append([note(0), note(1)])
    record.state("remark", 1, {})
    record.state("of_no_interest", 1, {})
    record.append([note(2)])
    assert record.follow_step()
    assert seen == [("note", [0, 1]), ("remark", [2]), ("note", [4])]
    assert record.followed() == 5
    assert not record.follow_step()


def test_follow_step__more_than_a_step__goes_on_where_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "FACTS_PER_STEP_MAX", 2)
    record.append([note(number) for number in range(5)])
    while record.follow_step():
        pass
    assert seen == [("note", [0, 1]), ("note", [2, 3]), ("note", [4])]


def test_follow_step__projection_fails__stays_where_it_was() -> None:
    record.append([note(0)])
    record.follow_step()
    record.append([note(1)])
    record.state("bad", 1, {})
    with pytest.raises(RuntimeError, match="a projection fails"):
        record.follow_step()
    assert record.followed() == 1


def test_follow_step__fact_dropped__stands_still_and_names_it() -> None:
    record.append([note(number) for number in range(5)])
    Entry.objects.filter(index=2).delete()
    with pytest.raises(follow.FactsLost, match="fact 2 is not there"):
        record.follow_step()
    assert record.followed() == 0


def test_follow_step__record_restored_without_its_newest_facts__stands_still_until_it_is_rebuilt() -> None:
    record.append([note(number) for number in range(5)])
    record.follow_step()
    for model in (Entry, Tile):
        model.objects.all().delete()
    record.append([note(number) for number in (0, 1, 2)])
    with pytest.raises(follow.FactsLost, match="fact 4, which the read model has, is not there"):
        record.follow_step()
    record.append([note(number) for number in (13, 14, 15)])
    with pytest.raises(follow.FactsLost, match="fact 4, which the read model has, is another one now"):
        record.follow_step()
    assert record.followed() == 5
    seen.clear()
    record.rebuild([])
    assert seen == [("note", [0, 1, 2, 3, 4, 5])]


def test_rebuild__begins_with_the_first_fact() -> None:
    record.append([note(0), note(1)])
    record.follow_step()
    seen.clear()
    record.rebuild([])
    assert seen == [("note", [0, 1])]
