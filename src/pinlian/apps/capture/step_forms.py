"""What people fill in when they capture, and the events that it comes to.

Every form of a step gives `events(scene)`, once it is valid. Quantities are decimal, in the unit that was chosen.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.http import QueryDict
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from pinlian.apps.capture import events
from pinlian.apps.capture.events import Amount, Event, LossReason, Lot, Scene
from pinlian.apps.capture.numbering import new_sscc, next_lot
from pinlian.apps.capture.quantities import quantity_words, unit_choices
from pinlian.apps.capture.quantity_fields import QuantityField, check_whole, equal_parts, recorded_quantity
from pinlian.apps.capture.selectors import Held, ItemView, SiteView
from pinlian.apps.market.facade import PHOTO_BYTES_MAX

BOXES_MAX = 60
LATE_MAX = timedelta(days=30)
AHEAD_MAX = timedelta(minutes=10)

LOSS_REASONS: dict[LossReason, Promise] = {
    LossReason.SPOILT: _("Spoilt or too old"),
    LossReason.DAMAGED: _("Damaged"),
    LossReason.DISPOSED: _("Sorted out"),
    LossReason.STOLEN: _("Stolen"),
    LossReason.UNKNOWN: _("Missing, dried out, or not known"),
}


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person can choose from: own places and goods, what is there, where it can go, groups that it can be for
    (id and words). `find` gives what is there of certain things: `held` holds only the newest."""

    sites: Sequence[SiteView] = ()
    items: Sequence[ItemView] = ()
    held: Sequence[Held] = ()
    to: Sequence[SiteView] = ()
    groups: Sequence[tuple[str, str]] = ()
    find: Callable[[Collection[str]], Sequence[Held]] = lambda _epcs: ()


class StepForm(forms.Form):
    """What every step asks: when it was, with a photograph or without.

    The device says when it was and, as `sent_at`, what its clock says now: so a wrong clock does no harm.
    """

    happened_at = forms.DateTimeField(widget=forms.HiddenInput, required=False)
    sent_at = forms.DateTimeField(widget=forms.HiddenInput, required=False)
    photo = forms.FileField(required=False, widget=forms.FileInput({"accept": "image/*", "capture": "environment"}))
    remembers: Sequence[str] = ()

    def __init__(
        self,
        data: QueryDict | None = None,
        files: Any = None,
        *,
        initial: dict[str, Any] | None = None,
        choices: Choices,
    ) -> None:
        super().__init__(data, files, initial=initial)
        self.choices = choices
        self.held_by_key = {row.key: row for row in choices.held}
        self.lots = [row for row in choices.held if not row.thing.is_unit]
        self.boxes_here = [row for row in choices.held if row.thing.is_unit]
        offered = {
            "site": [(site.gln, site.name) for site in choices.sites],
            "item": [(item.gtin, item.name) for item in choices.items],
            "to": [("", str(_("To a place that is not listed")))] + [(site.gln, site.name) for site in choices.to],
            "group": [("", str(_("For no group in particular"))), *choices.groups],
            "held": [(row.key, held_words(row)) for row in self.of_interest()],
            "held_choice": [(row.key, held_words(row)) for row in self.lots],
        }
        for name, field in self.fields.items():
            if isinstance(field, forms.ChoiceField) and name in offered:
                field.choices = offered[name]

    @property
    def missing(self) -> str:
        """The template that says what the person has to have first; empty if nothing is missing."""
        raise NotImplementedError

    def of_interest(self) -> list[Held]:
        """What of the things that are there this step can be about."""
        return list(self.choices.held)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        now = timezone.now()
        clock = data.get("sent_at") or now
        at = now - (clock - (data.get("happened_at") or clock))
        if not now - LATE_MAX <= at <= now + AHEAD_MAX:
            self.add_error("happened_at", _("The clock of this device is wrong, or this was too long ago."))
        data["happened_at"] = timezone.localtime(min(at, now))
        return data

    def clean_photo(self) -> Any:
        photo: UploadedFile[bytes] | None = self.cleaned_data["photo"]
        if photo is not None and photo.size is not None and photo.size > PHOTO_BYTES_MAX:
            raise forms.ValidationError(_("The photograph is too large."))
        return photo

    def glns(self) -> set[str]:
        """The places at which this step happens."""
        return {self.cleaned_data["site"]}

    def events(self, scene: Scene) -> list[Event]:
        """What will be recorded; `scene.gln` is one of `glns`."""
        raise NotImplementedError

    def take(self, key: str, quantity: Decimal) -> Held:
        """What is there under `key`, if it is so much.

        Raises:
            forms.ValidationError: it is less, or gone.
        """
        row = self.held_by_key.get(key)
        if row is None:
            raise forms.ValidationError(_("This is not here any more."))
        if quantity > row.quantity:
            raise forms.ValidationError(
                _("There is only %(quantity)s of %(name)s.")
                % {"quantity": quantity_words(row.quantity, row.uom), "name": row.thing.name or row.thing.number}
            )
        return row


def held_words(row: Held) -> str:
    """What is held, on one line."""
    if row.thing.is_unit:
        inside = "、".join(f"{part.thing.name} {quantity_words(part.quantity, part.uom)}" for part in row.contents)
        return f"{_('Box')} …{row.thing.number[-6:]} · {inside}" if inside else f"{_('Box')} …{row.thing.number[-6:]}"
    return f"{row.thing.name} {quantity_words(row.quantity, row.uom)} · {row.thing.number}"


