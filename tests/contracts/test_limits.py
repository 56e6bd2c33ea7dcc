"""Limits that networks set, and numbers that other layers repeat."""

import re

import boa
import pytest
from boa.util.abi import Address

from pinlian.chain import typed_data
from pinlian.chain.abi import number, selectors
from pinlian.domain import case, group, offer, order, pause
from pinlian.domain.refusals import CONTRACT_REFUSALS_END, Refusal
from tests.contracts.scene import CONTRACTS, Contracts, Scene

CODE_BYTES_MAX = 24_576
"""EIP-170."""
SOURCE = (CONTRACTS / "Escrow.vy").read_text()


def constants() -> dict[str, str]:
    """Expressions of the contract's numeric constants, by name."""
    return dict(re.findall(r"^([A-Z][A-Z0-9_]*): (?:public\()?constant\(uint256\)\)? = (.+)$", SOURCE, re.MULTILINE))


def test_code__of_both_contracts__fits_into_a_block(contracts: Contracts) -> None:
    for account in (contracts.token, contracts.escrow):
        assert 0 < len(boa.env.get_code(Address(account))) <= CODE_BYTES_MAX


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ORDERS_MAX", order.ORDERS_MAX),
        ("GROUPS_MAX", group.GROUPS_MAX),
        ("LADDER_STEPS_MAX", offer.LADDER_STEPS_MAX),
        ("PAYEES_MAX", offer.PAYEES_MAX),
        ("SHARES_BPS_MAX", offer.SHARES_BPS_MAX),
        ("PAUSE_SECONDS_MAX", pause.PAUSE_SECONDS_MAX),
        ("DELIVERY_GRACE_SECONDS", group.DELIVERY_GRACE_SECONDS),
        ("ANSWER_SECONDS", case.ANSWER_SECONDS),
        ("RULING_SECONDS", case.RULING_SECONDS),
        ("WINDOW_SECONDS_MAX", offer.WINDOW_SECONDS_MAX),
        ("OPEN_SECONDS_MAX", group.OPEN_SECONDS_MAX),
        ("DELIVERY_SECONDS_MAX", group.DELIVERY_SECONDS_MAX),
    ],
)
def test_limit__of_the_contract__is_the_domains(scene: Scene, name: str, value: int) -> None:
    assert number(scene.evm.read(scene.address, selectors("Escrow")[name])) == value


def test_refusals__of_the_contract__are_each_used() -> None:
    for refusal in Refusal:
        if refusal < CONTRACT_REFUSALS_END:
            assert len(re.findall(rf"\b{refusal.name}\b", SOURCE)) >= 2, refusal.name


@pytest.mark.parametrize(
    ("prefix", "kinds"),
    [
        ("GROUP", group.GroupStatus),
        ("FAILED", group.FailReason),
        ("CASE", case.CaseKind),
        ("CASE", case.CaseStatus),
        ("DECIDED", case.Decided),
        ("WINDOW", offer.WindowKind),
    ],
)
def test_states__of_the_contract__are_the_domains(prefix: str, kinds: type) -> None:
    named = constants()
    for kind in kinds:  # type: ignore[attr-defined]
        assert int(named[f"{prefix}_{kind.name}"]) == kind.value


def test_domain_separator__is_that_of_typed_data(scene: Scene) -> None:
    read = scene.evm.read(scene.address, selectors("Escrow")["domain_separator"])
    assert read == typed_data.domain_separator(int(boa.env.evm.patch.chain_id), scene.address)


def test_eip712_domain__names_what_wallets_show(scene: Scene) -> None:
    answer = scene.evm.read(scene.address, selectors("Escrow")["eip712Domain"])
    assert answer[0] == 0x0F
    assert typed_data.DOMAIN_NAME.encode() in answer
    assert scene.address in answer


def test_domain_separator__after_a_chain_split__is_another(scene: Scene) -> None:
    here = scene.evm.read(scene.address, selectors("Escrow")["domain_separator"])
    chain_id = int(boa.env.evm.patch.chain_id)
    boa.env.evm.patch.chain_id = chain_id + 1
    try:
        there = scene.evm.read(scene.address, selectors("Escrow")["domain_separator"])
    finally:
        boa.env.evm.patch.chain_id = chain_id
    assert there == typed_data.domain_separator(chain_id + 1, scene.address) != here
