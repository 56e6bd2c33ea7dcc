import boa
import pytest

from pinlian.chain import yuan
from pinlian.chain.abi import account_word, arguments, number, word
from pinlian.chain.rpc import Reverted
from pinlian.domain.keccak import keccak256
from tests.contracts.scene import BUYER, NEIGHBOUR, NOBODY, TREASURY, Scene
from tests.contracts.stateful.people import Person


def call(signature: str, *parts: bytes) -> bytes:
    return keccak256(signature.encode())[:4] + arguments(*parts)


def read(scene: Scene, signature: str, *parts: bytes) -> bytes:
    return scene.evm.read(scene.token, call(signature, *parts))


def supply(scene: Scene) -> int:
    return number(read(scene, "totalSupply()"))


def refused(scene: Scene, sender: Person, data: bytes) -> bytes:
    with pytest.raises(Reverted) as reverted:
        scene.evm.send(sender.account, scene.token, data)
    return reverted.value.data


def test_token__describes_itself(scene: Scene) -> None:
    assert b"Community Yuan" in read(scene, "name()")
    assert b"CNYC" in read(scene, "symbol()")
    assert number(read(scene, "decimals()")) == 2
    assert read(scene, "owner()")[12:] == TREASURY.account


def test_mint__by_the_treasury__makes_tokens(scene: Scene) -> None:
    before = supply(scene)
    scene.evm.send(TREASURY.account, scene.token, yuan.mint(BUYER.account, 500))
    assert scene.tokens(BUYER.account) == 500
    assert supply(scene) == before + 500


def test_mint__by_another__is_refused(scene: Scene) -> None:
    assert b"erc20: access is denied" in refused(scene, NOBODY, yuan.mint(NOBODY.account, 1))


def test_burn__by_the_treasury__destroys_its_own(scene: Scene) -> None:
    before, own = supply(scene), scene.tokens(TREASURY.account)
    scene.evm.send(TREASURY.account, scene.token, yuan.burn(300))
    assert scene.tokens(TREASURY.account) == own - 300
    assert supply(scene) == before - 300


def test_burn__by_another__is_refused(scene: Scene) -> None:
    scene.give_tokens(BUYER.account, 500)
    assert b"erc20: access is denied" in refused(scene, BUYER, yuan.burn(1))


def test_burn__of_more_than_it_has__is_refused(scene: Scene) -> None:
    own = scene.tokens(TREASURY.account)
    assert b"erc20: burn amount exceeds balance" in refused(scene, TREASURY, yuan.burn(own + 1))


@pytest.mark.parametrize("signature", ["burn_from(address,uint256)", "renounce_ownership()"])
def test_token__has_no_way_to_burn_others_or_to_be_nobodys(scene: Scene, signature: str) -> None:
    scene.evm.send(BUYER.account, scene.token, yuan.approve(TREASURY.account, 10))
    assert refused(scene, TREASURY, call(signature, account_word(BUYER.account), word(1))) == b""


def test_set_minter__by_the_owner__hands_the_role_over_and_takes_it_back(scene: Scene) -> None:
    for status in (1, 0):
        data = call("set_minter(address,bool)", account_word(NEIGHBOUR.account), word(status))
        scene.evm.send(TREASURY.account, scene.token, data)
        assert number(read(scene, "is_minter(address)", account_word(NEIGHBOUR.account))) == status
    data = call("set_minter(address,bool)", account_word(NOBODY.account), word(1))
    assert b"ownable: caller is not the owner" in refused(scene, NOBODY, data)


def test_transfer_ownership__moves_the_treasury(scene: Scene) -> None:
    data = call("transfer_ownership(address)", account_word(NEIGHBOUR.account))
    scene.evm.send(TREASURY.account, scene.token, data)
    assert read(scene, "owner()")[12:] == NEIGHBOUR.account
    scene.evm.send(NEIGHBOUR.account, scene.token, yuan.mint(NEIGHBOUR.account, 1))
    assert b"erc20: access is denied" in refused(scene, TREASURY, yuan.mint(TREASURY.account, 1))


def test_deployer__that_is_not_the_treasury__has_no_role(scene: Scene) -> None:
    creator = bytes.fromhex(str(boa.env.eoa)[2:])
    assert creator != TREASURY.account
    assert number(read(scene, "is_minter(address)", account_word(creator))) == 0


def test_permit__of_a_buyer__allows_once(scene: Scene) -> None:
    v, r, s = scene.permit(BUYER, 700, scene.now)
    data = call(
        "permit(address,address,uint256,uint256,uint8,bytes32,bytes32)",
        account_word(BUYER.account),
        account_word(scene.address),
        word(700),
        word(scene.now),
        word(v),
        r,
        s,
    )
    scene.evm.send(NOBODY.account, scene.token, data)
    allowance = read(scene, "allowance(address,address)", account_word(BUYER.account), account_word(scene.address))
    assert number(allowance) == 700
    assert b"invalid signature" in refused(scene, NOBODY, data)
