"""Sensors: which there are, what they measured last, and what they sent that could not be used."""

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from pinlian.apps.capture import selectors, services
from pinlian.apps.capture.models import Sensor, SensorTrouble
from pinlian.apps.capture.pages import for_handlers, show
from pinlian.apps.capture.scanned import read_scanned
from pinlian.apps.capture.selectors import SiteView
from pinlian.apps.capture.sensor_messages import SERIAL, TOPIC, Trouble, sensor_key
from pinlian.gs1.keys import IdentifierError

TROUBLE_WORDS: dict[str, Promise] = {
    Trouble.MALFORMED: gettext_lazy("Cannot be read"),
    Trouble.OVERSIZED: gettext_lazy("Too large"),
    Trouble.SENSOR_UNKNOWN: gettext_lazy("From a sensor that is not registered"),
    Trouble.CODE_INVALID: gettext_lazy("Not signed with the sensor's key"),
    Trouble.TIME_INVALID: gettext_lazy("The sensor's clock is wrong"),
    Trouble.VALUE_INVALID: gettext_lazy("The value is impossible"),
    Trouble.NOT_RECORDED: gettext_lazy("The record did not take it"),
}


class SensorForm(forms.Form):
    serial = forms.RegexField(
        label=gettext_lazy("Serial number"),
        regex=SERIAL,
        error_messages={"invalid": gettext_lazy("At most 40 letters, digits, - and _.")},
    )
    site = forms.ChoiceField(label=gettext_lazy("Where it is"))
    watches = forms.CharField(
        label=gettext_lazy("Travels with"),
        help_text=gettext_lazy("The code of a box or a lot. Empty: it watches everything at its place."),
        max_length=200,
        required=False,
    )

    def __init__(self, *args: object, person_id: int, sites: list[SiteView]) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.person_id = person_id
        field = self.fields["site"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [(site.gln, site.name) for site in sites]

    def clean_serial(self) -> str:
        serial: str = self.cleaned_data["serial"]
        if Sensor.objects.filter(serial=serial, revoked_at=None).exists():
            raise forms.ValidationError(_("This serial number is registered already."))
        return serial

    def clean_watches(self) -> str:
        code: str = self.cleaned_data["watches"].strip()
        try:
            epc = read_scanned(code).epc if code else ""
        except IdentifierError as error:
            raise forms.ValidationError(_("This is no lot and no box.")) from error
        # What a sensor says is signed by the installation: nobody may say it of other people's goods.
        if epc and not selectors.held_by(self.person_id, epcs=[epc]):
            raise forms.ValidationError(_("You do not have this in hand."))
        return epc


@for_handlers
@require_http_methods(["GET", "POST"])
def sensors(request: HttpRequest, person_id: int) -> HttpResponse:
    """The person's sensors; a POST registers one and shows its key, once."""
    services.ensure_site(person_id)
    form = SensorForm(request.POST or None, person_id=person_id, sites=selectors.sites_of_person(person_id))
    key = None
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        sensor = services.register_sensor(person_id, serial=data["serial"], gln=data["site"], watches=data["watches"])
        key = sensor_key(sensor.serial, sensor.key_version).hex()
    own = list(Sensor.objects.filter(person_id=person_id, revoked_at=None).select_related("site"))
    named = selectors.things([sensor.watches for sensor in own if sensor.watches])
    troubles = SensorTrouble.objects.filter(serial__in=["", *(sensor.serial for sensor in own)])
    context: dict[str, object] = {
        "title": _("Sensors"),
        "form": form,
        "key": key,
        "topic": TOPIC,
        "sensors": [(sensor, named.get(sensor.watches)) for sensor in own],
        "troubles": [(row, TROUBLE_WORDS[row.reason]) for row in troubles],
    }
    return show(request, "sensors", context, status=422 if form.errors else 200)


@for_handlers
@require_POST
def sensor_revoke(request: HttpRequest, person_id: int, serial: str) -> HttpResponse:
    """What the sensor sends from now on is not taken."""
    changed = Sensor.objects.filter(serial=serial, person_id=person_id, revoked_at=None).update(
        revoked_at=timezone.now()
    )
    if not changed:
        raise Http404
    messages.success(request, _("The sensor is not listened to any more."))
    return redirect("capture:sensors")
