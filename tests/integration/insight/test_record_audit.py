"""The audit finds whatever was done to the record or to the rows made of it, and names the fact."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Model
from pytest_django import Settings

from pinlian.apps.epcis.models import Event, EventEpc
from pinlian.apps.insight.facade import AuditReport, audit_record
from pinlian.apps.trace import facade as trace
from pinlian.apps.trace.models import Examination, Finding, Lot, Place
from pinlian.chain.record_anchor import RecordAnchor
from pinlian.chain.transactions import Sender
from pinlian.config import wiring
from pinlian.record import facade as record
from pinlian.record import heads, log
from pinlian.record.anchoring import Anchoring
from pinlian.record.fact import leaf
from pinlian.record.models import Entry, Head, Tile
from pinlian.record.note import Algorithm, Signer, signed_note
from pinlian.record.witnessing import witness_step
from tests.integration.town import Town

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

PLACE = "https://id.gs1.org/414/9521234000014"
LOT = "https://id.gs1.org/01/09521234000013/10/A7"
STRANGER = Signer("x", Algorithm.ED25519, b"\x09" * 32)


def event(number: int) -> dict[str, Any]:
    return {
        "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
        "type": "ObjectEvent",
        "eventID": f"urn:uuid:00000000-0000-4000-8000-{number:012}",
        "eventTime": f"2026-05-28T10:{number % 60:02}:00Z",
        "eventTimeZoneOffset": "+08:00",
        "action": "OBSERVE",
        "quantityList": [{"epcClass": LOT, "quantity": number, "uom": "KGM"}],
        "readPoint": {"id": PLACE},
    }


def fact(number: int) -> record.Fact:
    kind, body = {
        0: ("place", {"epc": PLACE, "name": "Green Valley", "kind": "farm"}),
        1: ("lot", {"epc": LOT, "name": "Pak choi"}),
    }.get(number, ("epcis_event", {"event": event(number), "event_hash": "ni:///sha-256;0", "capturer": "farm"}))
    return record.sign(record.keeper(), kind, 1_780_000_000 + number, body, record.domain())


def state(count: int) -> None:
    """So many facts more, of several kinds."""
    record.append([fact(number) for number in range(record.size(), record.size() + count)])
    while record.follow_step():
        pass


@pytest.fixture
def chain(town: Town, settings: Settings, tmp_path: Path) -> RecordAnchor:
    settings.PINLIAN_HOME = tmp_path
    assert town.deployment.record_anchor is not None
    town.node.fund(record.keeper().address)
    return RecordAnchor(town.rpc, town.deployment.record_anchor)


@pytest.fixture
def anchor(chain: RecordAnchor) -> Callable[[], None]:
    def anchor() -> None:
        heads.sign_head()
        witness_step()
        anchoring = Anchoring(chain, Sender(chain.rpc, record.keeper()), interval_seconds=0)
        while anchoring.step():
            pass

    return anchor


@pytest.fixture
def kept(anchor: Callable[[], None]) -> None:
    """A record of 300 facts, with heads of 10, 290 and 300 on the chain."""
    for count in (10, 280, 10):
        state(count)
        anchor()


def run(chain: RecordAnchor, town: Town) -> AuditReport:
    return audit_record(chain, town.deployment.block, wiring.FACT_FOLLOWING_MODELS, wiring.EXAMINED_MODELS)


def found(report: AuditReport) -> set[tuple[str, str]]:
    return {(difference.what, difference.where) for difference in report.differences}


def falsified(index: int) -> bytes:
    return record.fact_at(index).leaf.replace(b'"quantity":%d' % index, b'"quantity":%d' % (index + 1))


def make_log_anew(leaves: list[bytes]) -> None:
    """What somebody does who has the database and all keys: another history, with heads of the same sizes."""
    sizes = list(Head.objects.order_by("size").values_list("size", "anchored_block"))
    for model in (Entry, Tile, Head):
        model.objects.all().delete()
    for size, block in sizes:
        log.append(leaves[log.size() : size])
        heads.sign_head()
        Head.objects.filter(size=size).update(anchored_block=block)


@pytest.mark.usefixtures("kept")
def test_audit__of_an_untouched_record__agrees_and_says_what_it_checked(chain: RecordAnchor, town: Town) -> None:
    report = run(chain, town)
    assert report.differences == ()
    assert {name: report.checked[name] for name in ("facts", "tree_hashes", "heads", "anchors")} == {
        "facts": 300,
        "tree_hashes": 1,
        "heads": 3,
        "anchors": 3,
    }
    assert report.checked["epcis.event"] == 298
    assert report.checked["trace.lot"] == report.checked["trace.place"] == 1


@pytest.mark.usefixtures("kept")
def test_audit__fact_altered__names_it_and_the_rows_that_differ(chain: RecordAnchor, town: Town) -> None:
    Entry.objects.filter(index=7).update(leaf=falsified(7))
    assert found(run(chain, town)) == {
        ("altered fact", "fact 7"),
        ("signature", "fact 7"),
        ("text", "epcis.event 7 (fact 7)"),
        ("quantity", f"epcis.eventepc {7 << 13} (fact 7)"),
    }


@pytest.mark.usefixtures("kept")
def test_audit__fact_dropped__names_it(chain: RecordAnchor, town: Town) -> None:
    for lost in (7, 299):
        Entry.objects.filter(index=lost).delete()
    differences = found(run(chain, town))
    assert {("missing fact", "fact 7"), ("missing fact", "fact 299")} <= differences
    assert ("invented row", "epcis.event 7 (fact 7)") in differences


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize("at", [7, 295])
def test_audit__log_rewritten_by_who_has_all_keys__is_found_against_the_chain(
    at: int, chain: RecordAnchor, town: Town
) -> None:
    leaves = [stored.leaf for stored in record.facts_from(0, 300)]
    body = record.fact_at(at).fact.body | {"capturer": "another"}
    of_keeper = record.sign(record.keeper(), "epcis_event", 1_780_000_000 + at, body, record.domain())
    make_log_anew([*leaves[:at], leaf(of_keeper), *leaves[at + 1 :]])
    differences = {what: where for what, where in found(run(chain, town)) if what in {"history", "capturer"}}
    assert differences["history"].endswith("facts 0 to 9" if at == 7 else "facts 290 to 299")
    assert differences["capturer"] == f"epcis.event {at} (fact {at})"


@pytest.mark.usefixtures("kept")
def test_audit__shrunk_log__names_the_facts_that_are_gone(chain: RecordAnchor, town: Town) -> None:
    leaves = [stored.leaf for stored in record.facts_from(0, 295)]
    make_log_anew(leaves)
    assert ("facts lost", "facts 295 to 299") in found(run(chain, town))


@pytest.mark.usefixtures("kept")
def test_audit__forked_view__is_found_against_the_chain(chain: RecordAnchor, town: Town) -> None:
    """The chain was shown one history, and this database has another that begins the same."""
    make_log_anew([stored.leaf for stored in record.facts_from(0, 290)])
    for number in range(10):
        record.state("lot", 9, {"epc": f"{LOT}{number}", "name": "for others"})
    heads.sign_head()
    differences = found(run(chain, town))
    assert any(what == "history" and where.endswith("facts 290 to 299") for what, where in differences)


@pytest.mark.usefixtures("kept")
def test_audit__tree_or_head_altered__is_named(chain: RecordAnchor, town: Town) -> None:
    upper = Tile.objects.get(id=1 << 48)
    upper.hashes = bytes(32)
    upper.save()
    head = Head.objects.order_by("size").first()
    assert head is not None
    Head.objects.filter(size=290).update(checkpoint=head.checkpoint, anchored_block=1)
    Head.objects.filter(size=300).update(checkpoint=signed_note("x\n1\n" + "A" * 43 + "=\n", STRANGER))
    assert {
        ("hash in the tree", "facts 0 to 255"),
        ("checkpoint", "head of 290 facts"),
        ("anchor", "head of 290 facts"),
        ("signature", "head of 300 facts"),
    } <= found(run(chain, town))


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("model", "change", "difference"),
    [
        (Event, {"biz_step": "x"}, ("biz_step", "epcis.event 2 (fact 2)")),
        (Lot, {"name": "x"}, ("name", f"trace.lot {LOT} (fact 1)")),
        (Place, {"body": {}}, ("body", f"trace.place {PLACE} (fact 0)")),
    ],
)
def test_audit__row_altered_dropped_or_invented__is_named(
    model: type[Model], change: dict[str, Any], difference: tuple[str, str], chain: RecordAnchor, town: Town
) -> None:
    row = model._default_manager.order_by("pk").first()
    assert row is not None
    original = {name: getattr(row, name) for name in change}
    model._default_manager.filter(pk=row.pk).update(**change)
    assert found(run(chain, town)) == {difference}
    model._default_manager.filter(pk=row.pk).update(**original)
    if model is Event:
        EventEpc.objects.filter(event_id=row.pk).delete()
    model._default_manager.filter(pk=row.pk).delete()
    assert ("missing row", difference[1]) in found(run(chain, town))
    row.pk = 9_000 if model is Event else "https://id.gs1.org/414/9521234000021"
    row.save(force_insert=True)
    assert "invented row" in {what for what, _ in found(run(chain, town))}


# --- What the examiner found ---


@pytest.fixture
def examined(kept: None) -> str:
    """A lot of which nobody knows where it came from, examined."""
    record.append([fact_about_the_lot("shipping", 400)])
    while record.follow_step():
        pass
    while trace.watch_step():
        pass
    (finding,) = trace.findings(LOT)
    return f"trace.finding {LOT}, {finding.kind}, {list(finding.events)}"


def fact_about_the_lot(step: str, number: int) -> record.Fact:
    body = {"event": event(number) | {"bizStep": step}, "event_hash": "ni:///sha-256;0", "capturer": "farm"}
    return record.sign(record.keeper(), "epcis_event", 1_780_000_000 + number, body, record.domain())


def test_audit__findings_as_the_examiner_wrote_them__agree(examined: str, chain: RecordAnchor, town: Town) -> None:
    report = run(chain, town)
    assert report.differences == ()
    assert (report.checked["trace.finding"], report.checked["trace.examination"]) == (1, 1)


def test_audit__finding_dropped_changed_or_invented__is_named_and_a_rebuild_mends_it(
    examined: str, chain: RecordAnchor, town: Town
) -> None:
    Finding.objects.update(severity=1, parameters={"over_by": "0"})
    assert found(run(chain, town)) == {("severity", examined), ("parameters", examined)}
    Finding.objects.all().delete()
    assert found(run(chain, town)) == {("missing row", examined)}
    Finding.objects.create(subject="x", kind="too_warm", severity=3, parameters={}, events=[])
    assert ("invented row", "trace.finding x, too_warm, []") in found(run(chain, town))
    record.rebuild(wiring.FACT_PROJECTED_MODELS)
    trace.examine_all(record.followed())
    assert run(chain, town).differences == ()


def test_audit__books_of_a_lot_changed_or_dropped__are_named(examined: str, chain: RecordAnchor, town: Town) -> None:
    Examination.objects.update(balances=[])
    assert found(run(chain, town)) == {("balances", f"trace.examination {LOT}")}
    Examination.objects.all().delete()
    assert found(run(chain, town)) == {("missing row", f"trace.examination {LOT}")}


def test_audit__what_the_examiner_has_not_come_to__is_no_difference(
    examined: str, chain: RecordAnchor, town: Town
) -> None:
    record.append([fact_about_the_lot("retail_selling", 401)])
    while record.follow_step():
        pass
    assert run(chain, town).differences == ()
    Finding.objects.create(subject="x", kind="too_warm", severity=3, parameters={}, events=[])
    assert {what for what, _ in found(run(chain, town))} == {"invented row"}
