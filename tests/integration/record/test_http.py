"""The record over HTTP: what an outsider can read and check, and what may be handed in."""

import time
from dataclasses import asdict
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from pinlian.apps.people.facade import Limit
from pinlian.chain.keys import key_from_bytes
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record import facade as record
from pinlian.record import heads
from pinlian.record.checkpoint import open_checkpoint
from pinlian.record.identity import log_signer
from pinlian.record.models import Entry, Tile
from pinlian.record.note import Verifier, from_base64
from pinlian.record.tree import includes, is_consistent, leaf_hash
from pinlian.record.verify import Bundle, State, Trust, verify
from pinlian.web import api_requests
from tests.integration.accounts import sign_up
from tests.integration.record.test_log import FARMER, note

pytestmark = [pytest.mark.django_db(databases=["default", "journal", "record"]), pytest.mark.usefixtures("record")]

API = "/api/v1/record"
STRANGER = key_from_bytes("stranger", b"\x33" * 32)


def farmer_only(fact: record.Fact) -> None:
    if fact.author != "0x" + FARMER.address.hex():
        raise Refused(Refusal.FACT_AUTHOR_NOT_ADMITTED, "author")


ADMISSIONS = {"note": farmer_only}


@pytest.fixture(autouse=True)
def admissions(settings: Settings) -> None:
    settings.FACT_ADMISSIONS = f"{__name__}.ADMISSIONS"


def keep(count: int) -> None:
    record.append([note(number) for number in range(record.size(), count)])
    heads.sign_head()


def get(client: Client, path: str) -> dict[str, Any]:
    answer = client.get(f"{API}/{path}")
    assert answer.status_code == 200, answer.content
    return dict(answer.json())


def test_head__has_what_a_stranger_needs_to_check_it(client: Client) -> None:
    keep(3)
    head = get(client, "head")
    opened = open_checkpoint(head["checkpoint"], Verifier.from_vkey(head["log_key"]))
    assert (opened.body.size, opened.body.root) == (3, from_base64(head["root"])) == (head["size"], record.head().root)
    assert head["domain"] == record.domain().json()
    assert head["keeper"] == "0x" + record.keeper().address.hex()
    assert (head["witnessed"], head["anchored_block"]) == (False, None)


def test_fact__by_its_index__has_the_bytes_that_the_proof_is_about(client: Client) -> None:
    keep(5)
    found, head = get(client, "facts/3"), get(client, "head")
    proof = get(client, "proof/inclusion?index=3&size=5")
    path = [from_base64(hash_) for hash_ in proof["path"]]
    assert includes(from_base64(head["root"]), leaf_hash(found["leaf"].encode()), 3, 5, path)
    assert found["fact"] == asdict(note(3))
    assert found["standing"] == "not_anchored"


@pytest.mark.parametrize("leaf", [b"\xff\xfe", b"[]", b'{"author":"x"}', b""])
def test_fact__altered_so_that_it_is_none__is_said_to_be_altered(client: Client, leaf: bytes) -> None:
    keep(5)
    Entry.objects.filter(index=3).update(leaf=leaf)
    found = get(client, "facts/3")
    assert (found["standing"], found["fact"]) == ("altered", None)


@pytest.mark.parametrize("hashes", [b"", b"\x01" * 40])
def test_proofs__of_a_tree_that_lost_hashes__are_unavailable(client: Client, hashes: bytes) -> None:
    keep(5)
    Tile.objects.update(hashes=hashes)
    for path in ("bundle?index=2", "proof/inclusion?index=3&size=5", "proof/consistency?old=3&new=5"):
        answer = client.get(f"{API}/{path}")
        assert (answer.status_code, answer.json()["refusal"]) == (503, "UNAVAILABLE")
    assert get(client, "facts/2")["standing"] == "altered"


def test_consistency__of_two_heads__holds(client: Client) -> None:
    keep(3)
    old = record.head()
    keep(300)
    new = record.head()
    proof = get(client, "proof/consistency?old=3&new=300")
    path = [from_base64(hash_) for hash_ in proof["path"]]
    assert is_consistent(3, old.root, 300, new.root, path)


def test_bundle__of_two_facts__is_one_file_about_one_head(client: Client) -> None:
    keep(9)
    answer = client.get(f"{API}/bundle?index=3&index=5")
    assert answer["Content-Type"] == "application/vnd.pinlian.proof+json"
    found = answer.json()
    assert [fact["index"] for fact in found["facts"]] == [3, 5]
    assert found["checkpoint"] == record.head().checkpoint


def test_bundle__author_whom_this_installation_knows__is_named(client: Client) -> None:
    sign_up("13800000001", "王大田", FARMER)
    keep(2)
    record.append([note(2, STRANGER)])
    record.state("note", 1, {})
    Entry.objects.filter(index=1).update(leaf=b'{"author":[]}')
    heads.sign_head()
    bundle = Bundle.parse(client.get(f"{API}/bundle?index=0&index=1&index=2&index=3").content)
    assert set(bundle.authors) == {f"0x{FARMER.address.hex()}", f"0x{record.keeper().address.hex()}"}
    report = verify(bundle, Trust(log=log_signer().verifier))
    assert [fact.state for fact in report.facts] == [
        State.VERIFIED,
        State.ALTERED,
        State.AUTHOR_UNKNOWN,
        State.VERIFIED,
    ]
    assert report.facts[0].author_name.startswith("王")
    assert report.facts[3].author_name == log_signer().name


