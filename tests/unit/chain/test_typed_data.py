"""Our hashing of typed data against eth-account's, and the messages as JSON."""

import json
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.chain import typed_data
from pinlian.chain.signatures import address_of, recover, sign
from pinlian.chain.typed_data import (
    MESSAGES,
    TYPES,
    FieldError,
    Message,
    digest,
    domain_separator,
    message_from_json,
    message_json,
    typed_data_json,
)
from pinlian.domain.keccak import keccak256
from pinlian.domain.messages import CancelGroup
from pinlian.domain.offer import Payee, Step
from tests.unit.chain.strategies import messages, private_keys
from tests.unit.domain.strategies import addresses, numbers

ESCROW = Path(__file__).resolve().parents[3] / "contracts" / "Escrow.vy"


@settings(deadline=None)
@given(message=messages, chain_id=numbers(63), escrow=addresses)
def test_digest__is_eth_accounts(message: Message, chain_id: int, escrow: bytes) -> None:
    encoded = encode_typed_data(full_message=typed_data_json(message, chain_id, escrow))
    assert encoded.header == domain_separator(chain_id, escrow)
    assert encoded.body == typed_data.hash_struct(message)
    assert digest(message, domain_separator(chain_id, escrow)) == keccak256(b"\x19\x01" + encoded.header + encoded.body)


@settings(max_examples=20, deadline=None)
@given(message=messages, private_key=private_keys, escrow=addresses)
def test_recover__of_a_wallets_signature__is_the_wallet(message: Message, private_key: bytes, escrow: bytes) -> None:
    wallet = Account.from_key(private_key)
    signed = wallet.sign_message(encode_typed_data(full_message=typed_data_json(message, 1, escrow)))
    compact = signed.r.to_bytes(32, "big") + (signed.s | (signed.v - 27) << 255).to_bytes(32, "big")
    message_digest = digest(message, domain_separator(1, escrow))
    assert recover(message_digest, compact) == bytes.fromhex(wallet.address[2:]) == address_of(private_key)
    assert sign(private_key, message_digest) == compact


def test_types__are_those_of_the_contract() -> None:
    source = ESCROW.read_text()
    of_contract = set(re.findall(r'_TYPEHASH: constant\(bytes32\) = keccak256\(\s*"([^"]+)"', source))
    assert len(of_contract) == len(TYPES) + 1
    hashes = {keccak256(text.encode()) for text in of_contract}
    assert set(typed_data.TYPE_HASHES.values()) < hashes


def test_types__have_the_fields_of_their_classes_in_order() -> None:
    for name, kind in {**MESSAGES, "Step": Step, "Payee": Payee}.items():
        assert [field.name for field in fields(kind)] == [field for field, _ in TYPES[name]]


@given(message=messages)
def test_message_from_json__reads_what_message_json_writes(message: Message) -> None:
    body = json.loads(json.dumps(message_json(message)))
    assert message_from_json(type(message).__name__, body) == message


def test_message_from_json__numbers_may_be_json_numbers() -> None:
    body = {"group": "0x" + "ab" * 32, "order_nonce": 7}
    assert message_from_json("CancelOrder", body) == message_from_json("CancelOrder", {**body, "order_nonce": "7"})


ORDER = {
    "group": "0x" + "01" * 32,
    "offer": "0x" + "02" * 32,
    "quantity": 1,
    "amount": "2500",
    "nonce": 0,
    "valid_until": 1_700_000_000,
    "details": "0x" + "03" * 32,
}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"group": "0x01"}, "group"),
        ({"group": 5}, "group"),
        ({"group": "0x" + "zz" * 32}, "group"),
        ({"group": "0x" + "01" * 31 + "  "}, "group"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 2**256}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": "1e3"}, "quantity"),
        ({"quantity": "٣"}, "quantity"),
        ({"quantity": None}, "quantity"),
        ({"gift": 1}, "gift"),
    ],
)
def test_message_from_json__a_bad_field__is_named(change: dict[str, Any], field: str) -> None:
    assert message_from_json("Order", ORDER)
    with pytest.raises(FieldError) as caught:
        message_from_json("Order", ORDER | change)
    assert caught.value.field == field


@given(field=st.sampled_from(sorted(ORDER)))
def test_message_from_json__an_absent_field__is_named(field: str) -> None:
    with pytest.raises(FieldError, match="is absent") as caught:
        message_from_json("Order", {name: value for name, value in ORDER.items() if name != field})
    assert caught.value.field == field


def test_message_from_json__a_bad_field_inside_a_list__is_named_with_its_way() -> None:
    offer = {
        "merchant": "0x" + "01" * 20,
        "arbiter": "0x" + "02" * 20,
        "stock_cap": 5,
        "window_kind": 0,
        "window_seconds": 0,
        "leader_bps": 0,
        "ladder": [{"units_min": 1}],
        "payees": [],
        "terms": "0x" + "03" * 32,
        "salt": 0,
    }
    with pytest.raises(FieldError) as caught:
        message_from_json("Offer", offer)
    assert caught.value.field == "ladder.price"


def test_hash_struct__wrong_length__is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        typed_data.hash_struct(CancelGroup(b"\1" * 31))
