"""The API does what its own OpenAPI document says, whatever is sent."""

import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from django.conf import settings
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from pinlian.apps.people.models import DeviceKey, Person
from pinlian.chain.rpc import to_hex
from pinlian.chain.typed_data import hash_struct
from pinlian.config.http_api import api
from pinlian.config.wsgi import application
from tests.integration.town import Town, buyer

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"])

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]

EXAMPLES = 6
"""Requests an operation and mode."""
load_all_checks()
HELD = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)


@pytest.fixture
def served(town: Town) -> Application:
    """The server as a buyer's browser meets it: logged in, with an order in a group."""
    person = Person.objects.create(phone_lookup="1", phone_sealed=b"", display_name="王秀兰")
    DeviceKey.objects.create(person=person, address=to_hex(buyer(1).address), label="手机")
    town.top_up(buyer(1))
    town.order(town.open(town.publish()), buyer(1), 2)
    client = Client()
    client.force_login(person)
    token = get_token(RequestFactory().get("/"))
    session = client.cookies[settings.SESSION_COOKIE_NAME].value

    def application_for_browser(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ |= {
            "HTTP_HOST": "localhost",
            "HTTP_COOKIE": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={token}",
            "HTTP_X_CSRFTOKEN": token,
        }
        return application(environ, start_response)

    return application_for_browser


def test_document__says_of_each_operation_what_it_does_and_how_it_fails() -> None:
    document = json.loads(json.dumps(api.get_openapi_schema()))
    operations = [operation for path in document["paths"].values() for operation in path.values()]
    assert len(operations) >= 38
    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        name = operation["operationId"]
        assert operation.get("description"), name
        assert operation.get("tags"), name
        assert "application/problem+json" in operation["responses"]["4XX"]["content"], name


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_operations__answer_as_documented(mode: GenerationMode, served: Application, subtests: pytest.Subtests) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served)
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @hypothesis_settings(
            max_examples=EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        def answers(case: Any) -> None:
            case.call_and_validate(checks=HELD)

        # Some operations take nothing that could be wrong.
        with subtests.test(operation.label), suppress(Unsatisfiable):
            answers()


def test_reading__of_what_is_there__answers_as_documented(town: Town, served: Application) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served)
    group = town.open(town.publish(salt=1), salt=1)
    order = town.order(group, buyer(1), 3)
    group_id, account = to_hex(hash_struct(group)), to_hex(buyer(1).address)
    paths = {
        "/api/v1/groups": {},
        "/api/v1/groups/{group_id}": {"group_id": group_id},
        "/api/v1/groups/{group_id}/members": {"group_id": group_id},
        "/api/v1/groups/{group_id}/proof": {"group_id": group_id},
        "/api/v1/groups/{group_id}/payouts": {"group_id": group_id},
        "/api/v1/orders/{order_id}": {"order_id": order},
        "/api/v1/orders/{order_id}/proof": {"order_id": order},
        "/api/v1/orders/{order_id}/pickup-code": {"order_id": order},
        "/api/v1/orders/{order_id}/delivery-details": {"order_id": order},
        "/api/v1/me/orders": {},
        "/api/v1/me/cases": {},
        "/api/v1/me/top-ups": {},
        "/api/v1/accounts/{address}": {"address": account},
        "/api/v1/accounts/{address}/statement": {"address": account},
        "/api/v1/accounts/{address}/payouts": {"address": account},
        "/api/v1/chain": {},
    }
    for path, parameters in paths.items():
        case = schema[path]["GET"].Case(path_parameters=parameters)
        response = case.call_and_validate(checks=HELD)
        assert response.status_code == 200, (path, response.text)
