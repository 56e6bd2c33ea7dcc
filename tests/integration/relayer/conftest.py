"""The instance that the relayer's tests work with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.relayer.instance import Instance, running_instance


@pytest.fixture
def instance(tmp_path: Path, db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    # How soon the node answers about a wallet says how busy the machine is.
    monkeypatch.setattr("pinlian.chain.contract_wallets.ANSWER_SECONDS_MAX", 60.0)
    with running_instance(tmp_path) as running:
        yield running
