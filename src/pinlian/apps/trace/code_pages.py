"""What a code that names no lot leads to, for whoever scans it: a product, a box, a place. No account, no script."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from pinlian.apps.trace import code_selectors, selectors
from pinlian.apps.trace.lot_page import CERTIFICATE_WORDS, PLACE_WORDS, author_names
from pinlian.gs1.digital_link import build
from pinlian.gs1.epc import place_epc
from pinlian.gs1.keys import IdentifierError, is_gtin


@gzip_page
@require_GET
def product(request: HttpRequest, gtin: str) -> HttpResponse:
    """The newest lots of goods of one kind."""
    if not is_gtin(gtin):
        raise Http404
    lines, sold_as = code_selectors.lots_of_product(gtin)
    if not lines:
        raise Http404
    name = sold_as.name if sold_as else next((line.name for line in lines if line.name), gtin)
    return render(request, "trace/product.html", {"name": name, "gtin": gtin, "lines": lines, "product": sold_as})


@gzip_page
@require_GET
def box(request: HttpRequest, sscc: str) -> HttpResponse:
    """The lots in a box, crate or pallet."""
    try:
        epc = build("00", sscc).epc()
    except IdentifierError as error:
        raise Http404(str(error)) from error
    if not code_selectors.box_is_known(epc):
        raise Http404
    lines = code_selectors.lots_in_box(epc)
    inside = [line for line in lines if not line.is_gone]
    gone = [line for line in lines if line.is_gone]
    return render(request, "trace/box.html", {"sscc": sscc, "lines": inside, "gone": gone})


@gzip_page
@require_GET
def place(request: HttpRequest, gln: str, extension: str = "") -> HttpResponse:
    """What place it is, as its owner describes it in public, its certificates, and the lots that came by lately."""
    try:
        epc = place_epc(gln, extension)
    except IdentifierError as error:
        raise Http404(str(error)) from error
    if not code_selectors.place_is_known(epc):
        raise Http404
    described = selectors.places([epc]).get(epc)
    certificates = code_selectors.certificates_of_place(place_epc(gln))
    names = author_names([view.author for view in certificates] + ([described.author] if described else []))
    page = {
        "gln": gln,
        "extension": extension,
        "place": described,
        "kind": PLACE_WORDS[described.body.kind] if described else "",
        "who": names.get(described.author, "") if described else "",
        "certificates": [
            (view, CERTIFICATE_WORDS[view.body.kind], names.get(view.author, "")) for view in certificates
        ],
        "today": timezone.localdate(),
        "lines": code_selectors.lots_at_place(epc),
    }
    return render(request, "trace/place.html", page)
