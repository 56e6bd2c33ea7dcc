"""The instance that the relayer's tests work with."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.relayer.instance import Instance, running_instance


@pytest.fixture
def instance(tmp_path: Path, db: None) -> Iterator[Instance]:
    with running_instance(tmp_path) as running:
        yield running
