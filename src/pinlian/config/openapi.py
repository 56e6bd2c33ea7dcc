"""What is true of every operation of the HTTP API, written into its OpenAPI document once."""

from typing import Any

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema

from pinlian.web.api_requests import KEY_CHARACTERS_MAX, KEY_HEADER
from pinlian.web.problems import MEDIA_TYPE

PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem details, in the language of the request (Accept-Language: zh or en).",
    "required": ["type", "title", "status", "refusal", "field", "detail", "remedy"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:pinlian:refusal:UNDERFUNDED"]},
        "title": {"type": "string", "examples": ["余额不足。"]},
        "status": {"type": "integer", "examples": [422]},
        "refusal": {
            "type": ["string", "null"],
            "description": "The name of the refusal in contract and domain; null for an error of the request itself.",
            "examples": ["UNDERFUNDED"],
        },
        "field": {"type": ["string", "null"], "examples": ["amount"]},
        "detail": {"type": ["string", "null"]},
        "remedy": {"type": "string", "examples": ["先充值，再下单。"]},
    },
}
IDEMPOTENCY_KEY = {
    "name": KEY_HEADER,
    "in": "header",
    "required": False,
    "description": "The same key with the same request gets the same answer again, for a day; with another request it "
    "is refused as IDEMPOTENCY_KEY_REUSED.",
    "schema": {"type": "string", "minLength": 1, "maxLength": KEY_CHARACTERS_MAX, "pattern": "^[ -~]+$"},
    "example": "5f0c0d7e-7a53-4a53-9d0e-3d3f5b9e2d51",
}
_WRITES = {"post", "put", "patch", "delete"}


class DocumentedApi(NinjaAPI):
    """An API whose document says of each operation how errors look and how a write is made once."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: dict[str, Any] | None = None
    ) -> OpenAPISchema:
        schema = super().get_openapi_schema(path_prefix=path_prefix, path_params=path_params)
        schema["components"]["schemas"]["Problem"] = PROBLEM
        for path in schema["paths"].values():
            for method, operation in path.items():
                _complete(method, operation)
        return schema


def _complete(method: str, operation: dict[str, Any]) -> None:
    problem = {"content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    responses = {str(status): response for status, response in operation["responses"].items()}
    for status, response in responses.items():
        if status[0] in "45":
            response |= problem
    responses.setdefault("4XX", {"description": "Refused; nothing was changed.", **problem})
    responses.setdefault("5XX", {"description": "Not possible at the moment.", **problem})
    operation["responses"] = responses
    if method in _WRITES:
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
