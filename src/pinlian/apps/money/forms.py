"""What people fill in about their money."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinlian.apps.money.services import TOP_UP_MINOR_MAX
from pinlian.domain.money import format_minor, parse_minor

ADDRESS = r"^0x[0-9a-fA-F]{40}$"


class AmountField(forms.CharField):
    """An amount of money as people write it, above zero; cleaned to minor units."""

    def __init__(self, *, label: Any, amount_minor_max: int) -> None:
        super().__init__(
            label=label, max_length=15, widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        )
        self._amount_minor_max = amount_minor_max

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            amount_minor = parse_minor(text)
        except ValueError as error:
            raise forms.ValidationError(_("Enter an amount such as 12.50."), code="invalid") from error
        if not 0 < amount_minor <= self._amount_minor_max:
            raise forms.ValidationError(
                _("Enter an amount up to %(amount)s."),
                code="range",
                params={"amount": f"¥{format_minor(self._amount_minor_max)}"},
            )
        return amount_minor


class TopUpForm(forms.Form):
    amount = AmountField(label=_("Amount"), amount_minor_max=TOP_UP_MINOR_MAX)


class WithdrawForm(forms.Form):
    """How much of the balance goes out, and where to; an empty account is the operator's desk, which pays it out."""

    def __init__(self, data: Any, available_minor: int) -> None:
        super().__init__(data)
        self.fields["amount"] = AmountField(label=_("Amount"), amount_minor_max=available_minor)
        self.fields["to"] = forms.RegexField(
            ADDRESS,
            label=_("To another account (for those who know its number)"),
            required=False,
            help_text=_("Leave it empty to have it paid out by the operator."),
            widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        )
