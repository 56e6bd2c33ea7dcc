"""What people fill in when they capture, and the events that it comes to.

Every form of a step gives `events(scene)`, once it is valid. Quantities are decimal, in the unit that was chosen.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from pinlian.apps.capture.models import QUANTITY_DECIMALS, SiteKind
from pinlian.apps.capture.numbering import new_sscc, next_lot
from pinlian.apps.capture.quantities import UNITS, grams, quantity_words, unit_choices
from pinlian.apps.capture.scanned import Scanned, read_scanned
from pinlian.apps.capture.selectors import Held, ItemView, SiteView, things
from pinlian.apps.market.facade import PHOTO_BYTES_MAX
from pinlian.gs1.keys import IdentifierError, gtin14

QUANTITY_MAX = Decimal(1_000_000)
BOXES_MAX = 60
ROWS_MAX = 200
LATE_DAYS_MAX = 30

LOSS_REASONS: dict[LossReason, Promise] = {
    LossReason.SPOILT: _("Spoilt or too old"),
    LossReason.DAMAGED: _("Damaged"),
    LossReason.DISPOSED: _("Sorted out"),
    LossReason.STOLEN: _("Stolen"),
    LossReason.UNKNOWN: _("Missing, dried out, or not known"),
}


class QuantityField(forms.DecimalField):
    """A quantity above zero with up to three decimals."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def __init__(self, *, label: Any = "", help_text: Any = "", required: bool = True) -> None:
        super().__init__(
            label=label,
            help_text=help_text,
            required=required,
            max_digits=12,
            decimal_places=QUANTITY_DECIMALS,
            min_value=Decimal("0.001"),
            max_value=QUANTITY_MAX,
        )

    def to_python(self, value: Any) -> Any:
        # A full-width digit or point is what a Chinese keyboard may give.
        return super().to_python(value.translate(_HALF_WIDTH).strip() if isinstance(value, str) else value)


