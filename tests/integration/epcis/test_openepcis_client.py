"""A client that somebody else wrote (openepcis-client) against a running server."""

from datetime import UTC, datetime
from typing import Any

import pytest
from openepcis_client.core.client import Client
from openepcis_client.core.config import ClientConfig
from openepcis_client.core.errors import OpenEpcisError
from openepcis_client.events.document import document, object_event, stamp_event_ids, transformation_event
from openepcis_client.events.service import Capture, Query
from pytest_django.live_server_helper import LiveServer

from pinlian.apps.people import facade as people
from pinlian.record import facade as record_facade
from tests.integration.epcis.events import ITEM, LOT

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("events_alone"),
]
AT = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)


class BearerToken:
    """The client's seam for a token that does not lapse."""

    def __init__(self, token: str) -> None:
        self._token = token

    def bearer(self) -> str:
        return self._token

    def invalidate(self) -> None:
        """Nothing could be asked anew."""


@pytest.fixture
def client(live_server: LiveServer) -> Client:
    person = people.sign_up(
        phone="13800138001", password="a long pass phrase", display_name="Farm", roles=(people.Role.MERCHANT,)
    )
    token = people.issue_token(person.id, "ERP")
    return Client(ClientConfig(base_url=f"{live_server.url}/epcis"), BearerToken(token))


def follow() -> None:
    while record_facade.follow_step():
        pass


def test_client__delivers_a_document__learns_its_outcome_and_reads_it_back(client: Client) -> None:
    capture, query = Capture(client), Query(client)
    assert (capture.check(), query.check()) == ("", "")
    sent = stamp_event_ids(
        document(
            [
                object_event(
                    action="ADD",
                    event_time=AT,
                    biz_step="commissioning",
                    disposition="active",
                    quantities=[{"epcClass": LOT, "quantity": 12.5, "uom": "KGM"}],
                    read_point="4012345000016",
                ),
                transformation_event(
                    event_time=AT,
                    input_quantities=[{"epcClass": LOT, "quantity": 2, "uom": "KGM"}],
                    output_epcs=[ITEM],
                    biz_step="repackaging",
                ),
            ]
        )
    )
    receipt = capture.submit(sent)
    assert capture.outcome(receipt).running
    follow()
    outcome = capture.outcome(receipt)
    assert (outcome.settled, outcome.success, outcome.errors) == (True, True, ())
    # The client computed the eventIDs by the reference implementation.
    rows = [stored.fact.body for stored in record_facade.facts_from(0, 10)]
    assert [row["event_hash"] for row in rows] == list(receipt.event_ids)
    assert [event["eventID"] for event in query.for_epc(LOT)] == list(receipt.event_ids)
    assert [event["eventID"] for event in query.for_epc(ITEM)] == [receipt.event_ids[1]]
    assert len(list(query.since("2026-01-01T00:00:00+00:00"))) == 2


def test_client__sends_what_breaks_a_rule__is_told_which(client: Client) -> None:
    event = object_event(action="ADD", event_time=AT, epcs=[LOT])
    with pytest.raises(OpenEpcisError) as refused:
        Capture(client).submit(document([event]))
    assert refused.value.status == 400
    errors: Any = refused.value.problem["errors"]
    assert errors[0]["pointer"] == "#/epcisBody/eventList/0/epcList/0"


def test_client__with_a_wrong_token__is_told_so(live_server: LiveServer) -> None:
    stranger = Client(ClientConfig(base_url=f"{live_server.url}/epcis"), BearerToken("pinlian_wrong"))
    assert Capture(stranger).check() == "The repository did not accept the credential at all."
