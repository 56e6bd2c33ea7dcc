"""What people and devices send about lots."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

MICRODEGREES = 1_000_000
INDEX_MAX = 2**53 - 1


class IndicesField(forms.Field):
    """Places in the record, each a value of its own in the address."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> list[int]:
        texts = value or []
        if not all(text.isascii() and text.isdecimal() and int(text) <= INDEX_MAX for text in texts):
            raise forms.ValidationError("not a place in the record")
        return [int(text) for text in texts]


class ProofForm(forms.Form):
    """Which facts to prove, and under which head."""

    index = IndicesField(required=False)
    head_size = forms.IntegerField(required=False, min_value=0, max_value=INDEX_MAX)
    download = forms.BooleanField(required=False)


class ScanForm(forms.Form):
    """A scan, as the device tells it; places in degrees."""

    visitor = forms.RegexField(r"^[0-9a-f]{32}$", required=False)
    latitude = forms.FloatField(required=False, min_value=-90, max_value=90)
    longitude = forms.FloatField(required=False, min_value=-180, max_value=180)

    def position(self) -> tuple[int, int] | None:
        """Latitude and longitude in microdegrees, if both were told."""
        latitude, longitude = self.cleaned_data["latitude"], self.cleaned_data["longitude"]
        if latitude is None or longitude is None:
            return None
        return round(latitude * MICRODEGREES), round(longitude * MICRODEGREES)


class RecallForm(forms.Form):
    """Why a lot is called back. Everybody reads it."""

    reason = forms.CharField(
        label=_("Why is it called back?"),
        help_text=_("Every buyer reads this, and it stays in the record for good. Write no names."),
        max_length=500,
        min_length=4,
        widget=forms.Textarea({"rows": 3}),
    )
