"""Pages for what is refused: the same words that the HTTP API answers with, in the shell of the site."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from pinlian.domain.refusals import Refused
from pinlian.web.problems import problem_response, refusal_status

View = Callable[[HttpRequest], HttpResponse]


class RefusedPages:
    """Middleware: a page that raises Refused becomes one that says why and what to do, with the refusal's status."""

    def __init__(self, get_response: View) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, Refused):
            return None
        if "text/html" not in request.headers.get("Accept", ""):
            return problem_response(exception)
        status = refusal_status(exception.refusal)
        return render(request, "web/refused.html", {"refusal": exception.refusal}, status=status)
