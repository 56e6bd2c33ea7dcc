"""Labels to print: of a lot, as a PDF for sheets or rolls; of boxes, as a page."""

from datetime import date, datetime

import segno
from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.http import content_disposition_header
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from pinlian.apps.capture import selectors, services
from pinlian.apps.capture.labels import STOCKS, Label, label_sheets
from pinlian.apps.capture.models import TradeItem
from pinlian.apps.capture.pages import for_handlers, show
from pinlian.gs1.epc import lot_epc
from pinlian.gs1.keys import IdentifierError

LABELS_MAX = 480
BOXES_MAX = 60
LOT_DAY_LENGTH = 8

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
    """Choose paper and number; with both, the PDF."""
    item = TradeItem.objects.filter(pk=gtin).first()
    try:
        epc = lot_epc(gtin, lot)
    except IdentifierError as error:
        raise Http404 from error
    if item is None:
        raise Http404
    form = LabelForm(request.GET if "count" in request.GET else None)
    if not form.is_valid():
        context = {"title": _("Labels"), "form": form, "item": selectors.item_view(item), "lot": lot, "epc": epc}
        return show(request, "labels", context, status=422 if form.errors else 200)
    data = form.cleaned_data
    site = services.first_site(person_id)
    label = Label(gtin, lot, item.name_zh, item.name_en, site.name if site else "", _day(lot))
    pdf = label_sheets([label] * data["count"], STOCKS[data["stock"]], first_place=data["first_place"] - 1)
    name = content_disposition_header(as_attachment=False, filename=f"{gtin}-{lot}.pdf".replace("/", "_"))
    return HttpResponse(pdf, content_type="application/pdf", headers={"Content-Disposition": name or "inline"})


def _day(lot: str) -> date:
    """The day that a lot number of ours begins with; today for others."""
    try:
        return datetime.strptime(lot[:LOT_DAY_LENGTH], "%Y%m%d").replace(tzinfo=timezone.get_current_timezone()).date()
    except ValueError:
        return timezone.localdate()


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
        scale=4, border=2, omitsize=True
    )
    return code
