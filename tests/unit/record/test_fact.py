"""Facts: the bytes of a leaf, what is signed, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import asdict, replace
from hashlib import sha256
from typing import Any

import pytest
import rfc8785
from eth_account.messages import encode_typed_data
from hypothesis import given
from hypothesis import strategies as st

from pinlian.chain.keys import key_from_bytes
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record.fact import (
    DEPTH_MAX,
    FACT_BYTES_MAX,
    Fact,
    FactDomain,
    checked_leaf,
    fact_from_json,
    fact_from_leaf,
    leaf,
    read_leaf,
    sign,
    signing_digest,
)

FARMER = key_from_bytes("farmer", bytes(range(1, 33)))
DOMAIN = FactDomain(31337, bytes(range(20)))
BODY: dict[str, Any] = {
    "lot": "梨-1",
    "weight_kg": 1203.5,
    "pieces": 4000,
    "checked": True,
    "note": None,
    "readings": [0.1, -0.0, 1e21],
}

numbers = st.integers(-(2**53) + 1, 2**53 - 1) | st.floats(allow_nan=False, allow_infinity=False)
texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
bodies = st.dictionaries(texts, values, max_size=4)


def refused(make: Any, *arguments: Any) -> tuple[Refusal, str | None]:
    with pytest.raises(Refused) as refusal:
        make(*arguments)
    return refusal.value.refusal, refusal.value.field


def test_leaf__is_the_rfc_8785_form_of_the_five_fields() -> None:
    fact = sign(FARMER, "harvest", 1_780_000_000, BODY, DOMAIN)
    assert leaf(fact) == rfc8785.dumps(asdict(fact))
    assert '"readings":[0.1,0,1e+21]' in leaf(fact).decode()


@given(body=bodies, time=st.integers(0, 2**53 - 1))
def test_fact_from_leaf__any_body__is_the_same_leaf_again(body: dict[str, Any], time: int) -> None:
    written = leaf(sign(FARMER, "note", time, body, DOMAIN))
    read, is_signed = read_leaf(written, DOMAIN)
    assert leaf(read) == written
    assert is_signed


def test_signing_digest__is_that_of_eth_account() -> None:
    body_hash = "0x" + sha256(rfc8785.dumps(BODY)).hexdigest()
    typed = encode_typed_data(
        full_message={
            "types": {
                "EIP712Domain": [
                    {"name": "name", "type": "string"},
                    {"name": "version", "type": "string"},
                    {"name": "chainId", "type": "uint256"},
                    {"name": "verifyingContract", "type": "address"},
                ],
                "Fact": [
                    {"name": "kind", "type": "string"},
                    {"name": "time", "type": "uint256"},
                    {"name": "body", "type": "bytes32"},
                ],
            },
            "primaryType": "Fact",
            "domain": DOMAIN.json(),
            "message": {"kind": "harvest", "time": 7, "body": body_hash},
        }
    )
    assert signing_digest("harvest", 7, BODY, DOMAIN) == keccak256(b"\x19" + typed.version + typed.header + typed.body)


def test_read_leaf__signed_for_this_record__is_the_signers() -> None:
    fact = sign(FARMER, "harvest", 7, BODY, DOMAIN)
    assert read_leaf(checked_leaf(fact, DOMAIN), DOMAIN) == (fact, True)
    assert fact.author == "0x" + FARMER.address.hex()


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "harvests"},
        {"time": 8},
        {"body": {"lot": "another"}},
        {"author": "0x" + "11" * 20},
        {"signature": "0x" + "00" * 64},
        {"signature": "0x" + "ff" * 64},
    ],
)
def test_read_leaf__something_changed_after_signing__is_not_the_authors(changes: dict[str, Any]) -> None:
    fact = replace(sign(FARMER, "harvest", 7, BODY, DOMAIN), **changes)
    assert read_leaf(leaf(fact), DOMAIN) == (fact, False)
    assert refused(checked_leaf, fact, DOMAIN) == (Refusal.FACT_SIGNATURE_INVALID, "signature")


@pytest.mark.parametrize("other", [FactDomain(1, DOMAIN.anchor), FactDomain(31337, bytes(20))])
def test_read_leaf__signed_for_another_record__is_not_the_authors(other: FactDomain) -> None:
    fact = sign(FARMER, "harvest", 7, BODY, other)
    assert read_leaf(leaf(fact), DOMAIN) == (fact, False)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "Harvest"}, "kind"),
        ({"kind": ""}, "kind"),
        ({"kind": "a" * 41}, "kind"),
        ({"kind": "harvest\n"}, "kind"),
        ({"kind": 5}, "kind"),
        ({"time": -1}, "time"),
        ({"time": 2**53}, "time"),
        ({"time": True}, "time"),
        ({"time": 1.5}, "time"),
        ({"author": "0x" + "AB" * 20}, "author"),
        ({"author": "0x" + "ab" * 19}, "author"),
        ({"author": None}, "author"),
        ({"signature": "0x" + "ab" * 65}, "signature"),
        ({"signature": None}, "signature"),
        ({"body": []}, "body"),
        ({"body": {"n": 2**53}}, "body"),
        ({"body": {"n": float("nan")}}, "body"),
        ({"body": {"n": float("inf")}}, "body"),
        ({"body": {"t": "\ud800"}}, "body"),
        ({"body": {1: "t"}}, "body"),
    ],
)
def test_leaf__value_that_no_fact_has__is_malformed(changes: dict[str, Any], field: str) -> None:
    fact = replace(sign(FARMER, "harvest", 7, BODY, DOMAIN), **changes)
    assert refused(leaf, fact) == (Refusal.FACT_MALFORMED, field)


@pytest.mark.parametrize("layer", [lambda inner: {"b": inner}, lambda inner: {"b": [inner]}])
def test_leaf__nested_deeper_than_readers_go__is_malformed(layer: Callable[[Any], dict[str, Any]]) -> None:
    def nested(layers: int) -> dict[str, Any]:
        body: dict[str, Any] = {}
        for _ in range(layers):
            body = layer(body)
        return body

    deepest = next(layers for layers in range(1, 200) if _depth(nested(layers + 1)) > DEPTH_MAX)
    fact = sign(FARMER, "note", 7, nested(deepest), DOMAIN)
    assert fact_from_leaf(leaf(fact)) == fact
    for layers in (deepest + 1, 100_000):
        assert refused(signing_digest, "note", 7, nested(layers), DOMAIN) == (Refusal.FACT_MALFORMED, "body")


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value
    return 1 + max(map(_depth, inner), default=0)


def test_leaf__at_its_limit__is_taken_and_a_byte_more_is_oversized() -> None:
    empty = len(leaf(sign(FARMER, "note", 7, {"text": ""}, DOMAIN)))
    longest = sign(FARMER, "note", 7, {"text": "x" * (FACT_BYTES_MAX - empty)}, DOMAIN)
    assert len(leaf(longest)) == FACT_BYTES_MAX
    assert fact_from_leaf(leaf(longest)) == longest
    longer = sign(FARMER, "note", 7, {"text": "x" * (FACT_BYTES_MAX - empty + 1)}, DOMAIN)
    assert refused(leaf, longer) == (Refusal.FACT_OVERSIZED, None)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b"[" * 40_000,
        json.dumps({"author": "", "body": {}, "kind": "", "signature": "", "time": 0, "tip": 1}).encode(),
    ],
)
def test_fact_from_leaf__bytes_of_no_fact__are_malformed(text: bytes) -> None:
    assert refused(fact_from_leaf, text)[0] is Refusal.FACT_MALFORMED


@pytest.mark.parametrize(
    ("found", "put"),
    [(b'"time":7', b'"time": 7'), (b'"time":7', b'"time":7.0'), (b"1203.5", b"1203.50"), (b'{"author"', b'{ "author"')],
)
def test_fact_from_leaf__the_same_fact_in_another_spelling__is_malformed(found: bytes, put: bytes) -> None:
    written = leaf(sign(FARMER, "harvest", 7, BODY, DOMAIN))
    assert found in written
    assert refused(fact_from_leaf, written.replace(found, put))[0] is Refusal.FACT_MALFORMED


def test_fact_from_json__fields_of_a_fact__is_the_fact() -> None:
    fact = Fact("note", 7, "0x" + "ab" * 20, {}, "0x" + "cd" * 64)
    assert fact_from_json(asdict(fact)) == fact
    assert refused(fact_from_json, {"kind": "note"}) == (Refusal.FACT_MALFORMED, None)


def test_domain__written_and_read__is_the_same() -> None:
    assert FactDomain.from_json(DOMAIN.json()) == DOMAIN


@pytest.mark.parametrize(
    "value",
    [
        None,
        {},
        {**DOMAIN.json(), "name": "Pinlian Escrow"},
        {**DOMAIN.json(), "version": "2"},
        {**DOMAIN.json(), "chainId": "31337"},
        {**DOMAIN.json(), "verifyingContract": "0x12"},
    ],
)
def test_domain__of_something_else__is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"domain|chainId|hex digits"):
        FactDomain.from_json(value)
