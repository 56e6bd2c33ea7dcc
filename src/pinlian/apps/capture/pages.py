"""Pages for those who handle goods: each step is prepared here, and signed on the device."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pinlian.apps.capture import selectors, services
from pinlian.apps.capture.drafts import prepare_once, prepared_before
from pinlian.apps.capture.events import Event, Scene, photo_digests, retracted
from pinlian.apps.capture.models import EventPhoto
from pinlian.apps.capture.photos import PHOTO_KEPT, keep_photo, photo_url
from pinlian.apps.capture.quantities import unit_choices
from pinlian.apps.capture.row_forms import ChangeForm, LoadForm, ReceiveForm
from pinlian.apps.capture.scanned import read_scanned
from pinlian.apps.capture.selectors import Held
from pinlian.apps.capture.services import GtinTaken
from pinlian.apps.capture.setup_forms import ItemForm, SiteForm
from pinlian.apps.capture.signing import put_on_record, to_sign
from pinlian.apps.capture.step_forms import (
    Choices,
    HarvestForm,
    LossForm,
    PackForm,
    ShipForm,
    StepForm,
    UnpackForm,
)
from pinlian.apps.epcis.facade import CaptureInvalid, problem_text
from pinlian.apps.groupbuy.facade import running_groups_of_offers
from pinlian.apps.market.facade import (
    PhotoInvalid,
    accounts_of_merchant,
    merchant_of_person,
    offer_words,
    offers_of_merchants,
    photo_response,
)
from pinlian.apps.people.facade import HANDLERS, addresses_of, person
from pinlian.domain.refusals import Refusal, Refused
from pinlian.gs1.epc import canonical_epc, link_of
from pinlian.gs1.keys import IdentifierError

Arguments = ParamSpec("Arguments")
HandlerPage = Callable[Concatenate[HttpRequest, int, Arguments], HttpResponse]

BODY_BYTES_MAX = 4 * 1_048_576
GROUPS_SHOWN = 30

STEPS: Mapping[str, tuple[type[StepForm], Any]] = {
    "harvest": (HarvestForm, gettext_lazy("Harvest")),
    "pack": (PackForm, gettext_lazy("Pack")),
    "ship": (ShipForm, gettext_lazy("Ship")),
    "receive": (ReceiveForm, gettext_lazy("Receive")),
    "load": (LoadForm, gettext_lazy("Load")),
    "change": (ChangeForm, gettext_lazy("Split, merge, process")),
    "unpack": (UnpackForm, gettext_lazy("Unpack")),
    "loss": (LossForm, gettext_lazy("Record a loss")),
}

STEP_WORDS: Mapping[str, Any] = {
    "commissioning": gettext_lazy("New lot"),
    "packing": gettext_lazy("Packed"),
    "shipping": gettext_lazy("Shipped"),
    "receiving": gettext_lazy("Received"),
    "repackaging": gettext_lazy("Split or merged"),
    "unpacking": gettext_lazy("Unpacked"),
    "destroying": gettext_lazy("Lost"),
    "decommissioning": gettext_lazy("Lost"),
}
"""Business steps of CBV as those who did them call them."""


def for_handlers(page: HandlerPage[Arguments]) -> Callable[Concatenate[HttpRequest, Arguments], HttpResponse]:
    """Gives the page the id of whoever is logged in and handles goods; everybody else is turned away."""

    @login_required
    @wraps(page)
    def with_person(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        person_id = request.user.pk
        found = person(person_id) if person_id is not None else None
        if person_id is None or found is None or not HANDLERS & found.roles:
            raise PermissionDenied
        return page(request, person_id, *args, **kwargs)

    return with_person


def show(request: HttpRequest, template: str, context: dict[str, object], status: int = 200) -> HttpResponse:
    return render(request, f"capture/{template}.html", {"section": "capture", **context}, status=status)


@for_handlers
@require_GET
def home(request: HttpRequest, person_id: int) -> HttpResponse:
    """What can be recorded, and what is here."""
    services.ensure_site(person_id)
    held = selectors.held_by(person_id)
    places = {site.gln: site for site in selectors.sites_of_person(person_id)}
    rows = [(row, places[row.gln]) for row in held]
    keeps = " ".join(reverse("capture:step", args=[name]) for name in ("harvest", "pack", "ship"))
    return show(request, "home", {"held": rows, "places": list(places.values()), "keeps": keeps})


@require_GET
def worker(request: HttpRequest) -> HttpResponse:
    """The script that keeps these pages on the device; its address sets which pages it may answer for."""
    return render(request, "capture/worker.js", content_type="text/javascript")


@for_handlers
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, person_id: int, name: str) -> HttpResponse:
    """One step. A POST answers with the facts to sign, or with what to put right (422)."""
    if name not in STEPS:
        raise Http404
    form_type, title = STEPS[name]
    choices = choices_of(person_id, with_groups="group" in form_type.base_fields)
    if request.method == "POST":
        form = form_type(request.POST, request.FILES, choices=choices)
        account, draft = request.POST.get("account", ""), request.POST.get("draft", "")
        return _prepare(person_id, name, form, account=account, draft=draft or uuid.uuid4().hex)
    form = form_type(initial=_initial(person_id, name, form_type, choices.held), choices=choices)
    context = {"step": name, "title": title, "form": form, "choices": choices, "units": unit_choices()}
    return show(request, name, context)


def choices_of(person_id: int, *, with_groups: bool = False) -> Choices:
    """What the person can choose from."""
    services.ensure_site(person_id)
    return Choices(
        sites=selectors.sites_of_person(person_id),
        items=[selectors.item_view(item) for item in services.items_of_person(person_id)],
        held=selectors.held_by(person_id),
        to=selectors.destinations(person_id),
        groups=_groups(person_id) if with_groups else (),
        find=lambda epcs: selectors.held_by(person_id, epcs=epcs),
    )


def _initial(person_id: int, name: str, form_type: type[StepForm], held: Sequence[Held]) -> dict[str, Any]:
    initial = services.remembered(person_id, name)
    if "unit" in form_type.base_fields:
        initial.setdefault("unit", "kg")
    if name == "ship":
        # Packed boxes are what usually leaves; loose lots where nothing is packed.
        boxes = [row.key for row in held if row.thing.is_unit]
        initial["held"] = boxes or [row.key for row in held]
    return initial


def _groups(person_id: int) -> list[tuple[str, str]]:
    merchant = merchant_of_person(person_id)
    if merchant is None:
        return []
    offers = [offer.id for offer in offers_of_merchants(accounts_of_merchant(merchant.id))]
    groups = running_groups_of_offers(offers)[:GROUPS_SHOWN]
    words = offer_words({group.offer.id for group in groups})
    return [(group.id, f"{words[group.offer.id].title} · {group.id[2:8]}") for group in groups]


def _prepare(person_id: int, name: str, form: StepForm, *, account: str, draft: str) -> HttpResponse:
    """A draft that was prepared before comes to the same events again, whatever is here now."""
    try:
        if prepared_before(person_id, (name, draft)) is None and not form.is_valid():
            return form_problems(form)
        events = prepare_once(person_id, (name, draft), lambda: _events(form), kept=PHOTO_KEPT)
        answer = prepared(person_id, name, account, events)
    except PhotoInvalid:
        form.add_error("photo", _("This is no photograph that we can read. Send a JPEG, PNG or WebP file."))
        return form_problems(form)
    except CaptureInvalid as error:
        for problem in error.problems:
            form.add_error(None, problem_text(problem))
        return form_problems(form)
    if form.is_bound and form.is_valid():
        services.remember(person_id, name, **{field: form.cleaned_data[field] for field in form.remembers})
    return JsonResponse(answer)


def _events(form: StepForm) -> list[Event]:
    photo = form.cleaned_data["photo"]
    photos = [keep_photo(photo)] if photo else []
    scenes = [Scene(form.cleaned_data["happened_at"], gln, photos) for gln in sorted(form.glns())]
    return [event for scene in scenes for event in form.events(scene)]


def prepared(person_id: int, step_name: str, account: str, events: Sequence[Event]) -> dict[str, Any]:
    """What the device needs to show these events, sign them and send them. Raises as signing.to_sign does."""
    photos = dict.fromkeys(digest for event in events for digest in photo_digests(event))
    return to_sign(person_id, account, events) | {
        "step": step_name,
        "names": names_for_device(person_id, events),
        "photos": [{"digest": digest, "url": photo_url(digest)} for digest in photos],
        "submit": reverse("capture:signed"),
        "next": reverse("capture:home"),
    }


def form_problems(form: forms.Form) -> JsonResponse:
    """What has to be put right, by field."""
    return JsonResponse(
        {"errors": {name: [str(text) for text in texts] for name, texts in form.errors.items()}}, status=422
    )


def names_for_device(person_id: int, events: Sequence[Event]) -> dict[str, str]:
    """How people call the things and places that the events name: the device shows these beside the numbers."""
    written: set[str] = set()
    places: set[str] = set()
    for event in events:
        written |= {*event.get("epcList", ()), *event.get("childEPCs", ()), event.get("parentID", "")}
        for rows in ("quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"):
            written |= {row["epcClass"] for row in event.get(rows, ())}
        places |= {event[place]["id"] for place in ("readPoint", "bizLocation") if place in event}
        places |= {row["destination"] for row in event.get("destinationList", ())}
    # The events of other programs may name them in another way.
    canonical = {name: canonical_epc(name) for name in written - {""}}
    found = selectors.things(canonical.values())
    inside = selectors.contents(canonical.values(), own=addresses_of(person_id))
    glns = {place: link.key for place in places if (link := link_of(canonical_epc(place))) is not None}
    sites = selectors.sites(glns.values())
    names = {name: found[epc].name for name, epc in canonical.items() if found[epc].name}
    for name, epc in canonical.items():
        if inside.get(epc):
            names[name] = "、".join(selectors.amount_words(part) for part in inside[epc])
    return names | {place: sites[gln].name for place, gln in glns.items() if gln in sites}


@for_handlers
@require_POST
def signed(request: HttpRequest, person_id: int) -> HttpResponse:
    """Put on record what the device signed. It is kept when the answer comes; the same again changes nothing."""
    if len(request.body) > BODY_BYTES_MAX:
        raise Refused(Refusal.OVERSIZED)
    try:
        facts = json.loads(request.body)["facts"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise Refused(Refusal.MALFORMED, "facts") from error
    return JsonResponse({"recorded": put_on_record(person_id, facts)}, status=201)


@for_handlers
@require_GET
def scanned(request: HttpRequest, person_id: int) -> HttpResponse:
    """What a scanned code is, in words: its name, and what is in it."""
    try:
        code = read_scanned(request.GET.get("code", ""))
    except IdentifierError as error:
        raise Refused(Refusal.MALFORMED, "code", str(error)) from error
    thing = selectors.things([code.epc])[code.epc]
    inside = selectors.contents([code.epc], own=addresses_of(person_id)).get(code.epc, [])
    here = selectors.held_by(person_id, epcs=[code.epc])
    return JsonResponse(
        {
            "epc": code.epc,
            "is_unit": code.is_unit,
            "name": thing.name,
            "number": thing.number,
            "inside": [selectors.amount_words(part) for part in inside],
            "here": str(here[0].quantity.normalize()) if here and not code.is_unit else "",
        }
    )


@for_handlers
@require_http_methods(["GET", "POST"])
def mine(request: HttpRequest, person_id: int) -> HttpResponse:
    """What the person recorded lately; a POST answers with the declaration, to sign, that one event never happened."""
    recorded = selectors.recorded_by(person_id)
    if request.method == "POST":
        event = next((row.event for row in recorded if row.event["eventID"] == request.POST.get("event")), None)
        if event is None:
            raise Http404
        taken_back = retracted(event, timezone.localtime())
        return JsonResponse(prepared(person_id, "retract", request.POST.get("account", ""), [taken_back]))
    rows = [(row, STEP_WORDS.get(row.step, row.step)) for row in recorded]
    return show(request, "mine", {"title": _("What I recorded"), "rows": rows})


@require_GET
def photo(request: HttpRequest, digest: str) -> HttpResponse:
    """A photograph that an event names."""
    found = EventPhoto.objects.filter(pk=digest).first()
    if found is None:
        raise Http404
    return photo_response(found.webp)


@for_handlers
@require_http_methods(["GET", "POST"])
def sites(request: HttpRequest, person_id: int) -> HttpResponse:
    """The person's places; a POST adds one."""
    services.ensure_site(person_id)
    own = selectors.sites_of_person(person_id)
    form = SiteForm(request.POST or None, taken={site.name for site in own})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        services.add_site(
            person_id,
            name=data["name"],
            kind=data["kind"],
            region=data["region"],
            latitude_microdegrees=form.microdegrees("latitude"),
            longitude_microdegrees=form.microdegrees("longitude"),
        )
        messages.success(request, _("Saved."))
        return redirect("capture:sites")
    context = {"title": _("Places"), "form": form, "sites": own}
    return show(request, "sites", context, status=422 if form.errors else 200)


@for_handlers
@require_http_methods(["GET", "POST"])
def items(request: HttpRequest, person_id: int) -> HttpResponse:
    """The person's goods; a POST adds some."""
    form = ItemForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.add_item(person_id, **form.cleaned_data)
        except GtinTaken:
            form.add_error("gtin", _("Other goods have this number."))
        else:
            messages.success(request, _("Saved."))
            return redirect("capture:items")
    found = [selectors.item_view(item) for item in services.items_of_person(person_id)]
    context = {"title": _("Goods and their numbers"), "form": form, "items": found}
    return show(request, "items", context, status=422 if form.errors else 200)
