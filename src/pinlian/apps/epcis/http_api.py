"""The interface of EPCIS 2.0.1 as GS1 binds it to HTTP, under /epcis/. docs/protocol/epcis.md says what is offered.

Reading is open to everybody: an event's way is meant to be checked. Capturing, and keeping named queries, needs the API
token of somebody who handles goods.
"""

import json
import re
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any
from urllib.parse import quote, urlencode

from django.db import IntegrityError, transaction
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from pinlian.apps.epcis import capturing, querying, selectors
from pinlian.apps.epcis.http_problems import EpcisException, Problematic, problem_response
from pinlian.apps.epcis.models import CaptureJob, Event, EventEpc, NamedQuery
from pinlian.apps.people.facade import HANDLERS, Role, TokenHolder, address_of, holder_of_token
from pinlian.domain.refusals import Refused
from pinlian.gs1.epcis.document import CONTEXT, NotReadable, read_json
from pinlian.gs1.epcis.event_query import QueryRefused, Refusal, parse
from pinlian.gs1.epcis.identity import canonical_or_as_is
from pinlian.gs1.epcis.problems import Problem, ProblemName
from pinlian.gs1.epcis.terms import own_prefixes, time_text
from pinlian.gs1.epcis.vocabulary import BIZ_STEP, DISPOSITION
from pinlian.record.facade import followed

EPCIS_VERSION, EPCIS_MIN, EPCIS_MAX = "2.0.1", "2.0", "2.0.1"
CBV_VERSION, CBV_MIN, CBV_MAX = "2.0.0", "2.0", "2.0.0"
AS_CAPTURED, AS_DIGITAL_LINK = "Never_Translates", "Always_GS1_Digital_Link"
EPC_FORMATS = (AS_CAPTURED, AS_DIGITAL_LINK, "No_Preference")
ADDRESS_BYTES_MAX = 8_000
QUERY_BYTES_MAX = 100_000
TOP_LEVEL = (
    "events",
    "eventTypes",
    "epcs",
    "bizSteps",
    "bizLocations",
    "readPoints",
    "dispositions",
    "capture",
    "queries",
)
JSON_TYPES = ("application/json", "application/ld+json")

_VERSION = re.compile(r"\d+(\.\d+)*")
_QUERY_NAME = re.compile(r"[A-Za-z0-9._~-]{1,100}")
_SCHEDULE_PARAMETERS = frozenset(
    ["second", "minute", "hour", "dayOfMonth", "month", "dayOfWeek", "stream", "reportIfEmpty", "initialRecordTime"]
)

View = Callable[..., HttpResponse]


def endpoint(**methods: View) -> View:
    """A view that answers OPTIONS by itself, all else by method, and every error as problem details."""
    allowed = ", ".join(["OPTIONS", *(name.upper() for name in methods)])

    @csrf_exempt
    @wraps(next(iter(methods.values())), updated=())
    def view(request: HttpRequest, **parts: str) -> HttpResponse:
        try:
            if len(request.get_full_path()) > ADDRESS_BYTES_MAX:
                raise Problematic(EpcisException.URI_TOO_LONG)
            _check_versions(request)
            if request.method == "OPTIONS":
                response = HttpResponse(status=204)
                _describe(response)
            else:
                method = "get" if request.method == "HEAD" else str(request.method).lower()
                if method not in methods:
                    raise Problematic(EpcisException.METHOD)
                response = methods[method](request, **parts)
        except Problematic as error:
            response = problem_response(error)
        except QueryRefused as refused:
            response = problem_response(_query_problem(refused))
        except querying.PageTokenInvalid:
            response = problem_response(
                Problematic(EpcisException.QUERY_PARAMETER, _("The nextPageToken is not valid, or no longer."))
            )
        except Refused as refused:
            response = problem_response(Problematic(EpcisException.UNAVAILABLE, refused.detail))
        response["Allow"] = allowed
        response["GS1-EPCIS-Version"] = EPCIS_VERSION
        response["GS1-CBV-Version"] = CBV_VERSION
        response["Access-Control-Allow-Origin"] = "*"
        response["Access-Control-Expose-Headers"] = "Link, Location, GS1-Next-Page-Token-Expires, GS1-EPCIS-Version"
        return response

    return view


