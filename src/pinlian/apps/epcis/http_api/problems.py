"""Errors of the EPCIS interface: problem details (RFC 9457) under the exception names that GS1 gives them."""

import json
from collections.abc import Sequence
from enum import Enum
from http import HTTPStatus
from typing import Any

from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from pinlian.apps.epcis.problem_texts import problem_details
from pinlian.gs1.epcis.document import lines_of
from pinlian.gs1.epcis.problems import Problem

MEDIA_TYPE = "application/problem+json"


class EpcisException(Enum):
    """GS1's name, the status, and what it means."""

    VALIDATION = ("ValidationException", HTTPStatus.BAD_REQUEST, _("What was sent breaks the rules of EPCIS."))
    QUERY_VALIDATION = ("QueryValidationException", HTTPStatus.BAD_REQUEST, _("The query is malformed."))
    QUERY_PARAMETER = ("QueryParameterException", HTTPStatus.BAD_REQUEST, _("A parameter of the query is wrong."))
    QUERY_TOO_LARGE = (
        "QueryTooLargeException",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        _("More events meet the query than it allows."),
    )
    QUERY_TOO_COMPLEX = (
        "QueryTooComplexException",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        _("The query would have to look at too many events. Narrow it, by time for example."),
    )
    SUBSCRIPTION_CONTROLS = (
        "SubscriptionControlsException",
        HTTPStatus.BAD_REQUEST,
        _("It is not clear when this subscription is due."),
    )
    SECURITY_UNKNOWN = (
        "SecurityException",
        HTTPStatus.UNAUTHORIZED,
        _("This needs a valid API token (Authorization: Bearer)."),
    )
    SECURITY_FORBIDDEN = ("SecurityException", HTTPStatus.FORBIDDEN, _("This token may not do this."))
    NO_SUCH_NAME = ("NoSuchNameException", HTTPStatus.NOT_FOUND, _("There is nothing of this name."))
    METHOD = ("ImplementationException", HTTPStatus.METHOD_NOT_ALLOWED, _("This cannot be done at this address."))
    NOT_ACCEPTABLE = (
        "NotAcceptableException",
        HTTPStatus.NOT_ACCEPTABLE,
        _("The answer cannot be given in this form."),
    )
    EXISTS = ("ResourceAlreadyExistsException", HTTPStatus.CONFLICT, _("Something of this name exists already."))
    CAPTURE_LIMIT = (
        "CaptureLimitExceededException",
        HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
        _("This is more than is taken at once."),
    )
    URI_TOO_LONG = ("URITooLongException", HTTPStatus.REQUEST_URI_TOO_LONG, _("The address is too long."))
    MEDIA_TYPE = (
        "UnsupportedMediaTypeException",
        HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
        _("Only JSON is taken: application/json or application/ld+json."),
    )
    UNAVAILABLE = (
        "ImplementationException",
        HTTPStatus.SERVICE_UNAVAILABLE,
        _("The record cannot be written at the moment. Try again; nothing was kept."),
    )
    FAILED = (
        "ImplementationException",
        HTTPStatus.INTERNAL_SERVER_ERROR,
        _("Something went wrong here. Try again; whoever runs this site finds it in the log."),
    )
    NOT_IMPLEMENTED = ("ImplementationException", HTTPStatus.NOT_IMPLEMENTED, _("This is not offered here."))

    def __init__(self, exception: str, status: HTTPStatus, title: str | Promise) -> None:
        self.exception = exception
        self.status = status
        self.title = title


class Problematic(Exception):
    """A request of the EPCIS interface cannot be met.

    Attributes:
        kind: why.
        detail: more, in the language of the request; empty if the title says it all.
        problems: what is wrong with a document.
        text: the document as it was sent, to tell the lines of the problems.
    """

    def __init__(
        self,
        kind: EpcisException,
        detail: str | Promise = "",
        *,
        problems: Sequence[Problem] = (),
        lines: Sequence[int | None] = (),
        text: str = "",
    ) -> None:
        super().__init__(kind.exception, detail)
        self.kind = kind
        self.detail = detail
        self.problems = problems
        self.lines = lines
        self.text = text


def problem_head(kind: EpcisException) -> dict[str, Any]:
    """What all problem details of a kind begin with, in the language of the request."""
    return {"type": f"epcisException:{kind.exception}", "title": str(kind.title), "status": kind.status.value}


def problem_response(error: Problematic) -> HttpResponse:
    """`errors` names each problem of a document: its name, the JSON pointer and line of its place, and a sentence."""
    body = problem_head(error.kind)
    errors = [
        problem_details(problem, line)
        for problem, line in zip(error.problems, error.lines or _lines(error), strict=True)
    ]
    detail = str(error.detail) or (errors[0]["detail"] if errors else "")
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    response = HttpResponse(json.dumps(body, ensure_ascii=False), content_type=MEDIA_TYPE, status=error.kind.status)
    response["Content-Language"] = get_language() or "zh-hans"
    if error.kind is EpcisException.SECURITY_UNKNOWN:
        response["WWW-Authenticate"] = 'Bearer realm="epcis"'
    return response


def _lines(error: Problematic) -> list[int | None]:
    lines = lines_of(error.text, [problem.pointer for problem in error.problems]) if error.text else {}
    return [lines.get(problem.pointer) for problem in error.problems]
