"""What holds for requests of the HTTP API: their size, how many there may be, that a repeated write has one effect."""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from pinlian.apps.people.facade import Limit, TooManyAttempts, count_attempt, place_of
from pinlian.domain.refusals import Refusal, Refused
from pinlian.web.models import IdempotentAnswer
from pinlian.web.problems import problem_response

API_PATH = "/api/"
KEY_HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotency-Replayed"
KEY_CHARACTERS_MAX = 200
KEPT_HOURS = 24
ANSWER_SECONDS_MAX = 60
"""After so long without an answer the first request is taken for lost, and its key is free again."""

# Whoever signs more than that hands in documents, with an account.
FACTS_FROM_PLACE = Limit("fact place", 600)

View = Callable[[HttpRequest], HttpResponse]


class ApiBodyLimit:
    """Middleware: a request that is larger than the API takes is refused before it is read."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(API_PATH):
            length = request.META.get("CONTENT_LENGTH") or "0"
            if not length.isdecimal() or int(length) > settings.API_BODY_BYTES_MAX:
                detail = f"at most {settings.API_BODY_BYTES_MAX} bytes"
                return problem_response(Refused(Refusal.OVERSIZED, None, detail))
        return self.get_response(request)


class IdempotentWrites:
    """Middleware: a write of the API with an Idempotency-Key is done once, and gets the same answer again.

    The same key with another request is refused. Answers are kept for a day; server errors are not kept, so that the
    request can be tried again.
    """

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        key = request.headers.get(KEY_HEADER)
        if key is None or request.method in ("GET", "HEAD", "OPTIONS") or not request.path.startswith(API_PATH):
            return self.get_response(request)
        if not 0 < len(key) <= KEY_CHARACTERS_MAX or not key.isascii() or not key.isprintable():
            return problem_response(
                Refused(Refusal.MALFORMED, KEY_HEADER, f"expected 1 to {KEY_CHARACTERS_MAX} ASCII characters")
            )
        asker = request.user.pk if request.user.is_authenticated else ""
        kept_key = sha256(f"{asker}\n{key}".encode()).hexdigest()
        fingerprint = sha256(
            b"\n".join(((request.method or "").encode(), request.get_full_path().encode(), request.body))
        ).hexdigest()
        try:
            return self._kept(kept_key, fingerprint) or self._answer(request, kept_key)
        except Refused as refused:
            return problem_response(refused)

    def _kept(self, kept_key: str, fingerprint: str) -> HttpResponse | None:
        """The kept answer; None if the request is new, and is now noted as being answered."""
        now = timezone.now()
        IdempotentAnswer.objects.filter(
            key=kept_key, status=None, asked_at__lt=now - timedelta(seconds=ANSWER_SECONDS_MAX)
        ).delete()
        row, is_new = IdempotentAnswer.objects.get_or_create(
            key=kept_key, defaults={"fingerprint": fingerprint, "asked_at": now}
        )
        if is_new:
            return None
        if row.fingerprint != fingerprint:
            raise Refused(Refusal.IDEMPOTENCY_KEY_REUSED, KEY_HEADER)
        if row.status is None:
            raise Refused(Refusal.RATE_LIMITED, KEY_HEADER, "the first request with this key is still being answered")
        response = HttpResponse(bytes(row.body), status=row.status, content_type=row.content_type or None)
        response[REPLAYED_HEADER] = "true"
        return response

    def _answer(self, request: HttpRequest, kept_key: str) -> HttpResponse:
        row = IdempotentAnswer.objects.filter(key=kept_key)
        try:
            response = self.get_response(request)
        except BaseException:
            row.delete()
            raise
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            row.delete()
        else:
            row.update(
                status=response.status_code,
                content_type=response.headers.get("Content-Type", ""),
                body=response.content,
            )
        return response


def limit_facts(request: HttpRequest) -> None:
    """Count a fact that somebody hands in, before anything is done with it: nobody needs an account for that.

    Raises:
        Refused: RATE_LIMITED.
    """
    try:
        count_attempt(FACTS_FROM_PLACE, place_of(request))
    except TooManyAttempts as error:
        raise Refused(Refusal.RATE_LIMITED, None, f"again in {error.minutes} minutes") from error


def forget_old_answers() -> int:
    """Drop answers whose time is over; how many. Call it now and then."""
    old = IdempotentAnswer.objects.filter(asked_at__lt=timezone.now() - timedelta(hours=KEPT_HOURS))
    # A deletion takes the write lock even if it finds nothing.
    return old.delete()[0] if old.exists() else 0