def _describe(response: HttpResponse) -> None:
    """The headers by which GS1's clients discover what is offered."""
    for name, value in (
        ("GS1-EPCIS-Min", EPCIS_MIN),
        ("GS1-EPCIS-Max", EPCIS_MAX),
        ("GS1-CBV-Min", CBV_MIN),
        ("GS1-CBV-Max", CBV_MAX),
        ("GS1-EPC-Format", AS_CAPTURED),
        ("GS1-CBV-XML-Format", AS_CAPTURED),
        ("GS1-Vendor-Version", "pinlian"),
        ("GS1-EPCIS-Capture-Limit", str(capturing.EVENTS_MAX)),
        ("GS1-EPCIS-Capture-File-Size-Limit", str(capturing.DOCUMENT_BYTES_MAX)),
        ("GS1-Capture-Error-Behaviour", "all"),
        ("Access-Control-Allow-Headers", "Authorization, Content-Type, GS1-Capture-Error-Behaviour, GS1-EPC-Format"),
        ("Access-Control-Allow-Methods", "GET, POST, DELETE, OPTIONS"),
    ):
        response[name] = value


def _check_versions(request: HttpRequest) -> None:
    """The asker's least and greatest version must leave room for ours."""
    for standard, own in (("EPCIS", EPCIS_VERSION), ("CBV", CBV_VERSION)):
        for end in ("Min", "Max", "Version"):
            header = f"GS1-{standard}-{end}"
            asked = request.headers.get(header)
            if asked is None:
                continue
            if not _VERSION.fullmatch(asked):
                raise Problematic(EpcisException.NOT_ACCEPTABLE, f"{header}: {asked[:40]}")
            wanted, ours = _numbers(asked), _numbers(own)
            # A shorter number takes in all that begin with it.
            begins = ours[: len(wanted)]
            if (end == "Min" and wanted > ours) or (end == "Max" and wanted < begins):
                raise Problematic(EpcisException.NOT_ACCEPTABLE, f"{header}: {asked}")
            if end == "Version" and wanted[:2] != ours[:2][: len(wanted)]:
                raise Problematic(EpcisException.NOT_ACCEPTABLE, f"{header}: {asked}")
    accepted = request.headers.get("Accept", "*/*").lower()
    kinds = [part.partition(";")[0].strip() for part in accepted.split(",")]
    if not any(kind in (*JSON_TYPES, "*/*", "application/*", "application/problem+json", "") for kind in kinds):
        raise Problematic(EpcisException.NOT_ACCEPTABLE, f"Accept: {accepted[:80]}")
    epc_format = request.headers.get("GS1-EPC-Format")
    if epc_format is not None and epc_format not in EPC_FORMATS:
        raise Problematic(EpcisException.NOT_ACCEPTABLE, f"GS1-EPC-Format: {epc_format[:40]}")


def _numbers(version: str) -> tuple[int, ...]:
    # Numbers of any length are asked for; more digits than any version has would take long to read.
    return tuple(int(part[:9]) for part in version.split("."))


def _query_problem(refused: QueryRefused) -> Problematic:
    kind = {
        Refusal.PARAMETER: EpcisException.QUERY_PARAMETER,
        Refusal.TOO_LARGE: EpcisException.QUERY_TOO_LARGE,
        Refusal.TOO_COMPLEX: EpcisException.QUERY_TOO_COMPLEX,
    }[refused.refusal]
    return Problematic(kind, f"{refused.parameter}: {refused.value}" if refused.parameter else "")


def _holder(request: HttpRequest) -> TokenHolder:
    """Who asks, by the bearer token."""
    scheme, _blank, token = request.headers.get("Authorization", "").partition(" ")
    holder = holder_of_token(token.strip()) if scheme.lower() == "bearer" else None
    if holder is None:
        raise Problematic(EpcisException.SECURITY_UNKNOWN)
    return holder


def _capturing_holder(request: HttpRequest) -> TokenHolder:
    holder = _holder(request)
    if not holder.roles & HANDLERS:
        raise Problematic(EpcisException.SECURITY_FORBIDDEN)
    return holder


def _capturer(holder: TokenHolder) -> str:
    """How a leaf names who captured: the person's account, or the token if there is no account yet."""
    return address_of(holder.person_id) or f"token:{holder.public_id}"


def _body(request: HttpRequest, bytes_max: int) -> tuple[Any, str]:
    """The JSON of the request, and its text."""
    kind = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if kind not in JSON_TYPES:
        raise Problematic(EpcisException.MEDIA_TYPE)
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal() or int(length) > bytes_max:
        raise _too_much(bytes_max)
    text = request.read(bytes_max + 1)
    if len(text) > bytes_max:
        raise _too_much(bytes_max)
    try:
        return read_json(text), text.decode()
    except NotReadable as error:
        raise Problematic(EpcisException.VALIDATION, problems=[error.problem], lines=[error.line]) from error


