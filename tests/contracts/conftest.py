"""What tests of the contracts' functions start from.

titanoboa takes back all that a test did, and what its fixtures did when they end.
"""

import pytest

from pinlian.domain.chain_events import OrdersPlaced
from pinlian.domain.group import Group
from tests.contracts.scene import Contracts, Scene, deploy_contracts


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
