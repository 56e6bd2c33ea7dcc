"""What people say once: their places, and their goods."""

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinlian.apps.capture.models import SiteKind
from pinlian.apps.epcis.facade import problem_text
from pinlian.gs1.epcis.personal_data import personal_data
from pinlian.gs1.keys import IdentifierError, gtin14


class SiteForm(forms.Form):
    name = forms.CharField(
        label=_("Name of the place"),
        help_text=_("Everybody can read it, for good: no private names, no telephone numbers."),
        max_length=80,
    )
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

    def __init__(self, *args: Any, taken: Collection[str], **kwargs: Any) -> None:
        """
        Args:
            taken: names of the places that the person has.
        """
        super().__init__(*args, **kwargs)
        self.taken = taken

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("name") in self.taken:
            self.add_error("name", _("You have a place with this name."))
        for name in ("name", "region"):
            for problem in personal_data({name: data.get(name, "")}, ""):
                self.add_error(name, problem_text(problem))
        return data

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
