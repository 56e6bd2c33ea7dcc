"""Signed transactions against eth-account."""

import rlp as peer_rlp
from eth_account import Account
from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.chain.keys import key_from_bytes
from pinlian.chain.transactions import Fees, created_contract, read_transaction, rlp, sign_transaction
from tests.unit.chain.strategies import private_keys
from tests.unit.domain.strategies import addresses, numbers


@settings(max_examples=40, deadline=None)
@given(
    private_key=private_keys,
    chain_id=numbers(32, smallest=1),
    nonce=numbers(32),
    to=st.one_of(st.none(), addresses),
    data=st.binary(max_size=300),
    value=numbers(96),
    gas=numbers(32),
    fees=st.builds(Fees, numbers(64), numbers(64)),
)
def test_sign_transaction__is_eth_accounts(
    private_key: bytes, chain_id: int, nonce: int, to: bytes | None, data: bytes, value: int, gas: int, fees: Fees
) -> None:
    ours = sign_transaction(
        key_from_bytes("relayer", private_key), chain_id, nonce=nonce, to=to, data=data, value=value, gas=gas, fees=fees
    )
    fields = {
        "type": 2,
        "chainId": chain_id,
        "nonce": nonce,
        "data": data,
        "value": value,
        "gas": gas,
        "maxFeePerGas": fees.fee_max,
        "maxPriorityFeePerGas": fees.priority_fee_max,
    }
    theirs = Account.sign_transaction(fields | ({"to": to} if to else {}), private_key)
    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.hash == bytes(theirs.hash)
    assert read_transaction(ours.raw) == ours


items = st.recursive(st.binary(max_size=80), lambda inner: st.lists(inner, max_size=5), max_leaves=12)


@given(item=items)
def test_rlp__is_the_peers(item: bytes | list[bytes]) -> None:
    assert rlp(item) == peer_rlp.encode(item)


def test_created_contract__of_a_known_transaction() -> None:
    creator = bytes.fromhex("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")
    assert created_contract(creator, 0).hex() == "cd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert created_contract(creator, 1).hex() == "343c43a37d37dff08ae8c4a11544c718abb4fcf8"


@given(fee=numbers(64), tip=numbers(64))
def test_fees_replacing__are_enough_for_both(fee: int, tip: int) -> None:
    before, raised = Fees(fee, tip), Fees(fee, tip).raised()
    assert Fees(0, 0).replacing(before) == raised
    assert Fees(2 * fee + 10, 0).replacing(before) == Fees(2 * fee + 10, raised.priority_fee_max)
    assert Fees(0, 2 * tip + 10).replacing(before) == Fees(raised.fee_max, 2 * tip + 10)


def test_fees_cover__only_where_both_are_enough() -> None:
    assert Fees(10, 2).cover(Fees(10, 2))
    assert not Fees(9, 2).cover(Fees(10, 2))
    assert not Fees(10, 1).cover(Fees(10, 2))


@given(fee=numbers(64), tip=numbers(64))
def test_fees_raised__by_more_than_nodes_ask(fee: int, tip: int) -> None:
    raised = Fees(fee, tip).raised()
    assert raised.fee_max * 10 >= fee * 11
    assert raised.priority_fee_max * 10 >= tip * 11
    assert raised.fee_max > fee
    assert raised.priority_fee_max > tip
