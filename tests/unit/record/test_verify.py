"""Proof bundles are found to be what they are: the same cases that the device's code is held to."""

import json
from pathlib import Path
from typing import Any

import pytest

from pinlian.record.note import Verifier
from pinlian.record.policy import policy_of
from pinlian.record.verify import Bundle, BundleError, State, Trust, TrustedHead, verify

FILE = Path(__file__).resolve().parents[3] / "frontend/test/generated/proof-bundles.json"
CASES: list[dict[str, Any]] = json.loads(FILE.read_text())
GOOD: dict[str, Any] = CASES[0]["bundle"]


def trust_of(value: dict[str, Any]) -> Trust:
    return Trust(
        heads=tuple(
            TrustedHead(head["size"], bytes.fromhex(head["root"][2:]), head["source"]) for head in value["heads"]
        ),
        log=Verifier.from_vkey(value["log"]) if value["log"] else None,
        policy=policy_of([Verifier.from_vkey(vkey) for vkey in value["witnesses"]], value["quorum"]),
        authors=value["authors"],
        missing=tuple(value["missing"]),
        is_fresh=value["is_fresh"],
    )


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_verify__every_way_to_cheat__is_found_and_named(case: dict[str, Any]) -> None:
    report = verify(Bundle.parse(json.dumps(case["bundle"])), trust_of(case["trust"]))
    assert [fact.state for fact in report.facts] == case["states"]
    assert [fact.index for fact in report.facts] == [fact["index"] for fact in case["bundle"]["facts"]]
    assert report.ok == (set(case["states"]) == {State.VERIFIED})
    doubtful = [fact for fact in report.facts if fact.state is not State.VERIFIED]
    assert all(fact.problems for fact in doubtful)
    if "words" in case:
        assert case["words"] in "; ".join(doubtful[0].problems)


def test_verify__honest_facts__are_told_with_author_and_time() -> None:
    case = CASES[0]
    farmers = verify(Bundle.parse(json.dumps(case["bundle"])), trust_of(case["trust"])).facts[0]
    assert (farmers.kind, farmers.time, farmers.author_name) == ("epcis_event", 1_780_000_000, "Green Valley farm")


def test_verify__bundle_without_facts__is_not_ok() -> None:
    assert not verify(Bundle.parse(json.dumps(GOOD | {"facts": []})), trust_of(CASES[0]["trust"])).ok


def test_bundle__written_and_read__is_the_same() -> None:
    for case in CASES:
        bundle = Bundle.parse(json.dumps(case["bundle"]))
        assert bundle.as_json() == case["bundle"]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"version": 2}, "version 2"),
        ({"domain": {"name": "Pinlian"}}, "not the domain of a record"),
        ({"checkpoint": None}, "expected text"),
        ({"consistency": ["!"]}, "not base64"),
        ({"facts": [{"index": -1, "leaf": "", "path": []}]}, "expected a whole number"),
        ({"facts": [{"index": True, "leaf": "", "path": []}]}, "expected a whole number"),
        ({"facts": [{"index": 1, "path": []}]}, "leaf"),
        ({"anchor": {"chain_id": 1}}, "contract"),
        ({"authors": []}, "AttributeError"),
    ],
)
def test_parse__malformed__says_what(change: dict[str, Any], why: str) -> None:
    with pytest.raises(BundleError, match=why):
        Bundle.parse(json.dumps(GOOD | change))
    for text in ("[]", "", "\x00", "[" * 3_000):
        with pytest.raises(BundleError):
            Bundle.parse(text)
