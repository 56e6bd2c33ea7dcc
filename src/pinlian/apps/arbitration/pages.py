"""Rejected cases, the most urgent first, and the ruling of one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from pinlian.apps.arbitration.forms import RulingForm
from pinlian.apps.arbitration.office_key import office_account, rule_with_office_key
from pinlian.apps.groupbuy.facade import case_card, cases_for_arbiters
from pinlian.apps.market.facade import offer_terms, offer_words
from pinlian.apps.people.facade import Role, addresses_of, person
from pinlian.chain.typed_data import message_json
from pinlian.domain.case import CaseStatus
from pinlian.domain.messages import RuleCase
from pinlian.domain.refusals import Refusal, Refused

CASES_MAX = 100


def accounts_to_rule_with(request: HttpRequest) -> list[str]:
    """The accounts for which whoever is logged in may rule: the person's own, and the office's for operators.

    Raises:
        PermissionDenied: nobody is logged in.
    """
    who = person(request.user.pk) if request.user.pk is not None else None
    if who is None:
        raise PermissionDenied
    return [*addresses_of(who.id), *([office_account()] if Role.OPERATOR in who.roles else [])]


@login_required
@require_GET
def cases(request: HttpRequest) -> HttpResponse:
    found = cases_for_arbiters(accounts_to_rule_with(request), limit=CASES_MAX)
    offers = {case.offer_id for case in found}
    words, terms = offer_words(offers), offer_terms(offers)
    office = office_account()
    rows = [
        {
            "case": case,
            "words": words[case.offer_id],
            "by_office": terms[case.offer_id].arbiter == office,
            "form": RulingForm(asked_minor=case.asked_minor, prefix=case.id[:10]),
        }
        for case in found
    ]
    return render(request, "arbitration/cases.html", {"section": "me", "rows": rows})


@login_required
@require_POST
def rule(request: HttpRequest, case_id: str) -> HttpResponse:
    """With the office's key: rule at once. With a key of the person's own: answer with the message to sign."""
    accounts = accounts_to_rule_with(request)
    case = case_card(case_id)
    arbiter = offer_terms([case.offer_id])[case.offer_id].arbiter
    if case.status != CaseStatus.REJECTED or arbiter not in accounts:
        messages.error(request, _("This case does not wait for your ruling any more."))
        return redirect("arbitration:cases")
    by_office = arbiter == office_account()
    form = RulingForm(request.POST, asked_minor=case.asked_minor, prefix=case.id[:10])
    if not form.is_valid():
        errors = {form.add_prefix(name): [str(text) for text in texts] for name, texts in form.errors.items()}
        if not by_office:
            return JsonResponse({"errors": errors}, status=422)
        messages.error(request, " ".join(text for texts in errors.values() for text in texts))
        return redirect("arbitration:cases")
    ruling = RuleCase(bytes.fromhex(case.id[2:]), form.cleaned_data["award"])
    if not by_office:
        return JsonResponse(
            {
                "kind": "rule_case",
                "message": message_json(ruling),
                "submit": reverse("api-1:submit_message"),
                "next": reverse("arbitration:cases"),
            }
        )
    try:
        rule_with_office_key(ruling)
    except Refused as refused:
        too_late = refused.refusal in (Refusal.TOO_LATE, Refusal.CASE_NOT_REJECTED)
        messages.error(
            request,
            _("The time for the ruling is over, or somebody else ruled.")
            if too_late
            else _("The ruling could not be handed in. Try again in a moment."),
        )
    else:
        messages.success(request, _("Ruled. It counts in a few seconds."))
    return redirect("arbitration:cases")
