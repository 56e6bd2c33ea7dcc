"""Deployment happens once, goes on where it was broken off, and does not trust what it finds."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from pinlian.chain.deployment import DeploymentError, deploy, load
from pinlian.chain.embedded import EmbeddedNode
from pinlian.chain.escrow import Escrow
from pinlian.chain.keys import new_key
from pinlian.chain.rpc import Rpc, RpcError
from pinlian.chain.transactions import Sender
from pinlian.chain.yuan import Yuan
from tests.integration.chain.conftest import sender


@pytest.fixture
def node(new_node: Callable[..., EmbeddedNode]) -> Iterator[EmbeddedNode]:
    with new_node() as node:
        yield node


@pytest.fixture
def deployer(node: EmbeddedNode) -> Iterator[Sender]:
    with Rpc(node.rpc_url) as rpc:
        yield sender(node, rpc, "deployer")


def test_deploy__twice__is_one_escrow_with_its_roles(deployer: Sender, tmp_path: Path) -> None:
    rpc, treasury, pauser = deployer.rpc, new_key("treasury").address, new_key("pauser").address
    first = deploy(rpc, deployer, tmp_path, treasury=treasury, pausers=[pauser])
    blocks = rpc.block_number()
    assert deploy(rpc, deployer, tmp_path, treasury=treasury, pausers=[pauser]) == first == load(tmp_path, 31337)
    assert rpc.block_number() == blocks == first.block
    escrow, token = Escrow(rpc, first.escrow), Yuan(rpc, first.token)
    assert escrow.token() == first.token
    assert escrow.may_pause(pauser)
    assert not escrow.may_pause(deployer.address)
    assert token.is_minter(treasury)
    assert not token.is_minter(deployer.address)
    assert token.decimals() == 2


def test_deploy__broken_off_before_each_transaction__goes_on(
    deployer: Sender, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rpc, treasury = deployer.rpc, new_key("treasury").address
    call = rpc.call

    def break_when(sent: int) -> None:
        left = [sent]

        def broken(method: str, *params: object) -> object:
            if method == "eth_sendRawTransaction":
                if left[0] == 0:
                    raise RpcError(method, "cut off")
                left[0] -= 1
            return call(method, *params)

        monkeypatch.setattr(rpc, "call", broken)

    for sent in (0, 1, 1):
        break_when(sent)
        with pytest.raises(RpcError, match="cut off"):
            deploy(rpc, deployer, tmp_path, treasury=treasury)
    monkeypatch.setattr(rpc, "call", call)
    deployment = deploy(rpc, deployer, tmp_path, treasury=treasury)
    assert rpc.transaction_count(deployer.address) == 3
    assert Escrow(rpc, deployment.escrow).token() == deployment.token
    assert deployment.record_anchor is not None
    assert rpc.code(deployment.record_anchor)
    assert [path.name for path in (tmp_path / "deployments").iterdir()] == ["31337.json"]


def test_deploy__to_a_network_that_was_begun_anew__deploys_again(
    new_node: Callable[..., EmbeddedNode], tmp_path: Path
) -> None:
    treasury = new_key("treasury").address
    for name in ("first", "second"):
        with new_node(name) as node, Rpc(node.rpc_url) as rpc:
            deployment = deploy(rpc, sender(node, rpc, "deployer"), tmp_path, treasury=treasury)
            assert rpc.code(deployment.escrow)


def test_deploy__another_token_that_exists__is_used(deployer: Sender, tmp_path: Path) -> None:
    treasury = new_key("treasury").address
    token = deploy(deployer.rpc, deployer, tmp_path / "one", treasury=treasury).token
    other = deploy(deployer.rpc, deployer, tmp_path / "two", treasury=treasury, token=token)
    assert other.token == token
    assert other.treasury is None


def test_deploy__instance_that_is_older_than_the_record__gets_an_anchor_beside_its_escrow(
    deployer: Sender, tmp_path: Path
) -> None:
    treasury = new_key("treasury").address
    deployment = deploy(deployer.rpc, deployer, tmp_path, treasury=treasury)
    path = tmp_path / "deployments" / "31337.json"
    body = json.loads(path.read_text())
    del body["record_anchor"]
    path.write_text(json.dumps(body))
    old = load(tmp_path, 31337)
    assert old is not None
    assert old.record_anchor is None
    again = deploy(deployer.rpc, deployer, tmp_path, treasury=treasury)
    assert again.record_anchor not in (None, deployment.record_anchor)
    assert replace(again, record_anchor=deployment.record_anchor) == deployment
    assert again == load(tmp_path, 31337) == deploy(deployer.rpc, deployer, tmp_path, treasury=treasury)


def test_deploy__no_code_where_the_anchor_should_be__is_refused(deployer: Sender, tmp_path: Path) -> None:
    treasury = new_key("treasury").address
    deploy(deployer.rpc, deployer, tmp_path, treasury=treasury)
    path = tmp_path / "deployments" / "31337.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"record_anchor": "0x" + "77" * 20}))
    with pytest.raises(DeploymentError, match="no record anchor at 0x7777"):
        deploy(deployer.rpc, deployer, tmp_path, treasury=treasury)


def test_deploy__other_code_at_the_recorded_place__is_refused(deployer: Sender, tmp_path: Path) -> None:
    treasury = new_key("treasury").address
    deployment = deploy(deployer.rpc, deployer, tmp_path, treasury=treasury)
    path = tmp_path / "deployments" / "31337.json"
    body = json.loads(path.read_text())
    path.write_text(json.dumps(body | {"escrow": "0x" + deployment.token.hex()}))
    with pytest.raises(DeploymentError, match="not that of the recorded escrow"):
        deploy(deployer.rpc, deployer, tmp_path, treasury=treasury)
    path.write_text("{}")
    with pytest.raises(DeploymentError, match="damaged"):
        deploy(deployer.rpc, deployer, tmp_path, treasury=treasury)