_HALF_WIDTH = {0xFF10 + digit: 0x30 + digit for digit in range(10)} | {0xFF0E: 0x2E, 0x3002: 0x2E}


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person can choose from: own places and goods, what is there, where it can go, groups that it can be for
    (id and words)."""

    sites: Sequence[SiteView] = ()
    items: Sequence[ItemView] = ()
    held: Sequence[Held] = ()
    to: Sequence[SiteView] = ()
    groups: Sequence[tuple[str, str]] = ()


class StepForm(forms.Form):
    """What every step asks: when it was (the device says), with a photograph or without; `account` will sign."""

    account = forms.CharField(widget=forms.HiddenInput, required=False)
    happened_at = forms.DateTimeField(widget=forms.HiddenInput, required=False)
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

    def of_interest(self) -> list[Held]:
        """What of the things that are there this step can be about."""
        return list(self.choices.held)

    def clean_happened_at(self) -> datetime:
        now = timezone.now()
        at: datetime = self.cleaned_data["happened_at"] or now
        if not now - timedelta(days=LATE_DAYS_MAX) <= at <= now + timedelta(minutes=10):
            raise forms.ValidationError(_("The clock of this device is wrong, or this was too long ago."))
        return timezone.localtime(min(at, now))

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

    def events(self, scene: Scene) -> list[Event]:
        data = self.cleaned_data
        factor, uom = UNITS[data["unit"]]
        lot = Lot(data["item"], next_lot(data["item"], scene.at.date()))
        return [events.harvested(Amount(lot.epc, data["quantity"] * factor, uom), scene)]


class HeldForm(StepForm):
    """A step with one lot that the person has."""

    held_choice = forms.ChoiceField(label=_("Which lot"))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if "held_choice" in data:
            try:
                row = self.take(data["held_choice"], data.get("quantity") or Decimal(0))
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
            for part in equal_parts(data["quantity"], data["boxes"])
        ]


def equal_parts(quantity: Decimal, count: int) -> list[Decimal]:
    """`quantity` in parts that differ by a thousandth at most, and add up to it; empty parts are left out."""
    thousandths = int(quantity.scaleb(QUANTITY_DECIMALS))
    each, more = divmod(thousandths, count)
    parts = [each + (place < more) for place in range(count)]
    return [Decimal(part).scaleb(-QUANTITY_DECIMALS) for part in parts if part]


class ShipForm(StepForm):
    held = forms.MultipleChoiceField(label=_("What leaves"), widget=forms.CheckboxSelectMultiple)
    to = forms.ChoiceField(label=_("To"), required=False)
    group = forms.ChoiceField(label=_("For which group buy"), required=False)
    field_order = ("held", "to", "group")
    remembers = ("to",)

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


class RowsForm(StepForm):
    """A step with rows of fields that the device adds: each row has the same names."""

    def rows(self, *names: str) -> list[tuple[str, ...]]:
        """The rows in their order; rows whose first field is empty are left out."""
        data = self.data
        if not isinstance(data, QueryDict):
            raise TypeError("rows come from a request")
        columns = [data.getlist(name) for name in names]
        if len({len(column) for column in columns}) > 1 or len(columns[0]) > ROWS_MAX:
            raise forms.ValidationError(_("Some rows are not complete."))
        return [row for row in zip(*columns, strict=True) if row[0].strip()]


class ScannedForm(RowsForm):
    """A step with things that were scanned: rows of `code`, `quantity` and `unit` (for lots)."""

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        units: list[str] = []
        amounts: list[Amount] = []
        for code, quantity, unit in self.rows("code", "quantity", "unit"):
            scanned = self._read(code)
            if scanned is None:
                continue
            if scanned.is_unit:
                units.append(scanned.epc)
                continue
            try:
                factor, uom = UNITS[unit]
                amounts.append(Amount(scanned.epc, QuantityField().clean(quantity) * factor, uom))
            except (KeyError, forms.ValidationError):
                self.add_error(None, _("Say how much there is of %(code)s.") % {"code": code})
        if not units and not amounts and not self.errors:
            self.add_error(None, _("Scan something first."))
        data |= {"units": sorted(set(units)), "amounts": _summed(amounts)}
        return data

    def _read(self, code: str) -> Scanned | None:
        try:
            return read_scanned(code)
        except IdentifierError:
            self.add_error(None, _("%(code)s is no lot and no box.") % {"code": code})
            return None


class ReceiveForm(ScannedForm):
    site = forms.ChoiceField(label=_("Where"))
    field_order = ("site",)
    remembers = ("site",)

    def events(self, scene: Scene) -> list[Event]:
        return [events.received(self.cleaned_data["units"], self.cleaned_data["amounts"], scene)]


class LoadForm(ScannedForm):
    site = forms.ChoiceField(label=_("From"))
    to = forms.ChoiceField(label=_("To"), required=False)
    group = forms.ChoiceField(label=_("For which group buy"), required=False)
    field_order = ("site", "to", "group")
    remembers = ("site", "to")

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        here = {row.thing.epc: row for row in self.choices.held if row.gln == data.get("site")}
        for epc in [*data["units"], *(amount.epc for amount in data["amounts"])]:
            if epc not in here:
                thing = things([epc])[epc]
                self.add_error(None, _("%(code)s was not received here.") % {"code": thing.number})
        for amount in data["amounts"]:
            row = here.get(amount.epc)
            if row is not None and row.uom == amount.uom and amount.quantity > row.quantity:
                words = {"quantity": quantity_words(row.quantity, row.uom), "name": row.thing.name or row.thing.number}
                self.add_error(None, _("There is only %(quantity)s of %(name)s.") % words)
        return data

    def events(self, scene: Scene) -> list[Event]:
        data = self.cleaned_data
        return [
            events.shipped(
                data["units"], data["amounts"], scene, to_gln=data["to"] or None, group=data["group"] or None
            )
        ]


def _summed(amounts: Sequence[Amount]) -> list[Amount]:
    total: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for amount in amounts:
        total[amount.epc, amount.uom] += amount.quantity
    return [Amount(epc, quantity, uom) for (epc, uom), quantity in total.items()]


class ChangeForm(RowsForm):
    """Lots become other lots: rows of `input`, `taken`; rows of `output`, `made`, `made_unit`."""

    def outputs(self) -> list[ItemView]:
        """What can come out: the person's goods, and the goods of the lots that are here."""
        own = {item.gtin: item for item in self.choices.items}
        others = {row.thing.gtin: row.thing for row in self.lots if row.thing.gtin and row.thing.gtin not in own}
        return [*own.values(), *(ItemView(gtin, thing.name) for gtin, thing in others.items())]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        inputs: list[tuple[Held, Decimal]] = []
        for key, taken in self.rows("input", "taken"):
            try:
                quantity = QuantityField().clean(taken)
                inputs.append((self.take(key, quantity), quantity))
            except forms.ValidationError as error:
                self.add_error(None, error)
        outputs: list[tuple[str, Decimal, str]] = []
        known = {item.gtin for item in self.choices.items} | {row.thing.gtin for row, _quantity in inputs}
        for gtin, made, unit in self.rows("output", "made", "made_unit"):
            try:
                factor, uom = UNITS[unit]
                outputs.append((gtin, QuantityField().clean(made) * factor, uom))
            except (KeyError, forms.ValidationError):
                self.add_error(None, _("Say how much was made."))
            if gtin not in known:
                self.add_error(None, _("Choose goods from the list."))
        if not self.errors:
            self._check(inputs, outputs)
        data |= {"inputs": inputs, "outputs": outputs}
        return data

    def _check(self, inputs: list[tuple[Held, Decimal]], outputs: list[tuple[str, Decimal, str]]) -> None:
        if not inputs or not outputs:
            self.add_error(None, _("Say what went in and what came out."))
        elif len({row.key for row, _quantity in inputs}) < len(inputs):
            self.add_error(None, _("A lot is named twice."))
        elif len({row.gln for row, _quantity in inputs}) > 1:
            self.add_error(None, _("These lots are at different places."))
        else:
            weights = {item.gtin: item.piece_grams for item in self.choices.items}
            went_in = [grams(quantity, row.uom, weights.get(row.thing.gtin or "")) for row, quantity in inputs]
            came_out = [grams(quantity, uom, weights.get(gtin)) for gtin, quantity, uom in outputs]
            # Where something has no weight, there is nothing to compare.
            if (
                None not in went_in
                and None not in came_out
                and sum(filter(None, came_out)) > sum(filter(None, went_in))
            ):
                self.add_error(None, _("More came out than went in."))

    def glns(self) -> set[str]:
        return {row.gln for row, _quantity in self.cleaned_data["inputs"]}

    def events(self, scene: Scene) -> list[Event]:
        data = self.cleaned_data
        inputs = [Amount(row.thing.epc, quantity, row.uom) for row, quantity in data["inputs"]]
        outputs = [
            Amount(Lot(gtin, next_lot(gtin, scene.at.date())).epc, quantity, uom)
            for gtin, quantity, uom in data["outputs"]
        ]
        same_goods = {row.thing.gtin for row, _quantity in data["inputs"]} == {gtin for gtin, *_rest in data["outputs"]}
        step = "repackaging" if same_goods else "commissioning"
        return [events.transformed(inputs, outputs, scene, step=step)]


