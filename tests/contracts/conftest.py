"""What tests of the contracts' functions start from.

titanoboa takes back all that a test did, and what its fixtures did when they end.
"""

from collections.abc import Iterator

import boa
import pytest

from pinlian.domain.chain_events import OrdersPlaced
from pinlian.domain.group import Group
from tests.contracts.scene import Contracts, Scene, deploy_contracts


@pytest.fixture(autouse=True)
def forget_written_slots() -> Iterator[None]:
    """titanoboa takes a test's contracts back but remembers which slots they wrote, and reads them as those of the
    next contract at the same address when that one refuses a call."""
    yield
    boa.env.sstore_trace.clear()


@pytest.fixture(scope="session")
def contracts() -> Contracts:
    return deploy_contracts()


@pytest.fixture
def scene(contracts: Contracts) -> Scene:
    """Contracts with funded buyers."""
    return Scene(contracts.token, contracts.escrow)


@pytest.fixture
def group(scene: Scene) -> Group:
    """An open group of the usual offer."""
    return scene.open()


@pytest.fixture
def placed(scene: Scene, group: Group) -> OrdersPlaced:
    """Three orders of 4, 5 and 6 units in `group`: the second step of the ladder is reached."""
    return scene.ordered(group, 4, 5, 6)