def _too_much(bytes_max: int) -> Problematic:
    return Problematic(EpcisException.CAPTURE_LIMIT, _("At most %(bytes)d bytes are taken.") % {"bytes": bytes_max})


def _answer(value: Any, status: int = 200) -> HttpResponse:
    # Built with care rather than by JsonResponse: Chinese stays readable.
    return HttpResponse(json.dumps(value, ensure_ascii=False), content_type="application/json", status=status)


# Capture


def _post_capture(request: HttpRequest) -> HttpResponse:
    holder = _capturing_holder(request)
    behaviour = request.headers.get("GS1-Capture-Error-Behaviour", capturing.ROLLBACK)
    if behaviour not in (capturing.ROLLBACK, capturing.PROCEED):
        raise Problematic(EpcisException.VALIDATION, f"GS1-Capture-Error-Behaviour: {behaviour[:40]}")
    document, text = _body(request, capturing.DOCUMENT_BYTES_MAX)
    try:
        job = capturing.capture(
            document, capturer=_capturer(holder), error_behaviour=behaviour, owner_id=holder.person_id
        )
    except capturing.CaptureInvalid as refused:
        raise _invalid(refused, text) from refused
    response = HttpResponse(status=202)
    response["Location"] = f"/epcis/capture/{job.id}"
    return response


def _invalid(refused: capturing.CaptureInvalid, text: str) -> Problematic:
    is_too_much = any(problem.name is ProblemName.EVENTS_TOO_MANY for problem in refused.problems)
    kind = EpcisException.CAPTURE_LIMIT if is_too_much else EpcisException.VALIDATION
    return Problematic(kind, problems=refused.problems, text=text)


def _get_captures(request: HttpRequest) -> HttpResponse:
    holder = _holder(request)
    per_page = _per_page(request)
    first = _offset(request)
    jobs = list(selectors.jobs_of(holder.person_id)[first : first + per_page + 1])
    response = _answer([_job(job) for job in jobs[:per_page]])
    if len(jobs) > per_page:
        _link_next(request, response, str(first + per_page))
    return response


def _get_capture(request: HttpRequest, capture_id: str) -> HttpResponse:
    holder = _holder(request)
    job = CaptureJob.objects.filter(pk=capture_id, owner_id=holder.person_id).first()
    if job is None:
        raise Problematic(EpcisException.NO_SUCH_NAME)
    return _answer(_job(job))


def _job(job: CaptureJob) -> dict[str, Any]:
    # On record it is when the capture answers; queries find it when the read model has followed the record so far.
    is_running = job.last_index is not None and followed() <= job.last_index
    body: dict[str, Any] = {
        "captureID": job.id,
        "createdAt": time_text(job.created_at_ms * 1000),
        "finishedAt": time_text(job.finished_at_ms * 1000),
        "running": is_running,
        "success": job.success,
        "captureErrorBehaviour": job.error_behaviour,
        "errors": job.errors,
    }
    if is_running:
        del body["finishedAt"]
    return body


# Events


def _post_event(request: HttpRequest) -> HttpResponse:
    holder = _capturing_holder(request)
    event, text = _body(request, capturing.DOCUMENT_BYTES_MAX)
    if isinstance(event, dict) and event.get("type") in ("EPCISDocument", "EPCISQueryDocument"):
        problem = Problem(ProblemName.EVENT_TYPE_UNKNOWN, "/type", {"value": str(event["type"])})
        raise Problematic(EpcisException.VALIDATION, problems=[problem], text=text)
    try:
        event_id = capturing.capture_event(event, capturer=_capturer(holder), owner_id=holder.person_id)
    except capturing.EventKnown as known:
        raise Problematic(EpcisException.EXISTS, known.event_id) from known
    except capturing.CaptureInvalid as refused:
        if {problem.name for problem in refused.problems} == {ProblemName.EVENT_EXISTS}:
            raise Problematic(EpcisException.EXISTS, problems=refused.problems, text=text) from refused
        raise _invalid(refused, text) from refused
    response = _answer({**event, "eventID": event_id}, status=201)
    response["Location"] = f"/epcis/events/{quote(event_id, safe='')}"
    return response


