"""What pages may load, where it differs from the strict policy in the settings."""

from collections.abc import Callable

from csp.constants import UNSAFE_EVAL, UNSAFE_INLINE
from csp.decorators import csp_update
from django.http import HttpRequest, HttpResponseBase

BACK_OFFICE_PATH = "/office/"

View = Callable[[HttpRequest], HttpResponseBase]


def back_office_policy(get_response: View) -> View:
    """Middleware: the back office's components evaluate expressions and set styles in the page; no other page may."""
    relaxed = csp_update({"script-src": [UNSAFE_EVAL, UNSAFE_INLINE], "style-src": [UNSAFE_INLINE]})(get_response)

    def middleware(request: HttpRequest) -> HttpResponseBase:
        return relaxed(request) if request.path.startswith(BACK_OFFICE_PATH) else get_response(request)

    return middleware
