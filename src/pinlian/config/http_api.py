"""The HTTP API of the whole installation, under /api/v1."""

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, ValidationError

from pinlian.apps.groupbuy.http_api import router as groupbuy
from pinlian.apps.market.http_api import router as market
from pinlian.apps.money.http_api import router as money
from pinlian.apps.people.http_api import router as people
from pinlian.config.openapi import DocumentedApi
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record.http_api import router as record
from pinlian.web.http_api import router as chain
from pinlian.web.problems import plain_problem, problem_response, request_problem

api = DocumentedApi(
    title="Pinlian",
    version="1",
    description="Group buys, orders and money. Amounts are whole minor units, times are seconds since the Unix epoch, "
    "ids and addresses are 0x-hex. Whatever moves money is a message that the owner's device signed (EIP-712).",
    docs_url=None,
)
api.add_router("/people", people)
api.add_router("/market", market)
api.add_router("", groupbuy)
api.add_router("", money)
api.add_router("/chain", chain)
api.add_router("/record", record)


@api.exception_handler(Refused)
def on_refused(request: HttpRequest, refused: Refused) -> HttpResponse:
    return problem_response(refused)


@api.exception_handler(ValidationError)
def on_malformed_request(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return request_problem(error.errors)


@api.exception_handler(HttpError)
def on_unreadable_request(request: HttpRequest, error: HttpError) -> HttpResponse:
    """The body is no JSON."""
    return problem_response(Refused(Refusal.MALFORMED, None, str(error)))


@api.exception_handler(AuthenticationError)
def on_not_logged_in(request: HttpRequest, error: AuthenticationError) -> HttpResponse:
    return plain_problem(HTTPStatus.UNAUTHORIZED)


@api.exception_handler(AuthorizationError)
@api.exception_handler(PermissionDenied)
def on_not_allowed(request: HttpRequest, error: Exception) -> HttpResponse:
    return plain_problem(HTTPStatus.FORBIDDEN)


@api.exception_handler(Http404)
def on_not_found(request: HttpRequest, error: Http404) -> HttpResponse:
    return plain_problem(HTTPStatus.NOT_FOUND)
