"""The page behind the code, for whoever scans it: no account, no script needed, and a proof to take home."""

import json
import time
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from csp.constants import NONCE
from csp.decorators import csp_update
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.templatetags.static import static
from django.urls import reverse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET, require_POST

from pinlian.apps.people.facade import Limit, TooManyAttempts, count_attempt, place_of
from pinlian.apps.trace import selectors
from pinlian.apps.trace.forms import ProofForm, ScanForm
from pinlian.apps.trace.lot_page import FACTS_MAX, LotPage, author_names, lot_page
from pinlian.apps.trace.services import note_scan
from pinlian.domain.refusals import Refusal, Refused
from pinlian.gs1.epc import lot_epc
from pinlian.gs1.keys import IdentifierError
from pinlian.record import facade as record

# Neighbours share an address of their building's network; nobody has so many codes in hand.
SCANS_FROM_PLACE = Limit("scan place", 240)


def read_lot(gtin: str, lot: str) -> str:
    """The canonical EPC of a lot that is named in an address.

    Raises:
        Http404: it cannot be one.
    """
    try:
        return lot_epc(gtin, lot)
    except IdentifierError as error:
        raise Http404(str(error)) from error


LOT_POLICY = {
    # The reader may ask a node of his own.
    "connect-src": ["https:", "http://localhost:*", "http://127.0.0.1:*"],
    # The check begins with what comes in the page itself (frontend/src/lot-start.ts, lot-worker.ts).
    "script-src": [NONCE],
    "worker-src": ["blob:"],
}


# The decorators' types know only views without further arguments.
@csp_update(LOT_POLICY)  # type: ignore[arg-type]
@gzip_page
@require_GET
def lot(request: HttpRequest, gtin: str, lot: str) -> HttpResponse:
    """Where a lot comes from, who says so, and what does not fit."""
    epc = read_lot(gtin, lot)
    if not selectors.lot_is_known(epc):
        return render(request, "trace/lot_unknown.html", {"gtin": gtin, "number": lot}, status=HTTPStatus.NOT_FOUND)
    page = lot_page(epc)
    return render(request, "trace/lot.html", {"page": page, "statement": _statement(page)})


def _statement(page: LotPage) -> dict[str, Any]:
    """What the page tells its script (frontend/src/lot.ts). The proof comes with it, to spare telephones a request."""
    policy = record.witness_policy()
    try:
        found = record.bundle(page.facts)
    except Refused:
        # The device asks for it again, and says so if it does not come.
        bundle = None
    else:
        bundle = replace(found, authors={**found.authors, **page.names}).as_json()
    return {
        "facts": page.facts,
        "left_out": page.facts_left_out,
        "bundle": bundle,
        "proof": reverse("trace:proof", args=[page.gtin, page.number]),
        "consistency": reverse("api-1:prove_consistency"),
        "scan": reverse("trace:scan", args=[page.gtin, page.number]),
        "node": reverse("api-1:ask_node"),
        "ed25519": static("build/ed25519-library.js"),
        "log": policy.log,
        "witnesses": policy.witnesses,
        "quorum": policy.needed,
    }


@gzip_page
@require_GET
def proof(request: HttpRequest, gtin: str, lot: str) -> HttpResponse:
    """The proof bundle of the facts that the page rests on, or of those that are asked for.

    `index`: of facts; `head_size`: of a head that the reader trusts; `download`: to keep as a file.
    """
    epc = read_lot(gtin, lot)
    form = ProofForm(request.GET)
    if not form.is_valid() or not selectors.lot_is_known(epc):
        raise Http404
    wanted = form.cleaned_data["index"] or selectors.history(epc, forward=False).indices
    if len(wanted) > FACTS_MAX and form.cleaned_data["index"]:
        raise Refused(Refusal.OVERSIZED, "index")
    found = record.bundle(wanted, head_size=form.cleaned_data["head_size"])
    is_to_keep = form.cleaned_data["download"]
    headers = {}
    if not is_to_keep:
        # Who keeps the file knows the record by its own name, who reads the page by the page's word for it.
        found = replace(found, authors={**found.authors, **author_names(found.authors)})
    else:
        headers["Content-Disposition"] = f'attachment; filename="{gtin}-{"".join(filter(str.isalnum, lot))}.proof.json"'
    return HttpResponse(
        json.dumps(found.as_json(), ensure_ascii=False), content_type=record.BUNDLE_TYPE, headers=headers
    )


@require_POST
def scan(request: HttpRequest, gtin: str, lot: str) -> HttpResponse:
    """Count a scan of the code, as the device tells it: with a rough place only if its owner agreed."""
    epc = read_lot(gtin, lot)
    form = ScanForm(request.POST)
    if not form.is_valid() or not selectors.lot_is_known(epc):
        raise Http404
    try:
        count_attempt(SCANS_FROM_PLACE, place_of(request))
    except TooManyAttempts:
        return HttpResponse(status=HTTPStatus.TOO_MANY_REQUESTS)
    note_scan(epc, form.position(), int(time.time()), visitor=form.cleaned_data["visitor"])
    return HttpResponse(status=HTTPStatus.NO_CONTENT)
