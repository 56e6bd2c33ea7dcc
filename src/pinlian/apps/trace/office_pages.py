"""The operator's pages of lots: what does not fit anywhere, who ordered of a lot, and calling it back."""

import csv
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.market import facade as market
from pinlian.apps.people import facade as people
from pinlian.apps.trace import selectors
from pinlian.apps.trace.finding_texts import finding_words
from pinlian.apps.trace.forms import RecallForm
from pinlian.apps.trace.lot_page import author_names
from pinlian.apps.trace.pages import read_lot
from pinlian.apps.trace.services import end_recall, recall
from pinlian.domain.traceability.walk import Relation
from pinlian.gs1.epc import link_of

FINDINGS_A_PAGE = 50
RECALLS_MAX = 50
ORDERS_SHOWN = 50
"""Of each group; the table for download has them all."""

View = Callable[..., HttpResponse]


def for_operators(view: View) -> View:
    """Only operators; others are refused."""

    @login_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        who = people.person(request.user.pk) if request.user.pk is not None else None
        if who is None or people.Role.OPERATOR not in who.roles:
            raise PermissionDenied
        return view(request, *args, **kwargs)

    return guarded


@for_operators
@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What is called back, which codes look copied, and every finding, the heaviest first."""
    text = request.GET.get("offset", "")
    offset = int(text) if text.isdecimal() and len(text) <= 9 else 0
    found = selectors.open_findings(limit=FINDINGS_A_PAGE, offset=offset)
    codes = selectors.suspected_codes()
    recalls = selectors.open_recalls(limit=RECALLS_MAX)
    named = selectors.places(str(value) for each in found for value in each.parameters.values())
    lots = selectors.lots(
        {*(each.subject for each in found), *(code.epc for code in codes), *(view.epc for view in recalls)}
    )

    def name_of(place: str) -> str:
        return named[place].name if place in named else place.rsplit("/", 1)[-1]

    def row(epc: str) -> dict[str, Any]:
        link = link_of(epc) if epc.startswith("https:") else None
        is_lot = link is not None and link.key_ai == "01" and len(link.qualifiers) == 1
        return {
            "name": lots[epc].name if epc in lots else epc.rsplit(":", 1)[-1].rsplit("/", 1)[-1],
            "gtin": link.key if link and is_lot else "",
            "number": link.qualifiers[0][1] if link and is_lot else "",
        }

    return render(
        request,
        "trace/office.html",
        {
            "section": "me",
            "recalls": [{"recall": view, **row(view.epc)} for view in recalls],
            "codes": [
                {"scans": code, "words": [finding_words(each, name_of) for each in code.findings], **row(code.epc)}
                for code in codes
            ],
            "findings": [{"words": finding_words(each, name_of), **row(each.subject)} for each in found],
            "next_offset": offset + FINDINGS_A_PAGE if len(found) == FINDINGS_A_PAGE else None,
        },
    )


@for_operators
@require_http_methods(["GET", "POST"])
def lot(request: HttpRequest, gtin: str, lot: str) -> HttpResponse:
    """A lot with every order that any of it was shipped for; a POST calls it back, or ends that."""
    epc = read_lot(gtin, lot)
    open_recall = next(iter(selectors.recalls_of([epc])), None)
    form = RecallForm(request.POST or None)
    if request.method == "POST" and "end" in request.POST and open_recall is not None:
        end_recall(epc, open_recall.reason)
        messages.success(request, _("It is no longer called back. The record keeps both."))
        return redirect("trace:office-lot", gtin, lot)
    if request.method == "POST" and form.is_valid():
        card = recall(epc, form.cleaned_data["reason"])
        told = ngettext(
            "Called back. Whoever placed the one order it reaches is told.",
            "Called back. Whoever placed the %(count)s orders it reaches is told, and their leaders.",
            card.orders,
        )
        messages.success(request, told % {"count": card.orders})
        return redirect("trace:office-lot", gtin, lot)
    history = selectors.history(epc, back=False)
    groups = selectors.groups(history.groups)
    words = market.offer_words({group.offer.id for group in groups.values()})
    rows: list[dict[str, Any]] = []
    for group_id, group in groups.items():
        members = groupbuy.members(group_id, limit=ORDERS_SHOWN, offset=0)
        more = max(group.orders_count - len(members), 0)
        rows.append({"group": group, "words": words[group.offer.id], "members": members, "more": more})
    described = selectors.lots([epc]).get(epc)
    return render(
        request,
        "trace/office_lot.html",
        {
            "section": "me",
            "gtin": gtin,
            "number": lot,
            "name": described.name if described else gtin,
            "who": author_names([described.author]).get(described.author, "") if described else "",
            "recall": open_recall,
            "form": form,
            "rows": rows,
            "orders": sum(group.orders_count for group in groups.values()),
            "made_into": [thing for thing in history.things if thing.relation is Relation.PRODUCT],
        },
    )


@for_operators
@require_GET
def orders_csv(request: HttpRequest, gtin: str, lot: str) -> HttpResponse:
    """Every order that any of a lot was shipped for, as a table for spreadsheets; times in UTC."""
    group_ids = selectors.groups_of_lot(read_lot(gtin, lot))
    groups = selectors.groups(group_ids)
    words = market.offer_words({group.offer.id for group in groups.values()})
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{gtin}-{"".join(filter(str.isalnum, lot))}.csv"'
    # Spreadsheets take a file for UTF-8 only by its first bytes.
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([_("Group"), _("Pickup point"), _("Who"), _("Quantity"), _("When"), _("Order")])
    for group_id, member in selectors.orders_of_groups(group_ids):
        group = groups[group_id]
        pickup = group.pickup.name if group.pickup else ""
        at = f"{datetime.fromtimestamp(member.placed_at, UTC):%Y-%m-%d %H:%M:%S}"
        texts = (words[group.offer.id].title, pickup, member.name)
        writer.writerow([*map(_plain_cell, texts), member.quantity, at, member.order_id])
    return response


def _plain_cell(text: str) -> str:
    """What a spreadsheet takes for text, not for a formula."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
