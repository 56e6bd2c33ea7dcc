"""The record's door: facts go in once, come out as they were, and can be proven."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from pinlian.chain.keys import Key, key_from_bytes
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record import facade as record
from pinlian.record import heads
from pinlian.record.checkpoint import open_checkpoint
from pinlian.record.fact import leaf
from pinlian.record.heads import sign_head
from pinlian.record.identity import log_signer
from pinlian.record.tree import includes, is_consistent, leaf_hash

pytestmark = [pytest.mark.django_db(databases=["default", "journal", "record"]), pytest.mark.usefixtures("record")]

FARMER = key_from_bytes("farmer", bytes(range(1, 33)))


def note(number: int, key: Key = FARMER) -> record.Fact:
    return record.sign(key, "note", 1_780_000_000 + number, {"number": number}, record.domain())


def notes(count: int) -> list[record.Fact]:
    return [note(number) for number in range(count)]


def test_append__facts__get_places_without_a_gap_and_come_out_as_they_were() -> None:
    assert record.append(notes(3)) == [0, 1, 2]
    assert record.append([note(7)]) == [3]
    assert record.size() == 4
    assert [stored.fact for stored in record.facts_from(0, 10)] == [*notes(3), note(7)]
    assert [stored.index for stored in record.facts_from(1, 2)] == [1, 2]
    assert record.fact_at(3).fact == note(7)
    assert record.fact_at(3).leaf == leaf(note(7))


def test_append__nothing__changes_nothing() -> None:
    assert record.append([]) == []
    assert record.size() == 0


def test_append__the_same_fact_again__keeps_its_place() -> None:
    record.append(notes(3))
    assert record.append([note(5), note(1), note(5)]) == [3, 1, 3]
    assert record.size() == 4


def test_append__one_bad_fact_among_good__takes_none() -> None:
    forged = record.Fact("note", 1, note(0).author, {"number": 9}, note(0).signature)
    with pytest.raises(Refused, match="fact 1 of these") as refused:
        record.append([note(0), forged, note(1)])
    assert (refused.value.refusal, refused.value.field) == (Refusal.FACT_SIGNATURE_INVALID, "signature")
    assert record.size() == 0


def test_append__more_than_fit_at_once__is_oversized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(record, "FACTS_PER_APPEND_MAX", 2)
    with pytest.raises(Refused) as refused:
        record.append(notes(3))
    assert refused.value.refusal is Refusal.OVERSIZED
    assert record.append(notes(2)) == [0, 1]


def test_state__twice__is_one_fact_of_the_keeper() -> None:
    body: dict[str, Any] = {"terms": "as agreed"}
    assert record.state("offer_terms", 7, body) == record.state("offer_terms", 7, body) == 0
    assert record.fact_at(0).fact.author == "0x" + record.keeper().address.hex()


@pytest.mark.parametrize("index", [-1, 3, 2**40])
def test_fact_at__no_such_place__is_unknown(index: int) -> None:
    record.append(notes(3))
    with pytest.raises(Refused) as refused:
        record.fact_at(index)
    assert refused.value.refusal is Refusal.FACT_UNKNOWN


def test_proofs__of_every_fact_and_size__lead_to_the_signed_head() -> None:
    record.append(notes(300))
    old = record.head()
    record.append([note(number) for number in range(300, 700)])
    sign_head()
    head = record.head()
    assert (old.size, head.size) == (300, 700)
    for index in (0, 255, 256, 299, 300, 511, 512, 699):
        path = record.inclusion_proof(index, head.size)
        assert includes(head.root, leaf_hash(leaf(note(index))), index, head.size, path)
    proof = record.consistency_proof(old.size, head.size)
    assert is_consistent(old.size, old.root, head.size, head.root, proof)


@pytest.mark.parametrize(
    ("ask", "numbers"),
    [
        (record.inclusion_proof, (3, 3)),
        (record.inclusion_proof, (0, 4)),
        (record.inclusion_proof, (-1, 3)),
        (record.consistency_proof, (3, 2)),
        (record.consistency_proof, (1, 4)),
        (record.consistency_proof, (-1, 3)),
    ],
)
def test_proofs__beyond_the_record__are_unknown(ask: Callable[[int, int], object], numbers: tuple[int, int]) -> None:
    record.append(notes(3))
    with pytest.raises(Refused) as refused:
        ask(*numbers)
    assert refused.value.refusal is Refusal.FACT_UNKNOWN


def test_head__is_a_checkpoint_that_the_log_signed() -> None:
    record.append(notes(5))
    head = record.head()
    opened = open_checkpoint(head.checkpoint, log_signer().verifier)
    assert (opened.body.origin, opened.body.size, opened.body.root) == ("farm.example/record", 5, head.root)
    assert not head.witnessed
    assert head.anchored_block is None


def test_head__of_an_empty_record__can_be_asked() -> None:
    assert record.head().size == 0


def test_sign_head__nothing_new__signs_nothing() -> None:
    record.append(notes(2))
    assert sign_head()
    assert not sign_head()


def test_sign_head__tree_that_its_last_head_is_not_of__signs_nothing() -> None:
    record.append(notes(3))
    before = record.head()
    change("UPDATE record_tile SET hashes = %s WHERE id = 0", b"\x01" * 96)
    record.append([note(3)])
    with pytest.raises(Refused, match="does not lead to its own head of 3 facts") as refused:
        sign_head()
    assert refused.value.refusal is Refusal.UNAVAILABLE
    assert record.head() == before


def test_sign_head__superseded_head__is_kept_for_a_while_or_for_good_if_it_is_anchored() -> None:
    for _ in range(4):
        record.append([note(record.size())])
        sign_head()
    change("UPDATE record_head SET signed_at = signed_at - 1000 WHERE size < %s", 4)
    change("UPDATE record_head SET witnessed = %s WHERE size = 2", True)
    change("UPDATE record_head SET anchor_tx_hash = '0x01' WHERE size = 1")
    record.append([note(4)])
    sign_head()
    assert [size for size in range(1, 6) if heads.of_size(size)] == [1, 2, 4, 5]


def test_standing__before_and_after_a_head_is_anchored() -> None:
    record.append(notes(3))
    assert record.standing(1, author_is_known=True) is record.Standing.NOT_ANCHORED
    anchor_newest_head()
    record.append([note(3)])
    assert record.standing(1, author_is_known=True) is record.Standing.VERIFIED
    assert record.standing(1, author_is_known=False) is record.Standing.AUTHOR_UNKNOWN
    assert record.standing(3, author_is_known=True) is record.Standing.NOT_ANCHORED


def test_standing__anchored_and_not_witnessed__is_not_yet_verified() -> None:
    record.append(notes(3))
    anchor_newest_head()
    change("UPDATE record_head SET witnessed = %s", False)
    assert record.standing(1, author_is_known=True) is record.Standing.NOT_ANCHORED


def test_standing__stored_leaf_was_altered__says_so() -> None:
    record.append(notes(3))
    anchor_newest_head()
    change("UPDATE record_entry SET leaf = %s WHERE leaf_hash = %s", leaf(note(9)), leaf_hash(leaf(note(1))))
    found = record.standings([0, 1, 2, 3])
    assert found == {
        0: record.Standing.VERIFIED,
        1: record.Standing.ALTERED,
        2: record.Standing.VERIFIED,
    }


def test_standing__stored_tree_was_altered_too__says_so() -> None:
    record.append(notes(3))
    anchor_newest_head()
    forged = leaf_hash(leaf(note(9)))
    change("UPDATE record_entry SET leaf = %s WHERE leaf_hash = %s", leaf(note(9)), leaf_hash(leaf(note(1))))
    hashes = [leaf_hash(leaf(note(0))), forged, leaf_hash(leaf(note(2)))]
    change("UPDATE record_tile SET hashes = %s WHERE id = 0", b"".join(hashes))
    assert set(record.standings([0, 1, 2]).values()) == {record.Standing.ALTERED}


def anchor_newest_head() -> None:
    """As if the chain had it."""
    sign_head()
    change("UPDATE record_head SET anchored_block = 7, witnessed = %s", True)


def change(statement: str, *values: bytes | bool | int) -> None:
    """What somebody with the database in hand can do."""
    with connections["record"].cursor() as cursor:
        cursor.execute(statement, values)


@pytest.mark.django_db(databases=["default", "journal", "record"], transaction=True)
def test_append__from_many_threads__is_one_log_of_all() -> None:
    answers: dict[int, list[int]] = {}

    def add(number: int) -> None:
        answers[number] = record.append([note(10 * number + offset) for offset in range(10)])
        connections["record"].close()

    threads = [threading.Thread(target=add, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(index for indices in answers.values() for index in indices) == list(range(120))
    for number, indices in answers.items():
        assert indices == list(range(indices[0], indices[0] + 10))
        assert record.fact_at(indices[3]).fact == note(10 * number + 3)
    head = record.head()
    path = record.inclusion_proof(77, 120)
    assert includes(head.root, leaf_hash(record.fact_at(77).leaf), 77, 120, path)