def _get_events(request: HttpRequest, **fixed: str) -> HttpResponse:
    """Events that meet the parameters of the address; `fixed` are those that the path says."""
    return _answer_query(request, {**_parameters(request), **fixed}, "SimpleEventQuery")


def _answer_query(request: HttpRequest, parameters: Mapping[str, Any], name: str) -> HttpResponse:
    page = querying.query(
        parameters,
        per_page=_per_page(request),
        next_page_token=request.GET.get("nextPageToken"),
        prefixes=_extension_prefixes(request) | own_prefixes(parameters.get("@context")),
    )
    response = _answer(_query_document([_shown(event, request) for event in _marked(page.events)], name))
    if page.next_page_token:
        _link_next(request, response, page.next_page_token)
    return response


def _get_event(request: HttpRequest, event_id: str) -> HttpResponse:
    # A hash id that was not escaped in the address lost its "?ver=CBV2.0" to the query.
    if "ver" in request.GET and "?" not in event_id:
        event_id = f"{event_id}?ver={request.GET['ver']}"
    found = list(Event.objects.filter(event_id=event_id).order_by("index"))
    if not found:
        raise Problematic(EpcisException.NO_SUCH_NAME, event_id[:200])
    response = _answer(_query_document([_shown(event, request) for event in _marked(found)], "SimpleEventQuery"))
    # From the event to the signed fact that can be proved.
    facts = (request.build_absolute_uri(f"/api/v1/record/facts/{event.index}") for event in found)
    response["Link"] = ", ".join(f'<{fact}>; rel="describedby"' for fact in facts)
    return response


def _marked(events: list[Event]) -> list[tuple[Event, dict[str, Any]]]:
    """Events with the declaration that they are wrong, if there is one, and with the time of their recording."""
    declarations = {
        declaration.index: declaration.event()["errorDeclaration"]
        for declaration in Event.objects.filter(
            index__in={event.declared_wrong_by for event in events if event.declared_wrong_by is not None}
        )
    }
    marked = []
    for event in events:
        shown = event.event() | {"recordTime": time_text(event.recorded_at * 1_000_000)}
        if event.declared_wrong_by in declarations:
            shown["errorDeclaration"] = declarations[event.declared_wrong_by]
        marked.append((event, shown))
    return marked


_EPC_FIELDS = frozenset(
    {
        "epcList",
        "childEPCs",
        "inputEPCList",
        "outputEPCList",
        "parentID",
        "epcClass",
        "source",
        "destination",
        "bizTransaction",
        "transformationID",
    }
)


def _shown(marked: tuple[Event, dict[str, Any]], request: HttpRequest) -> dict[str, Any]:
    shown = marked[1]
    if request.headers.get("GS1-EPC-Format") == AS_DIGITAL_LINK:
        translated: dict[str, Any] = {name: _translated(name, value) for name, value in shown.items()}
        return translated
    return shown


