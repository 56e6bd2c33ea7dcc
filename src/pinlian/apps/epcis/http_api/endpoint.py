"""What holds at every address: methods, agreement on versions, discovery by OPTIONS, errors as problem details."""

import logging
from collections.abc import Callable
from functools import wraps

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from pinlian.apps.epcis import capturing, querying
from pinlian.apps.epcis.http_api.problems import EpcisException, Problematic, problem_response
from pinlian.apps.epcis.http_api.versions import (
    EPC_FORMAT_HEADER,
    JSON,
    OFFERED,
    agreed_media_type,
    agreed_version,
    check_epc_format,
)
from pinlian.apps.epcis.query_documents import AS_CAPTURED
from pinlian.domain.refusals import Refused
from pinlian.gs1.epcis.event_query import QueryRefused, Refusal

ADDRESS_BYTES_MAX = 8_000

_VERSION_HEADERS = [f"GS1-{standard}-{end}" for standard in OFFERED for end in ("Version", "Min", "Max")]
_ASKERS_HEADERS = ", ".join(
    [
        "Authorization",
        "Content-Type",
        "GS1-Capture-Error-Behaviour",
        EPC_FORMAT_HEADER,
        "GS1-CBV-XML-Format",
        "GS1-Extensions",
        *_VERSION_HEADERS,
    ]
)
_EXPOSED_HEADERS = ", ".join(
    [
        "Allow",
        "Link",
        "Location",
        "GS1-Next-Page-Token-Expires",
        "GS1-EPCIS-Capture-Limit",
        "GS1-EPCIS-Capture-File-Size-Limit",
        "GS1-Capture-Error-Behaviour",
        EPC_FORMAT_HEADER,
        "GS1-Vendor-Version",
        *_VERSION_HEADERS,
    ]
)

View = Callable[..., HttpResponse]

logger = logging.getLogger(__name__)


def endpoint(**methods: View) -> View:
    """A view that answers OPTIONS by itself, all else by method, and every error as problem details."""
    allowed = ", ".join(["OPTIONS", *(name.upper() for name in methods)])

    @csrf_exempt
    @wraps(next(iter(methods.values())), updated=())
    def view(request: HttpRequest, **parts: str) -> HttpResponse:
        versions = {standard: offered[-1] for standard, offered in OFFERED.items()}
        try:
            _check_address(request)
            versions = {standard: agreed_version(request, standard) for standard in OFFERED}
            media_type = agreed_media_type(request)
            check_epc_format(request)
            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
                _describe(response, allowed)
            else:
                method = "get" if request.method == "HEAD" else str(request.method).lower()
                if method not in methods:
                    raise Problematic(EpcisException.METHOD)
                response = methods[method](request, **parts)
                if response.headers.get("Content-Type") == JSON:
                    response["Content-Type"] = media_type
        except Exception as error:
            response = problem_response(_problem(error))
            if response.status_code == EpcisException.FAILED.status:
                logger.exception("%s of the EPCIS interface failed", request.method)
        response["Allow"] = allowed
        for standard, version in versions.items():
            response[f"GS1-{standard}-Version"] = version
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = _EXPOSED_HEADERS
        return response

    return view


def _check_address(request: HttpRequest) -> None:
    address = request.get_full_path()
    if len(address) > ADDRESS_BYTES_MAX:
        raise Problematic(EpcisException.URI_TOO_LONG)
    # No text on record holds it, and a database may refuse to look for it.
    if "%00" in address:
        raise Problematic(EpcisException.NO_SUCH_NAME)


def _describe(response: HttpResponse, allowed: str) -> None:
    """The headers by which GS1's clients discover what is offered."""
    for standard, versions in OFFERED.items():
        response[f"GS1-{standard}-Min"], response[f"GS1-{standard}-Max"] = versions[0], versions[-1]
    for name, value in (
        (EPC_FORMAT_HEADER, AS_CAPTURED),
        ("GS1-CBV-XML-Format", AS_CAPTURED),
        ("GS1-Vendor-Version", "pinlian"),
        ("GS1-EPCIS-Capture-Limit", str(capturing.EVENTS_MAX)),
        ("GS1-EPCIS-Capture-File-Size-Limit", str(capturing.DOCUMENT_BYTES_MAX)),
        ("GS1-Capture-Error-Behaviour", "all"),
        ("Access-Control-Allow-Headers", _ASKERS_HEADERS),
        ("Access-Control-Allow-Methods", allowed),
    ):
        response[name] = value


def _problem(error: Exception) -> Problematic:
    if isinstance(error, Problematic):
        return error
    if isinstance(error, QueryRefused):
        kind = {
            Refusal.PARAMETER: EpcisException.QUERY_PARAMETER,
            Refusal.TOO_LARGE: EpcisException.QUERY_TOO_LARGE,
            Refusal.TOO_COMPLEX: EpcisException.QUERY_TOO_COMPLEX,
        }[error.refusal]
        return Problematic(kind, f"{error.parameter}: {error.value}" if error.parameter else "")
    if isinstance(error, querying.PageTokenInvalid):
        return Problematic(EpcisException.QUERY_PARAMETER, _("The nextPageToken is not valid, or no longer."))
    if isinstance(error, Refused):
        return Problematic(EpcisException.UNAVAILABLE, error.detail)
    return Problematic(EpcisException.FAILED)
