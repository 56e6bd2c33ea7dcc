"""The page on which people make and revoke tokens for their programs."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from pinlian.apps.people import api_tokens
from pinlian.apps.people.http_api import logged_in
from pinlian.domain.refusals import Refusal, Refused


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def tokens(request: HttpRequest) -> HttpResponse:
    """Show the tokens; make one (label) and show it this once; revoke one (revoke)."""
    person = logged_in(request)
    new_token = None
    status = 200
    if request.method == "POST":
        try:
            if "revoke" in request.POST:
                api_tokens.revoke_token(person.pk, request.POST["revoke"])
                messages.success(request, _("The token opens nothing any more."))
                return redirect("people:tokens")
            new_token = api_tokens.issue_token(person.pk, request.POST.get("label", ""))
        except Refused as refused:
            status = 422
            messages.error(request, _words(refused.refusal))
    context = {"section": "me", "tokens": api_tokens.tokens_of(person.pk), "new_token": new_token}
    return render(request, "people/tokens.html", context, status=status)


def _words(refusal: Refusal) -> str:
    if refusal is Refusal.MALFORMED:
        return _("Say in a few words what the token is for.")
    if refusal is Refusal.RATE_LIMITED:
        return _("You have as many tokens as one person can have. Revoke one first.")
    return _("This token is not yours, or was revoked before.")
