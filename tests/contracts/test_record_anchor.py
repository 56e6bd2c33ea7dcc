"""RecordAnchor: each keeper's newest head, which only grows."""

from typing import cast

import pytest

from pinlian.chain.abi import word
from pinlian.chain.record_anchor import AnchoredHead, RecordAnchor, anchor
from pinlian.chain.rpc import Reverted, Rpc
from pinlian.domain.keccak import keccak256
from tests.contracts.scene import deploy
from tests.contracts.stateful.evm import Evm
from tests.contracts.stateful.people import Person

KEEPER, OTHER_KEEPER = Person("keeper of a record"), Person("keeper of another record")
ROOT, NEXT_ROOT = keccak256(b"root"), keccak256(b"next root")


@pytest.fixture
def evm() -> Evm:
    return Evm()


@pytest.fixture
def contract(evm: Evm) -> RecordAnchor:
    return RecordAnchor(cast(Rpc, evm), deploy("RecordAnchor"))


def refusal(evm: Evm, contract: RecordAnchor, size: int, root: bytes) -> str:
    with pytest.raises(Reverted) as refused:
        evm.send(KEEPER.account, contract.address, anchor(size, root))
    return str(refused.value)


def test_anchor__first_and_larger_heads__are_the_senders_newest(evm: Evm, contract: RecordAnchor) -> None:
    assert contract.head(KEEPER.account) == AnchoredHead(0, bytes(32))
    for size, root in ((1, ROOT), (7, NEXT_ROOT), (2**256 - 1, ROOT)):
        (log,) = evm.send(KEEPER.account, contract.address, anchor(size, root))
        assert contract.head(KEEPER.account) == AnchoredHead(size, root)
        assert log.topics == [keccak256(b"Anchored(address,uint256,bytes32)"), bytes(12) + KEEPER.account]
        assert log.data == word(size) + root


def test_anchor__by_two_keepers__leaves_each_its_own(evm: Evm, contract: RecordAnchor) -> None:
    evm.send(KEEPER.account, contract.address, anchor(7, ROOT))
    evm.send(OTHER_KEEPER.account, contract.address, anchor(3, NEXT_ROOT))
    assert contract.head(KEEPER.account) == AnchoredHead(7, ROOT)
    assert contract.head(OTHER_KEEPER.account) == AnchoredHead(3, NEXT_ROOT)


@pytest.mark.parametrize(("size", "root"), [(7, ROOT), (7, NEXT_ROOT), (6, NEXT_ROOT), (0, NEXT_ROOT)])
def test_anchor__head_that_is_not_larger__is_refused(evm: Evm, contract: RecordAnchor, size: int, root: bytes) -> None:
    evm.send(KEEPER.account, contract.address, anchor(7, ROOT))
    assert "anchor: size does not grow" in refusal(evm, contract, size, root)
    assert contract.head(KEEPER.account) == AnchoredHead(7, ROOT)


def test_anchor__size_zero_before_the_first__is_refused(evm: Evm, contract: RecordAnchor) -> None:
    assert "anchor: size does not grow" in refusal(evm, contract, 0, ROOT)


def test_anchor__empty_root__is_refused(evm: Evm, contract: RecordAnchor) -> None:
    assert "anchor: root is empty" in refusal(evm, contract, 1, bytes(32))
