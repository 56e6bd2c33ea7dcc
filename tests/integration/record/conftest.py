"""A record whose contracts nobody asks: its facts are bound to a place on a chain that need not be there."""

from pathlib import Path

import pytest
from pytest_django import Settings

from pinlian.chain.deployment import Deployment

DEPLOYMENT = Deployment(
    chain_id=31337,
    escrow=b"\x01" * 20,
    token=b"\x02" * 20,
    block=1,
    treasury=None,
    pausers=(),
    escrow_code=bytes(32),
    record_anchor=b"\x03" * 20,
)


def deployment() -> Deployment:
    return DEPLOYMENT


@pytest.fixture
def record(settings: Settings, tmp_path: Path) -> None:
    """An empty record with keys of its own."""
    settings.ESCROW_DEPLOYMENT = "tests.integration.record.conftest.deployment"
    settings.PINLIAN_HOME = tmp_path
    settings.PINLIAN_ORIGIN = "https://farm.example"
