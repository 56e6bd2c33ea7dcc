"""The embedded chain keeps what it acknowledged, whoever is killed and when."""

import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pinlian.chain.embedded import EmbeddedNode, NodeError
from pinlian.chain.embedded import node as node_module
from pinlian.chain.keys import new_key
from pinlian.chain.rpc import Block, Rpc
from pinlian.chain.transactions import Fees, Sender
from tests.integration.chain.conftest import sender

TO = b"\7" * 20
FEES = Fees(10**9, 10**9)
NewNode = Callable[..., EmbeddedNode]
WAIT_SECONDS_MAX = 60


def pay(payer: Sender, count: int) -> list[bytes]:
    return [payer.send(TO, b"", value=1, gas=21_000, fees=FEES) for _ in range(count)]


def wait_for(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while not holds():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.002)


def chain_of(rpc: Rpc) -> list[Block]:
    return rpc.blocks(0, rpc.block_number())


def test_anvil_killed_while_sending__every_acknowledged_transaction_is_there_once(new_node: NewNode) -> None:
    acknowledged: list[bytes] = []
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        payers = [sender(node, rpc, f"payer-{number}") for number in range(3)]

        def work(payer: Sender) -> None:
            for _ in range(60):
                acknowledged.extend(pay(payer, 1))

        def kill_after(sent: int) -> None:
            wait_for(lambda: len(acknowledged) >= sent)
            killed = node.anvil_pid
            os.kill(killed, signal.SIGKILL)
            # Until the next one is there, the number is that of a process that may be gone.
            wait_for(lambda: node.anvil_pid != killed)

        threads = [threading.Thread(target=work, args=(payer,)) for payer in payers]
        for thread in threads:
            thread.start()
        for sent in (20, 70, 130):
            kill_after(sent)
        for thread in threads:
            thread.join()
        assert len(acknowledged) == 180
        receipts = rpc.receipts(acknowledged)
        assert all(receipt is not None and receipt.succeeded for receipt in receipts)
        assert rpc.balance(TO) == 180
        assert [rpc.transaction_count(payer.address) for payer in payers] == [60] * 3


def test_anvil_killed__the_same_blocks_are_built_again(new_node: NewNode, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_module, "SNAPSHOT_ENTRIES", 10)
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        payer = sender(node, rpc, "payer")
        hashes = pay(payer, 35)
        before = chain_of(rpc)
        os.kill(node.anvil_pid, signal.SIGKILL)
        assert chain_of(rpc) == before
        assert all(rpc.receipts(hashes))
        pay(payer, 1)
        assert rpc.balance(TO) == 36


SUPERVISOR = """
import sys
from pathlib import Path
from pinlian.chain.embedded import EmbeddedNode
with EmbeddedNode(Path(sys.argv[1])) as node:
    node.fund(bytes.fromhex(sys.argv[2]))
    print(node.rpc_url, node.anvil_pid, flush=True)
    sys.stdin.read()
"""


def test_supervisor_killed__anvil_ends_with_it_and_a_restart_has_everything(new_node: NewNode, tmp_path: Path) -> None:
    key = new_key("payer")
    process = subprocess.Popen(
        [sys.executable, "-c", SUPERVISOR, str(tmp_path / "node"), key.address.hex()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        url, anvil_pid = process.stdout.readline().split()
        with Rpc(url) as rpc:
            hashes = pay(Sender(rpc, key), 20)
            before = chain_of(rpc)
        anvil = os.pidfd_open(int(anvil_pid))
        process.kill()
    ended, _, _ = select.select([anvil], [], [], WAIT_SECONDS_MAX)
    os.close(anvil)
    assert ended, "anvil outlived its supervisor"
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        assert chain_of(rpc) == before
        assert all(rpc.receipts(hashes))


def test_restart_in_order__starts_from_the_snapshot(new_node: NewNode, tmp_path: Path) -> None:
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        payer = sender(node, rpc, "payer")
        hashes = pay(payer, 5)
        before = chain_of(rpc)
    assert (tmp_path / "node" / "snapshot.json").exists()
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        assert chain_of(rpc) == before
        assert all(rpc.receipts(hashes))
        again = Sender(rpc, payer.key)
        pay(again, 1)
        assert rpc.balance(TO) == 6
        assert chain_of(rpc)[:-1] == before


@pytest.mark.parametrize(
    "content", ["{", '{"journal_bytes":1,"block_number":9,"block_hash":"0x","block_time":1,"state":"0x"}']
)
def test_restart__with_a_damaged_snapshot__replays_the_journal(new_node: NewNode, tmp_path: Path, content: str) -> None:
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        pay(sender(node, rpc, "payer"), 3)
        before = chain_of(rpc)
    (tmp_path / "node" / "snapshot.json").write_text(content)
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        assert chain_of(rpc) == before


def test_block__full__leaves_the_rest_to_the_next(new_node: NewNode) -> None:
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        payers = [sender(node, rpc, f"payer-{number}") for number in range(4)]
        threads = [
            threading.Thread(target=lambda payer=payer: payer.send(TO, b"", value=1, gas=14_000_000, fees=FEES))
            for payer in payers
            for _ in range(5)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait_for(lambda: rpc.balance(TO) >= 20)
        assert rpc.balance(TO) == 20
        os.kill(node.anvil_pid, signal.SIGKILL)
        assert rpc.balance(TO) == 20


def test_clock__laid_in_the_past__catches_up_with_the_real_one(new_node: NewNode) -> None:
    past = int(time.time()) - 21 * 86_400
    with new_node(genesis_time=past, manual_clock=True) as node, Rpc(node.rpc_url) as rpc:
        payer = sender(node, rpc, "payer")
        times = [past, past + 100, past + 100, past + 86_400]
        for at in times:
            node.set_time(at)
            pay(payer, 1)
        node.mine_at(past + 90_000)
        assert [block.time for block in chain_of(rpc)] == [past, *times, past + 90_000]
        with pytest.raises(ValueError, match="is before it"):
            node.set_time(past)
        began = int(time.time())
        node.catch_up()
        pay(payer, 1)
        assert began <= chain_of(rpc)[-1].time <= time.time()
        with pytest.raises(ValueError, match="real clock"):
            node.set_time(int(time.time()))
    began = int(time.time())
    with new_node() as node, Rpc(node.rpc_url) as rpc:
        pending = rpc.block("pending")
        assert pending is not None
        assert began <= pending.time <= time.time() + 1


def test_nodes__side_by_side__and_one_directory_or_port_for_one_only(new_node: NewNode) -> None:
    with new_node("one", chain_id=1001) as one, new_node("two", chain_id=1002) as two:
        with Rpc(one.rpc_url) as rpc_one, Rpc(two.rpc_url) as rpc_two:
            assert (rpc_one.chain_id(), rpc_two.chain_id()) == (1001, 1002)
        with pytest.raises(NodeError, match="another node"):
            new_node("one").start()
        with pytest.raises(NodeError, match="cannot be used"):
            new_node("three", port=one.port).start()
