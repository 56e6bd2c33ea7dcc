"""What an arbiter fills in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinlian.domain.money import format_minor, parse_minor


class RulingForm(forms.Form):
    """How much of what was asked the buyer gets back."""

    award = forms.CharField(
        label=_("The buyer gets back (yuan)"), widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"})
    )

    def __init__(self, *args: Any, asked_minor: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.asked_minor = asked_minor
        self.fields["award"].initial = format_minor(asked_minor)

    def clean_award(self) -> int:
        try:
            award = parse_minor(self.cleaned_data["award"])
        except ValueError as error:
            raise forms.ValidationError(_("Enter an amount such as 12.80."), code="invalid") from error
        if not 0 <= award <= self.asked_minor:
            raise forms.ValidationError(
                _("Enter an amount from 0 to %(asked)s."),
                code="range",
                params={"asked": format_minor(self.asked_minor)},
            )
        return award
