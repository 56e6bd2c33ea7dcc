"""What residents and leaders fill in."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from pinlian.apps.groupbuy.services import EVIDENCE_CHARACTERS_MAX, NOTE_CHARACTERS_MAX, PICKUP_NOTE_CHARACTERS_MAX
from pinlian.apps.money.facade import AmountField
from pinlian.apps.people.facade import PickupPointView
from pinlian.domain.money import format_minor

UNITS_MAX = 2**32 - 1


class DateTimeInput(forms.DateTimeInput):
    """The device's own picker of day and time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class OrderForm(forms.Form):
    quantity = forms.IntegerField(min_value=1, max_value=UNITS_MAX)


class GroupForm(forms.Form):
    """A leader opens a group; times are on the leader's own clock."""

    pickup_point = forms.TypedChoiceField(label=_("Pickup point"), coerce=int)
    units_min = forms.IntegerField(
        label=_("Succeeds from"),
        help_text=_("How many must be ordered in all. If it is fewer, everybody gets the money back."),
        min_value=1,
        max_value=UNITS_MAX,
    )
    closes_at = forms.DateTimeField(label=_("Ordering ends"), widget=DateTimeInput())
    deliver_by = forms.DateTimeField(
        label=_("Delivery by"),
        help_text=_("If the goods are not here a day after this, everybody gets the money back."),
        widget=DateTimeInput(),
    )

    def __init__(self, data: object, points: Sequence[PickupPointView], home_id: int | None) -> None:
        today = timezone.localtime().replace(minute=0, second=0, microsecond=0)
        super().__init__(
            data,  # type: ignore[arg-type]
            initial={
                "pickup_point": home_id,
                "units_min": 10,
                "closes_at": (today + timedelta(days=1)).replace(hour=20),
                "deliver_by": (today + timedelta(days=2)).replace(hour=18),
            },
        )
        choices = [(point.id, f"{point.district} · {point.name}") for point in points]
        self.fields["pickup_point"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> None:
        closes_at: datetime | None = self.cleaned_data.get("closes_at")
        deliver_by: datetime | None = self.cleaned_data.get("deliver_by")
        if closes_at and closes_at <= timezone.now():
            self.add_error("closes_at", _("This time is past."))
        if closes_at and deliver_by and deliver_by <= closes_at:
            self.add_error("deliver_by", _("Delivery comes after the end of ordering."))


class NoteForm(forms.Form):
    note = forms.CharField(
        label=_("Note on the group's page"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=NOTE_CHARACTERS_MAX,
        required=False,
    )
    pickup_note = forms.CharField(label=_("How to collect"), max_length=PICKUP_NOTE_CHARACTERS_MAX, required=False)


class ReturnForm(forms.Form):
    """Goods go back for the whole price."""

    text = forms.CharField(
        label=_("Reason (if you like)"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=EVIDENCE_CHARACTERS_MAX,
        required=False,
    )


class ClaimForm(forms.Form):
    """Something was wrong with the goods."""

    FAULTS = (
        ("spoiled", _("Spoiled or not fresh")),
        ("short", _("Too little or missing")),
        ("damaged", _("Damaged")),
        ("wrong", _("Not what was offered")),
        ("other", _("Something else")),
    )

    fault = forms.ChoiceField(label=_("What was wrong?"), choices=FAULTS, widget=forms.RadioSelect)
    text = forms.CharField(
        label=_("Tell the merchant"),
        widget=forms.Textarea(attrs={"rows": 3}),
        max_length=EVIDENCE_CHARACTERS_MAX - 100,
        required=False,
    )

    def __init__(self, data: object, amount_minor: int) -> None:
        super().__init__(data, initial={"asked": format_minor(amount_minor)})  # type: ignore[arg-type]
        self.fields["asked"] = AmountField(label=_("How much do you want back?"), amount_minor_max=amount_minor)

    def words(self) -> str:
        """Fault and text, as the merchant reads them."""
        name = dict(self.FAULTS)[self.cleaned_data["fault"]]
        return f"{name}: {self.cleaned_data['text']}".rstrip(": ")
