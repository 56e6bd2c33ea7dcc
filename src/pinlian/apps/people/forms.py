"""What people fill in about themselves."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from pinlian.apps.people.models import PickupPoint
from pinlian.apps.people.phone_numbers import PhoneNumberInvalid, one_spelling

if TYPE_CHECKING:
    _PointField = forms.ModelChoiceField[PickupPoint]
else:
    _PointField = forms.ModelChoiceField


class PhoneNumberField(forms.CharField):
    """A telephone number in one spelling."""

    widget = forms.TextInput(attrs={"type": "tel", "inputmode": "tel"})

    def __init__(self, autocomplete: str) -> None:
        super().__init__(label=_("Telephone number"), max_length=30)
        self.widget.attrs["autocomplete"] = autocomplete

    def clean(self, value: Any) -> str:
        text = super().clean(value)
        try:
            return one_spelling(text)
        except PhoneNumberInvalid as error:
            raise forms.ValidationError(
                _("This is no telephone number. Enter 11 digits, or + and country for a foreign one."), code="invalid"
            ) from error


class SignInForm(forms.Form):
    phone = PhoneNumberField("username")
    password = forms.CharField(
        label=_("Password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class PickupPointChoice(_PointField):
    def __init__(self) -> None:
        super().__init__(
            PickupPoint.objects.filter(is_open=True),
            label=_("Where you collect"),
            help_text=_("You see what is on nearby. You can change it at any time."),
            required=False,
            empty_label=_("Choose later"),
        )


class SignUpForm(forms.Form):
    phone = PhoneNumberField("username")
    display_name = forms.CharField(
        label=_("Your name"),
        help_text=_("Neighbours see only its first character."),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )
    password = forms.CharField(
        label=_("Password"),
        help_text=_("To log in. At least 10 characters, not digits only."),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
    home_pickup_point = PickupPointChoice()
    consent = forms.BooleanField(
        label=_("I have read how my data is used, and I agree."),
        error_messages={"required": _("Without your agreement we may not keep your number.")},
    )


class ProfileForm(forms.Form):
    display_name = forms.CharField(
        label=_("Your name"),
        help_text=_("Neighbours see only its first character."),
        max_length=40,
        widget=forms.TextInput({"autocomplete": "nickname"}),
    )
    home_pickup_point = PickupPointChoice()
    language = forms.ChoiceField(label=_("Language"), choices=[("zh-hans", "中文"), ("en", "English")])


class PasswordForm(forms.Form):
    password = forms.CharField(
        label=_("Password now"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new_password = forms.CharField(
        label=_("New password"),
        help_text=_("At least 10 characters, not digits only."),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )
