"""The witness that comes with the demo: named in the policy, unless the operator wrote one."""

from pathlib import Path

import pytest
from pytest_django import Settings

from pinlian.engine.demo_witness import FOLDER, OURS, demo_witness
from pinlian.record.policy import parse_policy
from pinlian.record.witness_home import witness_signer
from pinlian.record.witnessing import policy_path


@pytest.fixture(autouse=True)
def home(settings: Settings, tmp_path: Path) -> Path:
    settings.PINLIAN_HOME = tmp_path
    settings.PINLIAN_ORIGIN = "https://farm.example"
    return tmp_path


def test_demo_witness__in_a_new_home__must_cosign_before_anything_is_verified(home: Path) -> None:
    service = demo_witness()

    policy = parse_policy(policy_path(home).read_text())
    own = witness_signer(home / FOLDER).verifier
    assert not policy.is_met([])
    assert policy.is_met([own])
    assert policy.enough == 1
    assert service is not None
    assert policy.witnesses["demo"].url == f"http://127.0.0.1:{service.command[-1]}/"


def test_demo_witness__at_the_next_start__keeps_its_key(home: Path) -> None:
    demo_witness()
    before = parse_policy(policy_path(home).read_text()).verifiers

    demo_witness()

    assert parse_policy(policy_path(home).read_text()).verifiers == before


def test_demo_witness__where_the_operator_wrote_a_policy__is_not_started(home: Path) -> None:
    demo_witness()
    own = policy_path(home).read_text().removeprefix(OURS)
    policy_path(home).write_text(own)

    assert demo_witness() is None
    assert policy_path(home).read_text() == own
