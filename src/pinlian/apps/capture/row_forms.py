"""Steps with as many rows as it takes: what was scanned, and what became of what."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from pinlian.apps.capture import events
from pinlian.apps.capture.events import Amount, Event, Lot, Scene
from pinlian.apps.capture.numbering import next_lot
from pinlian.apps.capture.quantities import grams, quantity_words, unit_words
from pinlian.apps.capture.quantity_fields import QuantityField, check_whole, recorded_quantity
from pinlian.apps.capture.scanned import Scanned, read_scanned
from pinlian.apps.capture.selectors import Held, ItemView, things
from pinlian.apps.capture.step_forms import StepForm
from pinlian.gs1.keys import IdentifierError

ROWS_MAX = 200


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

    @property
    def missing(self) -> str:
        return "" if self.choices.sites else "capture/no_place.html"

    def clean(self) -> dict[str, Any]:
        data = super().clean()
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
                amounts.append(Amount(scanned.epc, *recorded_quantity(QuantityField().clean(quantity), unit)))
            except forms.ValidationError as error:
                words = {"code": code, "problem": " ".join(error.messages)}
                self.add_error(None, _("How much there is of %(code)s: %(problem)s") % words)
        if not units and not amounts and not self.errors:
            self.add_error(None, _("Scan something first."))
        data |= {"units": sorted(set(units)), "amounts": _summed(amounts)}
        return data

    def here(self, epcs: Collection[str]) -> list[Held]:
        """What of these things is at the place that was chosen."""
        return [row for row in self.choices.find(epcs) if row.gln == self.cleaned_data.get("site")]

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

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        for row in self.here(data["units"]):
            words = {"code": row.thing.number}
            self.add_error(None, _("%(code)s is here already. It need not be received again.") % words)
        return data

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
        if data.get("to") and data["to"] == data.get("site"):
            self.add_error("to", _("The goods are there. Choose another place."))
        wanted = [*data["units"], *(amount.epc for amount in data["amounts"])]
        here = {(row.thing.epc, row.uom): row for row in self.here(wanted)}
        uoms = dict(here.keys())
        for epc in wanted:
            if epc not in uoms:
                self.add_error(None, _("%(code)s was not received here.") % {"code": things([epc])[epc].number})
        for amount in data["amounts"]:
            row = here.get((amount.epc, amount.uom))
            if row is not None and amount.quantity > row.quantity:
                words = {"quantity": quantity_words(row.quantity, row.uom), "name": row.thing.name or row.thing.number}
                self.add_error(None, _("There is only %(quantity)s of %(name)s.") % words)
            elif row is None and amount.epc in uoms:
                words = {"code": things([amount.epc])[amount.epc].number, "unit": unit_words(uoms[amount.epc])}
                self.add_error(None, _("%(code)s is counted in %(unit)s here.") % words)
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

    @property
    def missing(self) -> str:
        return "" if self.lots else "capture/nothing.html"

    def outputs(self) -> list[ItemView]:
        """What can come out: the person's goods, and the goods of the lots that are here."""
        own = {item.gtin: item for item in self.choices.items}
        others = {row.thing.gtin: row.thing for row in self.lots if row.thing.gtin and row.thing.gtin not in own}
        return [*own.values(), *(ItemView(gtin, thing.name) for gtin, thing in others.items())]

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        inputs: list[tuple[Held, Decimal]] = []
        for key, taken in self.rows("input", "taken"):
            try:
                quantity = QuantityField().clean(taken)
                row = self.take(key, quantity)
                check_whole(quantity, row.uom)
                inputs.append((row, quantity))
            except forms.ValidationError as error:
                self.add_error(None, error)
        outputs: list[tuple[str, Decimal, str]] = []
        known = {item.gtin for item in self.choices.items} | {row.thing.gtin for row, _quantity in inputs}
        for gtin, made, unit in self.rows("output", "made", "made_unit"):
            try:
                outputs.append((gtin, *recorded_quantity(QuantityField().clean(made), unit)))
            except forms.ValidationError as error:
                self.add_error(None, _("How much was made: %(problem)s") % {"problem": " ".join(error.messages)})
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
