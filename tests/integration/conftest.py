"""What tests of several parts share: one node for the whole run, on which each town deploys contracts of its own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from pinlian.chain.embedded import EmbeddedNode
from tests.integration.relayer.instance import RELAYER, TREASURY
from tests.integration.town import Town, new_town

GENESIS_TIME = 1_780_000_000


@pytest.fixture(scope="session")
def shared_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNode]:
    home = tmp_path_factory.mktemp("shared-node")
    with EmbeddedNode(home, genesis_time=GENESIS_TIME, manual_clock=True) as node:
        node.set_time(GENESIS_TIME + 1)
        for account in (RELAYER, TREASURY):
            node.fund(account.address)
        yield node


@pytest.fixture
def town(shared_node: EmbeddedNode, tmp_path: Path, db: None, settings: Settings) -> Iterator[Town]:
    settings.RELAYER_INTAKE = "tests.integration.town.current_intake"
    settings.ESCROW_DEPLOYMENT = "tests.integration.town.current_deployment"
    with new_town(shared_node, tmp_path) as running:
        yield running


@pytest.fixture
def usual_recursion_limit() -> Iterator[None]:
    """An Ethereum library of the contracts' tests raises the limit so far that a deep JSON ends the process."""
    raised = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000)
    yield
    sys.setrecursionlimit(raised)
