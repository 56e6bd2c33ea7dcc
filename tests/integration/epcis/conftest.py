"""What tests of events share: a record of their own, followed by the events alone."""

import pytest
from django.test import Client
from pytest_django import Settings

from pinlian.apps.epcis.master_data import on_master_data
from pinlian.apps.epcis.projections import on_epcis_event
from pinlian.apps.people import facade as people
from tests.integration.epcis.asking import token_for
from tests.integration.record.conftest import record

__all__ = ["record"]

PROJECTIONS = {"epcis_event": [on_epcis_event], "epcis_master_data": [on_master_data]}


@pytest.fixture
def events_alone(record: None, settings: Settings) -> None:
    """A record of which the read model keeps events."""
    settings.FACT_PROJECTIONS = "tests.integration.epcis.conftest.PROJECTIONS"


@pytest.fixture
def merchant() -> str:
    """The token of somebody who handles goods."""
    return token_for(people.Role.MERCHANT)


@pytest.fixture
def asker() -> Client:
    return Client(headers={"Accept-Language": "en"})
