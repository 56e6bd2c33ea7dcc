"""/capture and its jobs, and POST /events."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse

from pinlian.apps.epcis import capturing, selectors
from pinlian.apps.epcis.http_api.answers import answer, page_of
from pinlian.apps.epcis.http_api.endpoint import endpoint
from pinlian.apps.epcis.http_api.problems import EpcisException, Problematic, problem_head
from pinlian.apps.epcis.http_api.requests import body_of, handler_of, holder_of
from pinlian.apps.epcis.models import CaptureJob
from pinlian.apps.people.facade import TokenHolder, address_of
from pinlian.gs1.epcis.problems import Problem, ProblemName
from pinlian.gs1.epcis.terms import time_text
from pinlian.record.facade import followed

_TOO_MUCH = {ProblemName.EVENTS_TOO_MANY, ProblemName.EVENT_TOO_LARGE}


def _capturer(holder: TokenHolder) -> str:
    """How a leaf names who captured: the person's account, or the token if there is no account yet."""
    return address_of(holder.person_id) or f"token:{holder.public_id}"


def _post_capture(request: HttpRequest) -> HttpResponse:
    holder = handler_of(request)
    behaviour = request.headers.get("GS1-Capture-Error-Behaviour", capturing.ROLLBACK)
    if behaviour not in (capturing.ROLLBACK, capturing.PROCEED):
        raise Problematic(EpcisException.VALIDATION, f"GS1-Capture-Error-Behaviour: {behaviour[:40]}")
    document, text = body_of(request, capturing.DOCUMENT_BYTES_MAX)
    try:
        job = capturing.capture(
            document, capturer=_capturer(holder), error_behaviour=behaviour, owner_id=holder.person_id
        )
    except capturing.CaptureContradicts as refused:
        # What is on record is known only when the document is worked through: its job tells.
        job = capturing.refused_job(refused, owner_id=holder.person_id)
    except capturing.CaptureInvalid as refused:
        raise _invalid(refused, text) from refused
    response = HttpResponse(status=202)
    response["Location"] = f"/epcis/capture/{job.id}"
    return response


def _invalid(refused: capturing.CaptureInvalid, text: str) -> Problematic:
    is_too_much = {problem.name for problem in refused.problems} <= _TOO_MUCH
    kind = EpcisException.CAPTURE_LIMIT if is_too_much else EpcisException.VALIDATION
    return Problematic(kind, problems=refused.problems, text=text)


def _get_captures(request: HttpRequest) -> HttpResponse:
    holder = holder_of(request)

    def jobs_after(key: str | None, limit: int) -> Sequence[CaptureJob]:
        return selectors.jobs_of(holder.person_id, after=key, limit=limit)

    return page_of(request, "capture", jobs_after, selectors.key_of_job, lambda jobs: answer(list(map(_job, jobs))))


def _get_capture(request: HttpRequest, capture_id: str) -> HttpResponse:
    holder = holder_of(request)
    job = CaptureJob.objects.filter(pk=capture_id, owner_id=holder.person_id).first()
    if job is None:
        raise Problematic(EpcisException.NO_SUCH_NAME)
    return answer(_job(job))


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
        "errors": [problem_head(EpcisException.VALIDATION) | error for error in job.errors],
    }
    if is_running:
        del body["finishedAt"]
    return body


def post_event(request: HttpRequest) -> HttpResponse:
    """One event: 201, and where it is."""
    holder = handler_of(request)
    event, text = body_of(request, capturing.DOCUMENT_BYTES_MAX)
    if isinstance(event, dict) and event.get("type") in ("EPCISDocument", "EPCISQueryDocument"):
        problem = Problem(ProblemName.EVENT_TYPE_UNKNOWN, "/type", {"value": str(event["type"])})
        raise Problematic(EpcisException.VALIDATION, problems=[problem], text=text)
    try:
        event_id = capturing.capture_event(event, capturer=_capturer(holder), owner_id=holder.person_id)
    except capturing.EventKnown as known:
        raise Problematic(EpcisException.EXISTS, known.event_id) from known
    except capturing.CaptureInvalid as refused:
        if isinstance(refused, capturing.CaptureContradicts):
            raise Problematic(EpcisException.EXISTS, problems=refused.problems, text=text) from refused
        raise _invalid(refused, text) from refused
    response = answer({**event, "eventID": event_id}, status=201)
    response["Location"] = f"/epcis/events/{quote(event_id, safe='')}"
    return response


captures = endpoint(get=_get_captures, post=_post_capture)
capture = endpoint(get=_get_capture)
