"""Sending: nonces, many at once, again with higher fees, and errors that say why."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from pinlian.chain import yuan
from pinlian.chain.abi import account_word, creation_code
from pinlian.chain.embedded import EmbeddedNode
from pinlian.chain.keys import new_key
from pinlian.chain.rpc import Reverted, Rpc, RpcError, to_hex
from pinlian.chain.transactions import Fees, Sender, Timeout, Transaction, broadcast, sign_transaction
from tests.integration.chain.conftest import sender

TO = b"\7" * 20


@pytest.fixture
def payer(new_node: Callable[..., EmbeddedNode]) -> Iterator[Sender]:
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        yield sender(node, rpc, "payer")


def test_send__from_many_threads__uses_each_nonce_once(payer: Sender) -> None:
    fees = payer.fees()
    with ThreadPoolExecutor(8) as pool:
        hashes = list(pool.map(lambda value: payer.send(TO, b"", value=value, gas=21_000, fees=fees), range(40)))
    receipts = payer.rpc.receipts(hashes)
    assert all(receipt is not None and receipt.succeeded for receipt in receipts)
    assert payer.rpc.transaction_count(payer.address) == 40
    assert payer.rpc.balance(TO) == sum(range(40))


def in_one_request(rpc: Rpc, transactions: Sequence[Transaction]) -> None:
    rpc.batch([("eth_sendRawTransaction", (to_hex(transaction.raw),)) for transaction in transactions])


def test_node__many_transactions_in_one_request__share_a_block(payer: Sender) -> None:
    before = payer.rpc.block_number()
    transactions = [payer.prepare(TO, bytes([number]), gas=30_000) for number in range(50)]
    in_one_request(payer.rpc, transactions)
    receipts = payer.rpc.receipts([transaction.hash for transaction in transactions])
    assert all(receipt is not None and receipt.succeeded for receipt in receipts)
    assert payer.rpc.block_number() == before + 1
    assert payer.wait(payer.send(TO, b"", gas=21_000)).succeeded


def test_node__one_bad_transaction_in_a_request__takes_the_others(payer: Sender) -> None:
    first, second = (payer.prepare(TO, b"", value=1, gas=21_000) for _ in range(2))
    stale = payer.prepare(TO, b"", value=5, gas=21_000, nonce=0)
    with pytest.raises(RpcError, match="eth_sendRawTransaction"):
        in_one_request(payer.rpc, [first, stale, second])
    assert payer.rpc.balance(TO) == 2


def test_broadcast__twice__is_no_error(payer: Sender) -> None:
    transaction = payer.prepare(TO, b"", value=1, gas=21_000)
    assert payer.broadcast(transaction) == payer.broadcast(transaction) == transaction.hash
    assert payer.wait(transaction.hash).succeeded
    broadcast(payer.rpc, transaction.raw, transaction.hash)
    assert payer.rpc.balance(TO) == 1


def test_raised_fees__replace_what_waits(payer: Sender) -> None:
    later = payer.prepare(TO, b"", value=5, gas=21_000, nonce=1)
    payer.broadcast(later)
    replacement = sign_transaction(
        payer.key, payer.chain_id(), nonce=1, to=TO, data=b"", value=5, gas=21_000, fees=later.fees.raised()
    )
    payer.broadcast(replacement)
    with pytest.raises(Timeout, match="in no block"):
        payer.wait(replacement.hash, timeout_seconds=0.05)
    payer.broadcast(payer.prepare(TO, b"", value=2, gas=21_000))
    payer.broadcast(payer.prepare(TO, b"", value=3, gas=21_000, nonce=2))
    assert payer.wait(replacement.hash).succeeded
    assert payer.rpc.receipt(later.hash) is None
    assert payer.rpc.balance(TO) == 10


def test_send__refused_by_the_node__frees_the_nonce(payer: Sender) -> None:
    poor = Sender(payer.rpc, new_key("poor"))
    with pytest.raises(RpcError, match=r"(?i)insufficient funds"):
        poor.send(TO, b"", value=1, gas=21_000, fees=Fees(10**9, 10**9))
    payer.call(poor.address, b"", gas=21_000)
    payer.wait(payer.send(poor.address, b"", value=10**18, gas=21_000))
    assert poor.wait(poor.send(TO, b"", value=1, gas=21_000, fees=Fees(10**9, 10**9))).succeeded


def test_call__that_the_contract_refuses__raises_what_it_said(payer: Sender) -> None:
    token = payer.call(None, creation_code("CommunityYuan") + account_word(payer.address)).contract
    assert token is not None
    assert payer.call(token, yuan.mint(TO, 500)).succeeded
    too_much = yuan.transfer(TO, 1)
    with pytest.raises(Reverted, match="balance") as estimated:
        payer.call(token, too_much)
    with pytest.raises(Reverted, match="balance") as mined:
        payer.call(token, too_much, gas=100_000)
    assert estimated.value.refusal is mined.value.refusal is None


def test_rpc__of_nobody__says_so() -> None:
    with Rpc("http://127.0.0.1:9", attempts=2) as rpc, pytest.raises(RpcError, match="eth_chainId") as caught:
        rpc.chain_id()
    assert caught.value.code is None


def test_rpc__batch__is_in_order_and_names_the_one_that_failed(payer: Sender) -> None:
    rpc = payer.rpc
    blocks = rpc.batch([("eth_chainId", ()), ("eth_getBlockByNumber", ("0x0", False)), ("net_version", ())])
    assert (blocks[0], blocks[1]["number"], blocks[2]) == ("0x7a69", "0x0", "31337")
    with pytest.raises(RpcError, match="eth_getBalance"):
        rpc.batch([("eth_chainId", ()), ("eth_getBalance", ("nobody",))])
    assert [block.number for block in rpc.blocks(0, 5)] == list(range(rpc.block_number() + 1))


@pytest.mark.parametrize("method", ["anvil_setBalance", "evm_mine", "eth_sendTransaction", "debug_setHead", "nonsense"])
def test_node__asked_for_what_only_its_keeper_may__refuses(payer: Sender, method: str) -> None:
    with pytest.raises(RpcError, match="is not offered"):
        payer.rpc.call(method, "0x" + "01" * 20, "0x1")
    with pytest.raises(RpcError, match="is not offered"):
        payer.rpc.batch([("eth_chainId", ()), (method, ())])
