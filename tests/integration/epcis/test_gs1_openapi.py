"""GS1's own OpenAPI document, put to the interface by schemathesis: no request makes it stumble or answer otherwise."""

import copy
import json
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from pinlian.apps.epcis import facade
from pinlian.apps.people import facade as people
from pinlian.config.wsgi import application
from pinlian.record import facade as record_facade
from tests.integration.epcis.events import cooling, document, harvest, packing

DOCUMENT = Path(__file__).resolve().parents[4] / "shared" / "data" / "epcis" / "gs1_rest_openapi.json"
pytestmark = [
    pytest.mark.skipif(not DOCUMENT.is_file(), reason=f"GS1's OpenAPI document is not at {DOCUMENT}"),
    pytest.mark.django_db(transaction=True, databases=["default", "journal", "record"]),
    pytest.mark.usefixtures("events_alone"),
]

EXAMPLES = 2
"""Requests an operation and mode; OPTIONS gets one. GS1's document is large; requests take time to make."""
Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
load_all_checks()
HELD = CHECKS.get_by_names(["not_a_server_error", "content_type_conformance", "response_schema_conformance"])


def gs1_document() -> dict[str, Any]:
    """GS1's document without its mistakes: patterns that no engine compiles, and enumerations that contradict it."""
    found: dict[str, Any] = json.loads(DOCUMENT.read_text())
    for name, schema in found["components"]["schemas"].items():
        if name.startswith("GS1-Query-"):
            schema.pop("pattern", None)
    responses = found["components"]["responses"]
    for name in ("409ResourceAlreadyExistsException", "415UnsupportedMediaType"):
        # Status 406 under 409, and IUnsupportedMediaTypeException.
        for content in responses[name]["content"].values():
            content["schema"]["allOf"].pop(0)
    # A list of definitions where the text and the example say one.
    answer = found["paths"]["/queries/{queryName}"]["get"]["responses"]["200"]["content"]["application/json"]
    answer["schema"] = answer["schema"]["items"]
    return found


@pytest.fixture
def served() -> Application:
    """The interface at the root, with GS1's document beside it, as a merchant's program meets it."""
    facade.capture(document(harvest(), packing(), cooling()), capturer="machine:1")
    while record_facade.follow_step():
        pass
    person = people.sign_up(
        phone="13800138001", password="a long pass phrase", display_name="Farm", roles=(people.Role.MERCHANT,)
    )
    token = people.issue_token(person.id, "scales")
    text = json.dumps(gs1_document()).encode()

    def interface(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] == "/openapi.json":
            start_response("200 OK", [("Content-Type", "application/json")])
            return [text]
        served_as = {
            "PATH_INFO": f"/epcis{environ['PATH_INFO']}",
            "HTTP_HOST": "localhost",
            "HTTP_AUTHORIZATION": f"Bearer {token}",
        }
        return application({**environ, **served_as}, start_response)

    return interface


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_gs1s_operations__whatever_is_sent__are_answered_in_gs1s_forms(
    mode: GenerationMode, served: Application, subtests: pytest.Subtests
) -> None:
    schema = schemathesis.openapi.from_wsgi("/openapi.json", served)
    for found in schema.get_all_operations():
        operation = found.ok()

        @given(case=operation.as_strategy(generation_mode=mode))
        @hypothesis_settings(
            max_examples=1 if operation.method == "options" else EXAMPLES,
            derandomize=True,
            database=None,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        )
        def answers(case: Any) -> None:
            case.call_and_validate(checks=HELD)

        with subtests.test(operation.label), suppress(Unsatisfiable):
            answers()


def test_gs1s_example_of_a_document__is_taken(served: Application) -> None:
    found = gs1_document()["paths"]["/capture"]["post"]["requestBody"]["content"]["application/json"]["example"]
    assert facade.check(copy.deepcopy(found)) == []