class SiteForm(forms.Form):
    name = forms.CharField(label=_("Name of the place"), max_length=80)
    kind = forms.ChoiceField(label=_("What happens there"), choices=SiteKind.choices)
    region = forms.CharField(
        label=_("Region"), help_text=_("For example: Lin'an, Zhejiang"), max_length=80, required=False
    )
    latitude = forms.DecimalField(
        label=_("Latitude"), min_value=-90, max_value=90, max_digits=9, decimal_places=6, required=False
    )
    longitude = forms.DecimalField(
        label=_("Longitude"), min_value=-180, max_value=180, max_digits=9, decimal_places=6, required=False
    )

    def microdegrees(self, name: str) -> int | None:
        degrees: Decimal | None = self.cleaned_data[name]
        return None if degrees is None else int(degrees.scaleb(6))


class ItemForm(forms.Form):
    name_zh = forms.CharField(label=_("Name of the goods (Chinese)"), max_length=80)
    name_en = forms.CharField(label=_("Name of the goods (English)"), max_length=80, required=False)
    gtin = forms.CharField(
        label=_("Barcode number (GTIN)"),
        help_text=_("If the goods have one. Otherwise they get one here."),
        max_length=14,
        required=False,
    )
    piece_grams = forms.IntegerField(
        label=_("Grams a piece"),
        help_text=_("So that pieces and kilograms can be added up."),
        min_value=1,
        max_value=1_000_000,
        required=False,
    )

    def clean_gtin(self) -> str:
        gtin: str = self.cleaned_data["gtin"].strip()
        if gtin:
            try:
                return gtin14(gtin)
            except IdentifierError as error:
                raise forms.ValidationError(_("This is no GTIN: its last digit does not fit the others.")) from error
        return gtin