class HarvestForm(StepForm):
    item = forms.ChoiceField(label=_("Which goods"))
    quantity = QuantityField(label=_("How much"))
    unit = forms.ChoiceField(label=_("Unit of measure"), choices=unit_choices)
    site = forms.ChoiceField(label=_("Where"))
    field_order = ("item", "quantity", "unit", "site")
    remembers = ("item", "quantity", "unit", "site")

    @property
    def missing(self) -> str:
        return "" if self.choices.items else "capture/no_goods.html"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "quantity" in data and "unit" in data:
            try:
                data["recorded"] = recorded_quantity(data["quantity"], data["unit"])
            except forms.ValidationError as error:
                self.add_error("quantity", error)
        return data

    def events(self, scene: Scene) -> list[Event]:
        data = self.cleaned_data
        lot = Lot(data["item"], next_lot(data["item"], scene.at.date()))
        return [events.harvested(Amount(lot.epc, *data["recorded"]), scene)]


class HeldForm(StepForm):
    """A step with one lot that the person has."""

    held_choice = forms.ChoiceField(label=_("Which lot"))

    @property
    def missing(self) -> str:
        return "" if self.lots else "capture/nothing.html"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if "held_choice" in data:
            quantity = data.get("quantity") or Decimal(0)
            try:
                row = self.take(data["held_choice"], quantity)
                check_whole(quantity, row.uom)
            except forms.ValidationError as error:
                self.add_error("quantity", error)
            else:
                data["row"] = row
                data["quantity"] = data.get("quantity") or row.quantity
        return data

    def glns(self) -> set[str]:
        return {self.cleaned_data["row"].gln}


class PackForm(HeldForm):
    quantity = QuantityField(label=_("How much"), help_text=_("Leave it empty to pack all."), required=False)
    boxes = forms.IntegerField(
        label=_("Into how many boxes"),
        min_value=1,
        max_value=BOXES_MAX,
        initial=1,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    field_order = ("held_choice", "quantity", "boxes")
    remembers = ("boxes",)

    def events(self, scene: Scene) -> list[Event]:
        data = self.cleaned_data
        row: Held = data["row"]
        return [
            events.packed(new_sscc(), [Amount(row.thing.epc, part, row.uom)], scene)
            for part in equal_parts(data["quantity"], data["boxes"], whole=not row.uom)
        ]


class ShipForm(StepForm):
    held = forms.MultipleChoiceField(label=_("What leaves"), widget=forms.CheckboxSelectMultiple)
    to = forms.ChoiceField(label=_("To"), required=False)
    group = forms.ChoiceField(label=_("For which group buy"), required=False)
    field_order = ("held", "to", "group")
    remembers = ("to",)

    @property
    def missing(self) -> str:
        return "" if self.choices.held else "capture/nothing.html"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        if any(self.held_by_key[key].gln == data.get("to") for key in data.get("held", ())):
            self.add_error("to", _("The goods are there. Choose another place."))
        return data

    def _rows(self) -> list[Held]:
        return [self.held_by_key[key] for key in self.cleaned_data["held"]]

    def glns(self) -> set[str]:
        return {row.gln for row in self._rows()}

    def events(self, scene: Scene) -> list[Event]:
        rows = [row for row in self._rows() if row.gln == scene.gln]
        return [
            events.shipped(
                [row.thing.epc for row in rows if row.thing.is_unit],
                [Amount(row.thing.epc, row.quantity, row.uom) for row in rows if not row.thing.is_unit],
                scene,
                to_gln=self.cleaned_data["to"] or None,
                group=self.cleaned_data["group"] or None,
            )
        ]


class LossForm(HeldForm):
    quantity = QuantityField(label=_("How much"))
    reason = forms.ChoiceField(
        label=_("Why"), choices=[(reason.value, words) for reason, words in LOSS_REASONS.items()]
    )
    field_order = ("held_choice", "quantity", "reason")
    remembers = ("reason",)

    def events(self, scene: Scene) -> list[Event]:
        data = self.cleaned_data
        row: Held = data["row"]
        amount = Amount(row.thing.epc, data["quantity"], row.uom)
        return [events.lost([amount], scene, LossReason(data["reason"]))]


class UnpackForm(StepForm):
    held = forms.MultipleChoiceField(label=_("Which boxes"), widget=forms.CheckboxSelectMultiple)
    field_order = ("held",)

    @property
    def missing(self) -> str:
        return "" if self.boxes_here else "capture/no_box.html"

    def of_interest(self) -> list[Held]:
        return self.boxes_here

    def clean_held(self) -> list[str]:
        keys: list[str] = self.cleaned_data["held"]
        if any(not self.held_by_key[key].contents for key in keys):
            raise forms.ValidationError(_("Nobody said what is in this box."))
        return keys

    def glns(self) -> set[str]:
        return {self.held_by_key[key].gln for key in self.cleaned_data["held"]}

    def events(self, scene: Scene) -> list[Event]:
        rows = [self.held_by_key[key] for key in self.cleaned_data["held"]]
        return [
            events.unpacked(
                row.thing.epc, [Amount(part.thing.epc, part.quantity, part.uom) for part in row.contents], scene
            )
            for row in rows
            if row.gln == scene.gln
        ]