def _translated(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {inner: _translated(f"{name}.{inner}", content) for inner, content in value.items()}
    if isinstance(value, list):
        return [_translated(name, element) for element in value]
    is_epc = name.rpartition(".")[2] in _EPC_FIELDS or name in ("readPoint.id", "bizLocation.id")
    return canonical_or_as_is(value) if is_epc and isinstance(value, str) else value


def _query_document(events: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return {
        "@context": CONTEXT,
        "type": "EPCISQueryDocument",
        "schemaVersion": "2.0",
        "creationDate": time_text(time.time_ns() // 1000),
        "epcisBody": {"queryResults": {"queryName": name, "resultsBody": {"eventList": events}}},
    }


def _parameters(request: HttpRequest) -> dict[str, list[str]]:
    return {name: list(values) for name, values in request.GET.lists() if name not in ("perPage", "nextPageToken")}


def _per_page(request: HttpRequest) -> int:
    text = request.GET.get("perPage", str(querying.PER_PAGE))
    if not (text.isascii() and text.isdecimal()) or len(text) > 9 or int(text) < 1:
        raise QueryRefused(Refusal.PARAMETER, "perPage", text)
    return min(int(text), querying.PER_PAGE_MAX)


def _offset(request: HttpRequest) -> int:
    text = request.GET.get("nextPageToken", "0")
    if not (text.isascii() and text.isdecimal()) or len(text) > 9:
        raise querying.PageTokenInvalid
    return int(text)


def _link_next(request: HttpRequest, response: HttpResponse, token: str) -> None:
    parameters = [(name, value) for name, values in request.GET.lists() for value in values if name != "nextPageToken"]
    query = urlencode([*parameters, ("nextPageToken", token)])
    address = request.build_absolute_uri(f"{quote(request.path)}?{query}")
    response["Link"] = f'<{address}>; rel="next"'
    expires = datetime.fromtimestamp(time.time() + querying.TOKEN_SECONDS, tz=UTC)
    response["GS1-Next-Page-Token-Expires"] = expires.strftime("%Y-%m-%dT%H:%M:%SZ")


def _extension_prefixes(request: HttpRequest) -> dict[str, str]:
    """GS1-Extensions: prefix=namespace, ..."""
    pairs = (part.partition("=") for part in request.headers.get("GS1-Extensions", "").split(","))
    return {prefix.strip(): namespace.strip() for prefix, sign, namespace in pairs if sign and namespace.strip()}


# What there is


def _collection(members: list[str], response_of: Callable[[Any], HttpResponse] = _answer) -> HttpResponse:
    return response_of({"@context": CONTEXT, "type": "Collection", "member": members})


def _get_top_level(request: HttpRequest) -> HttpResponse:
    return _collection(list(TOP_LEVEL))


def _values(column: str, model: type[Event] | type[EventEpc] = Event) -> View:
    """A list of all that a column holds, in pages."""

    def view(request: HttpRequest) -> HttpResponse:
        per_page = _per_page(request)
        rows = model._default_manager.exclude(**{column: ""})
        after = request.GET.get("nextPageToken")
        if after is not None:
            rows = rows.filter(**{f"{column}__gt": querying.read_value_token(after, column)})
        found = list(rows.order_by(column).values_list(column, flat=True).distinct()[: per_page + 1])
        response = _collection(found[:per_page])
        if len(found) > per_page:
            _link_next(request, response, querying.value_token(found[per_page - 1], column))
        return response

    return view


def _value(column: str, bring: Callable[[str], str], model: type[Event] | type[EventEpc] = Event) -> View:
    """What there is of one value: its events."""

    def view(request: HttpRequest, value: str) -> HttpResponse:
        if not model._default_manager.filter(**{column: bring(value)}).exists():
            raise Problematic(EpcisException.NO_SUCH_NAME, value[:200])
        return _collection(["events"])

    return view


def _events_of(parameter: str) -> View:
    """The events of one value of a parameter."""

    def view(request: HttpRequest, value: str) -> HttpResponse:
        # A bar would be read as several values.
        if "|" in value:
            raise Problematic(EpcisException.NO_SUCH_NAME, value[:200])
        return _get_events(request, **{parameter: value})

    return view


def _events_of_epc(request: HttpRequest, value: str) -> HttpResponse:
    """Events that name a thing or a class of things: each in a list of its own, so both are asked."""
    if "|" in value:
        raise Problematic(EpcisException.NO_SUCH_NAME, value[:200])
    rows = EventEpc.objects.filter(epc=canonical_or_as_is(value), is_class=True)
    return _get_events(request, **{"MATCH_anyEPCClass" if rows.exists() else "MATCH_anyEPC": value})


# Named queries


def _post_query(request: HttpRequest) -> HttpResponse:
    holder = _holder(request)
    definition, _text = _body(request, QUERY_BYTES_MAX)
    if not isinstance(definition, dict) or not isinstance(definition.get("query"), dict):
        raise Problematic(EpcisException.QUERY_VALIDATION, "name, query")
    name, parameters = definition.get("name"), definition["query"]
    if not isinstance(name, str) or not _QUERY_NAME.fullmatch(name) or set(definition) - {"name", "query", "@context"}:
        raise Problematic(EpcisException.QUERY_VALIDATION, "name")
    _check_query(parameters)
    try:
        with transaction.atomic():
            NamedQuery.objects.create(
                name=name,
                owner_id=holder.person_id,
                definition=parameters,
                created_at_ms=time.time_ns() // 1_000_000,
            )
    except IntegrityError as error:
        raise Problematic(EpcisException.EXISTS, name) from error
    response = HttpResponse(status=201)
    response["Location"] = f"/epcis/queries/{quote(name)}"
    return response


def _check_query(parameters: dict[str, Any]) -> None:
    parse(_asked(parameters), prefixes=own_prefixes(parameters.get("@context")))


def _asked(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """A query document's parameters, without what is not one."""
    return {name: value for name, value in parameters.items() if name not in ("@context", "queryType")}


def _get_queries(request: HttpRequest) -> HttpResponse:
    per_page = _per_page(request)
    rows = NamedQuery.objects.order_by("name")
    after = request.GET.get("nextPageToken")
    if after is not None:
        rows = rows.filter(name__gt=querying.read_value_token(after, "query"))
    found = list(rows[: per_page + 1])
    response = _answer([{"name": row.name, "query": row.definition} for row in found[:per_page]])
    if len(found) > per_page:
        _link_next(request, response, querying.value_token(found[per_page - 1].name, "query"))
    return response


def _named(name: str) -> NamedQuery:
    found = NamedQuery.objects.filter(name=name).first()
    if found is None:
        raise Problematic(EpcisException.NO_SUCH_NAME, name[:100])
    return found


def _get_query(request: HttpRequest, name: str) -> HttpResponse:
    found = _named(name)
    return _answer({"name": found.name, "query": found.definition})


def _delete_query(request: HttpRequest, name: str) -> HttpResponse:
    holder = _holder(request)
    found = _named(name)
    if found.owner_id != holder.person_id and Role.OPERATOR not in holder.roles:
        raise Problematic(EpcisException.SECURITY_FORBIDDEN)
    found.delete()
    return HttpResponse(status=204)


def _get_query_events(request: HttpRequest, name: str) -> HttpResponse:
    found = _named(name)
    if request.GET.keys() & _SCHEDULE_PARAMETERS or request.headers.get("Upgrade"):
        raise _no_subscriptions()
    context = found.definition.get("@context")
    page = querying.query(
        _asked(found.definition),
        per_page=_per_page(request),
        next_page_token=request.GET.get("nextPageToken"),
        prefixes=own_prefixes(context),
    )
    response = _answer(_query_document([_shown(event, request) for event in _marked(page.events)], name))
    if page.next_page_token:
        _link_next(request, response, page.next_page_token)
    return response


def _subscriptions(request: HttpRequest, name: str, **parts: str) -> HttpResponse:
    raise _no_subscriptions()


def _no_subscriptions() -> Problematic:
    return Problematic(
        EpcisException.NOT_IMPLEMENTED,
        _("There are no subscriptions: ask the query's events again, from the last recordTime on (GE_recordTime)."),
    )


def _delete_token(request: HttpRequest, token: str) -> HttpResponse:
    """A token holds no resources here: it ends by itself."""
    return HttpResponse(status=204)


def _nothing(request: HttpRequest, rest: str = "") -> HttpResponse:
    raise Problematic(EpcisException.NO_SUCH_NAME, rest[:200])


top_level = endpoint(get=_get_top_level)
captures = endpoint(get=_get_captures, post=_post_capture)
capture = endpoint(get=_get_capture)
events = endpoint(get=_get_events, post=_post_event)
event = endpoint(get=_get_event)
event_types = endpoint(get=_values("event_type"))
event_type = endpoint(get=_value("event_type", str))
event_type_events = endpoint(get=_events_of("eventType"))
epcs = endpoint(get=_values("epc", EventEpc))
epc = endpoint(get=_value("epc", canonical_or_as_is, EventEpc))
epc_events = endpoint(get=_events_of_epc)
biz_steps = endpoint(get=_values("biz_step"))
biz_step = endpoint(get=_value("biz_step", BIZ_STEP.bare))
biz_step_events = endpoint(get=_events_of("EQ_bizStep"))
biz_locations = endpoint(get=_values("biz_location"))
biz_location = endpoint(get=_value("biz_location", canonical_or_as_is))
biz_location_events = endpoint(get=_events_of("EQ_bizLocation"))
read_points = endpoint(get=_values("read_point"))
read_point = endpoint(get=_value("read_point", canonical_or_as_is))
read_point_events = endpoint(get=_events_of("EQ_readPoint"))
dispositions = endpoint(get=_values("disposition"))
disposition = endpoint(get=_value("disposition", DISPOSITION.bare))
disposition_events = endpoint(get=_events_of("EQ_disposition"))
queries = endpoint(get=_get_queries, post=_post_query)
query = endpoint(get=_get_query, delete=_delete_query)
query_events = endpoint(get=_get_query_events)
subscriptions = endpoint(get=_subscriptions, post=_subscriptions, delete=_subscriptions)
next_page_token = endpoint(delete=_delete_token)
nothing = endpoint(get=_nothing, post=_nothing, delete=_nothing, put=_nothing, patch=_nothing)