@pytest.mark.parametrize(
    "path",
    [
        "facts/3",
        "bundle?index=3",
        "bundle?index=1&head_size=2",
        "proof/inclusion?index=3&size=3",
        "proof/inclusion?index=0&size=4",
        "proof/consistency?old=1&new=4",
    ],
)
def test_read__beyond_the_record__is_not_found(client: Client, path: str) -> None:
    keep(3)
    answer = client.get(f"{API}/{path}")
    assert (answer.status_code, answer.json()["refusal"]) == (404, "FACT_UNKNOWN")


def post(client: Client, fact: record.Fact, **changes: Any) -> tuple[int, dict[str, Any]]:
    answer = client.post(f"{API}/facts", asdict(fact) | changes, content_type="application/json")
    return answer.status_code, answer.json()


def test_state_fact__too_many_from_one_place__are_refused_in_the_readers_language(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api_requests, "FACTS_FROM_PLACE", Limit("fact place", 2))
    for number in (0, 1):
        assert post(client, note(number)) == (201, {"index": number})
    address, fact = f"{API}/facts", asdict(note(2))
    refused = client.post(address, fact, content_type="application/json", headers={"accept-language": "zh-hans"})
    assert (refused.status_code, refused.json()["refusal"]) == (429, "RATE_LIMITED")
    assert refused.json()["remedy"] == "请过几分钟再试。"
    assert refused.json()["detail"] == "again in 15 minutes"
    assert record.size() == 2
    elsewhere = client.post(address, fact, content_type="application/json", REMOTE_ADDR="192.0.2.9")
    assert elsewhere.status_code == 201


def test_state_fact__signed_and_admitted__is_in_the_record_once(client: Client) -> None:
    assert post(client, note(0)) == post(client, note(0)) == (201, {"index": 0})
    assert record.fact_at(0).fact == note(0)


def refusal(client: Client, fact: record.Fact, **changes: Any) -> tuple[int, str]:
    status, problem = post(client, fact, **changes)
    assert record.size() == 0
    return status, problem["refusal"]


def test_state_fact__signature_of_something_else__is_refused(client: Client) -> None:
    assert refusal(client, note(0), time=7) == (422, "FACT_SIGNATURE_INVALID")


def test_state_fact__kind_that_nobody_may_hand_in__is_refused(client: Client) -> None:
    fact = record.sign(FARMER, "offer_terms", 7, {}, record.domain())
    assert refusal(client, fact) == (403, "FACT_KIND_NOT_ADMITTED")


def test_state_fact__author_whom_the_kinds_owner_does_not_know__is_refused(client: Client) -> None:
    assert refusal(client, note(0, record.keeper())) == (403, "FACT_AUTHOR_NOT_ADMITTED")


def test_state_fact__from_the_future__is_refused(client: Client) -> None:
    fact = record.sign(FARMER, "note", int(time.time()) + 7_200, {}, record.domain())
    assert refusal(client, fact) == (422, "FACT_TIME_INVALID")


def test_state_fact__too_long__is_refused(client: Client) -> None:
    fact = record.sign(FARMER, "note", 7, {"text": "x" * 60_000}, record.domain())
    assert refusal(client, fact) == (413, "FACT_OVERSIZED")


@pytest.mark.parametrize("changes", [{"kind": "Note"}, {"time": -1}, {"body": []}, {"author": "0x12"}, {"tip": 1}])
def test_state_fact__not_of_the_form__is_malformed(client: Client, changes: dict[str, Any]) -> None:
    assert refusal(client, note(0), **changes) == (422, "MALFORMED")


# --- C2SP tlog-tiles ---


def test_checkpoint__is_the_newest_head(client: Client) -> None:
    keep(3)
    answer = client.get("/record/checkpoint")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert open_checkpoint(answer.content.decode(), log_signer().verifier).body.size == 3


def test_tile__partial_and_full__has_the_hashes_of_its_leaves(client: Client) -> None:
    keep(260)
    leaves = [leaf_hash(stored.leaf) for stored in record.facts_from(0, 260)]
    whole = client.get("/record/tile/0/000")
    assert whole.content == b"".join(leaves[:256])
    assert "immutable" in whole["Cache-Control"]
    assert client.get("/record/tile/0/001.p/4").content == b"".join(leaves[256:])
    assert client.get("/record/tile/0/001.p/3").content == b"".join(leaves[256:259])
    assert len(client.get("/record/tile/1/000.p/1").content) == 32


def test_entries__partial_and_full__are_the_leaves_with_their_lengths(client: Client) -> None:
    keep(258)
    first = record.fact_at(0).leaf
    assert client.get("/record/tile/entries/000").content.startswith(len(first).to_bytes(2, "big") + first)
    last = b"".join(len(stored.leaf).to_bytes(2, "big") + stored.leaf for stored in record.facts_from(256, 2))
    assert client.get("/record/tile/entries/001.p/2").content == last


@pytest.mark.parametrize(
    "path",
    [
        "0/000",
        "0/000.p/4",
        "0/000.p/0",
        "0/000.p/256",
        "0/001",
        "0/x000/000.p/3",
        "entries/x000/000.p/3",
        "1/000.p/1",
        "64/000",
        "0/1",
        "0/999",
        "63/x999/x999/x999/x999/999",
        "entries/000",
        "entries/000.p/4",
        "entries/x999/x999/x999/x999/999.p/1",
        "entries/../0/000.p/3",
    ],
)
def test_tile__that_is_not_there__is_not_found(client: Client, path: str) -> None:
    keep(3)
    assert client.get(f"/record/tile/{path}").status_code == 404
