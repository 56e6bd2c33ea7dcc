"""What tests of events share: a record of their own, followed by the events alone."""

import pytest
from pytest_django import Settings

from pinlian.apps.epcis.projections import on_epcis_event
from tests.integration.record.conftest import record

__all__ = ["record"]

PROJECTIONS = {"epcis_event": [on_epcis_event]}


@pytest.fixture
def events_alone(record: None, settings: Settings) -> None:
    """A record of which the read model keeps events."""
    settings.FACT_PROJECTIONS = "tests.integration.epcis.conftest.PROJECTIONS"
