"""Labels to print: of a lot, as a PDF for sheets or rolls; of boxes, as a page."""

from datetime import UTC, date, datetime

import segno
from django import forms
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from pinlian.apps.capture import selectors
from pinlian.apps.capture.labels import QUIET_MODULES, STOCKS, Label, label_sheets
from pinlian.apps.capture.models import TradeItem
from pinlian.apps.capture.pages import for_handlers, show
from pinlian.apps.epcis.facade import events_touching
from pinlian.apps.people.facade import addresses_of
from pinlian.apps.trace.facade import lots, places
from pinlian.gs1.epc import lot_epc
from pinlian.gs1.keys import IdentifierError

LABELS_MAX = 480
BOXES_MAX = 60

STOCK_NAMES: dict[str, Promise] = {
    "a4-24": _("A4 sheet, 24 labels of 70 × 37 mm"),
    "a4-8": _("A4 sheet, 8 labels of 105 × 74 mm"),
    "roll-100x50": _("Label printer, 100 × 50 mm"),
}


class LabelForm(forms.Form):
    count = forms.IntegerField(
        label=_("How many"),
        min_value=1,
        max_value=LABELS_MAX,
        initial=24,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    stock = forms.ChoiceField(label=_("Paper"), choices=[(key, STOCK_NAMES[key]) for key in STOCKS])
    first_place = forms.IntegerField(
        label=_("Begin at label"),
        help_text=_("For a sheet that was begun: the first free place, counted along the rows."),
        min_value=1,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_first_place(self) -> int:
        place: int = self.cleaned_data["first_place"]
        stock = STOCKS.get(self.cleaned_data.get("stock", ""))
        if stock is not None and place > stock.places:
            raise forms.ValidationError(_("This paper has fewer labels on a page."))
        return place


@for_handlers
@require_GET
def lot_labels(request: HttpRequest, person_id: int, gtin: str, lot: str) -> HttpResponse:
    """Choose paper and number; with both, the PDF. For whoever made the lot, or has it in hand."""
    item = TradeItem.objects.filter(pk=gtin).first()
    try:
        epc = lot_epc(gtin, lot)
    except IdentifierError as error:
        raise Http404 from error
    described = lots([epc]).get(epc)
    if item is None or described is None:
        raise Http404
    if described.author not in addresses_of(person_id) and not selectors.held_by(person_id, epcs=[epc]):
        raise PermissionDenied
    form = LabelForm(request.GET if "count" in request.GET else None)
    if not form.is_valid():
        context = {"title": _("Labels"), "form": form, "item": selectors.item_view(item), "lot": lot, "epc": epc}
        return show(request, "labels", context, status=422 if form.errors else 200)
    data = form.cleaned_data
    made_at = described.body.made_at
    farm = places([made_at]).get(made_at) if made_at else None
    label = Label(gtin, lot, item.name_zh, item.name_en, farm.name if farm else "", _made_on(epc))
    pdf = label_sheets([label] * data["count"], STOCKS[data["stock"]], first_place=data["first_place"] - 1)
    name = content_disposition_header(as_attachment=False, filename=f"{gtin}-{lot}.pdf".replace("/", "_"))
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": name or "inline"})


def _made_on(epc: str) -> date | None:
    """The day on which a lot was harvested or made; None if nobody said so."""
    made = [
        row.event_time_us
        for row in events_touching([epc])
        if row.biz_step == "commissioning" and not row.declares_error and row.declared_wrong_by is None
    ]
    return timezone.localtime(datetime.fromtimestamp(min(made) // 1_000_000, UTC)).date() if made else None


@for_handlers
@require_GET
def box_labels(request: HttpRequest, person_id: int) -> HttpResponse:
    """A page with a label for each box that is here (or for those named by `box`), newest first."""
    wanted = set(request.GET.getlist("box"))
    boxes = [
        row for row in selectors.held_by(person_id) if row.thing.is_unit and (not wanted or row.thing.number in wanted)
    ]
    labels = [(row, _code(row.thing.path)) for row in boxes[:BOXES_MAX]]
    return show(request, "box_labels", {"title": _("Box labels"), "labels": labels, "shown_max": BOXES_MAX})


def _code(path: str) -> str:
    code: str = segno.make_qr(f"{settings.PINLIAN_ORIGIN}{path}", error="m").svg_inline(
        scale=4, border=QUIET_MODULES, omitsize=True
    )
    return code
