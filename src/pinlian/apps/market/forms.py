"""What merchants fill in."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from pinlian.apps.market.illustrations import illustrations
from pinlian.apps.market.models import Category
from pinlian.apps.market.offer_drafts import OfferPlan
from pinlian.apps.market.photos import UPLOAD_BYTES_MAX
from pinlian.apps.market.services import ProductWords
from pinlian.domain.money import parse_minor
from pinlian.domain.offer import BPS, LADDER_STEPS_MAX, STOCK_CAP_MAX, Step, WindowKind
from pinlian.domain.refusals import Refusal

DAY_SECONDS = 86_400
PERCENT_DECIMALS = 2
MEBIBYTE = 2**20
WINDOW_DAYS = (1, 2, 3, 7, 15, 30)


class ShopForm(forms.Form):
    name = forms.CharField(label=_("Name of the shop or farm"), max_length=80)
    region = forms.CharField(
        label=_("Where the goods come from"),
        help_text=_("For example: Lin'an, Zhejiang"),
        max_length=80,
        required=False,
    )
    about = forms.CharField(
        label=_("About you"),
        help_text=_("Two or three sentences that neighbours read."),
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 4}),
    )

    def __init__(self, *args: Any, accounts: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(accounts) > 1:
            self.fields["account"] = forms.ChoiceField(
                label=_("Key that signs and is paid"),
                help_text=_("Offers that are published stay with the key that signed them."),
                choices=accounts,
            )


def illustration_choices() -> list[tuple[str, str]]:
    return [(picture.key, picture.label) for picture in illustrations().values()]


class ProductForm(forms.Form):
    name_zh = forms.CharField(label=_("Name (Chinese)"), max_length=60)
    unit_zh = forms.CharField(
        label=_("Sold by (Chinese)"), help_text=_("What one unit is: 500 g, one box of 12, one pack"), max_length=30
    )
    category = forms.ChoiceField(label=_("Category"), choices=Category.choices)
    illustration = forms.ChoiceField(label=_("Picture"), choices=illustration_choices, widget=forms.RadioSelect)
    photo = forms.FileField(
        label=_("Photograph"),
        help_text=_("Instead of the picture. JPEG, PNG or WebP up to 12 MB; place and camera data are removed."),
        required=False,
        widget=forms.ClearableFileInput({"accept": "image/jpeg,image/png,image/webp"}),
    )
    description_zh = forms.CharField(
        label=_("Description (Chinese)"), max_length=600, required=False, widget=forms.Textarea({"rows": 3})
    )
    name_en = forms.CharField(label=_("Name (English)"), max_length=80, required=False)
    unit_en = forms.CharField(label=_("Sold by (English)"), max_length=40, required=False)
    description_en = forms.CharField(
        label=_("Description (English)"), max_length=900, required=False, widget=forms.Textarea({"rows": 3})
    )
    is_on_sale = forms.BooleanField(label=_("On sale: I can make new offers of it"), required=False, initial=True)

    def clean_photo(self) -> Any:
        photo = self.cleaned_data["photo"]
        if photo and photo.size > UPLOAD_BYTES_MAX:
            limit = UPLOAD_BYTES_MAX // MEBIBYTE
            raise forms.ValidationError(
                ngettext("The file is larger than %(limit)d MB.", "The file is larger than %(limit)d MB.", limit)
                % {"limit": limit},
                code="oversized",
            )
        return photo

    def words(self) -> ProductWords:
        """What was filled in, once the form is valid."""
        data = self.cleaned_data
        return ProductWords(**{name: data[name] for name in data if name != "photo"})


class MoneyField(forms.CharField):
    """An amount in yuan, as minor units."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_minor(text.removeprefix("¥").removesuffix("元"))
        except ValueError as error:
            raise forms.ValidationError(_("Enter an amount such as 12.80."), code="invalid") from error


class PercentField(forms.CharField):
    """A percentage with up to two decimals, as basis points."""

    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        try:
            share = parse_minor(text.removesuffix("%"), PERCENT_DECIMALS)
        except ValueError as error:
            raise forms.ValidationError(_("Enter a percentage such as 8 or 7.5."), code="invalid") from error
        if not 0 <= share <= BPS:
            raise forms.ValidationError(_("Enter a percentage from 0 to 100."), code="invalid")
        return share


class UnitsField(forms.IntegerField):
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})


def window_choices() -> list[tuple[int, str]]:
    return [(days, ngettext("%(count)d day", "%(count)d days", days) % {"count": days}) for days in WINDOW_DAYS]


class OfferForm(forms.Form):
    """The merchant's part of an offer: product, prices, stock, return rule, leader's share, delivery in words."""

    stock_cap = UnitsField(
        label=_("How many units you can deliver"),
        help_text=_("All groups together cannot order more. It cannot be raised later; make another offer then."),
        min_value=1,
        max_value=STOCK_CAP_MAX,
    )
    window_kind = forms.ChoiceField(
        label=_("If the buyer is not content"),
        choices=[
            (WindowKind.FRESHNESS.name, _("Fresh goods: claims for faults, no returns")),
            (WindowKind.NO_REASON.name, _("Returns without giving a reason, and claims")),
        ],
        widget=forms.RadioSelect,
    )
    window_days = forms.TypedChoiceField(
        label=_("For how long after delivery"),
        coerce=int,
        choices=window_choices,
        help_text=_("The money stays in escrow until then. The law asks for seven days where goods can be returned."),
    )
    leader_percent = PercentField(
        label=_("Share of the group leader (%)"),
        help_text=_("What the neighbour who opens the group earns. Usual are 5 to 10 percent."),
    )
    delivery_zh = forms.CharField(
        label=_("Delivery, in words (Chinese)"),
        help_text=_("For example: picked in the morning, at the pickup point the same evening."),
        max_length=300,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )
    delivery_en = forms.CharField(
        label=_("Delivery, in words (English)"), max_length=300, required=False, widget=forms.Textarea({"rows": 2})
    )

    def __init__(self, *args: Any, products: list[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["product"] = forms.ChoiceField(label=_("Product"), choices=products)
        self.order_fields(["product"])
        for number in range(1, LADDER_STEPS_MAX + 1):
            self.fields[f"units_{number}"] = UnitsField(label=_("From units"), required=number == 1, min_value=1)
            self.fields[f"price_{number}"] = MoneyField(label=_("Unit price (yuan)"), required=number == 1)
        self.fields["units_1"].initial = 1

    def steps(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The ladder's fields: units and price of each step."""
        return [(self[f"units_{number}"], self[f"price_{number}"]) for number in range(1, LADDER_STEPS_MAX + 1)]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        before: tuple[int, int] | None = None
        for number in range(1, LADDER_STEPS_MAX + 1):
            names = f"units_{number}", f"price_{number}"
            units, price = (data.get(name) for name in names)
            if self.errors.keys() & set(names) or (units is None and price is None):
                continue
            if units is None or price is None:
                empty = names[0] if units is None else names[1]
                self.add_error(empty, _("A step needs both units and price. Leave both empty to leave it out."))
                continue
            self._check_step(number, units, price, before)
            before = units, price
        return data

    def _check_step(self, number: int, units: int, price: int, before: tuple[int, int] | None) -> None:
        if price <= 0:
            self.add_error(f"price_{number}", _("Enter a price above zero."))
        if before is None:
            if units != 1:
                self.add_error(f"units_{number}", _("The first price counts from 1 unit on."))
            return
        if units <= before[0]:
            self.add_error(f"units_{number}", _("Enter more units than in the step before."))
        if price >= before[1]:
            self.add_error(f"price_{number}", _("Enter a lower price than in the step before."))

    def add_refusal(self, refusal: Refusal) -> None:
        """Say what the contract would not admit, beside the field that it is about."""
        if refusal == Refusal.SHARES_EXCEEDED:
            self.add_error("leader_percent", _("All shares together may be at most 30%. Enter a smaller one."))
        elif refusal == Refusal.STOCK_CAP_INVALID:
            self.add_error("stock_cap", _("Enter how many units you can deliver, at least one."))
        else:
            self.add_error(None, _("The operator's rules for offers are not complete. Tell the operator."))

    def plan(self) -> OfferPlan:
        """What was filled in, once the form is valid. Whether the contract admits it is checked when it is drafted."""
        data = self.cleaned_data
        steps = [
            (data[f"units_{number}"], data[f"price_{number}"])
            for number in range(1, LADDER_STEPS_MAX + 1)
            if data[f"units_{number}"] is not None
        ]
        return OfferPlan(
            stock_cap=data["stock_cap"],
            ladder=tuple(Step(units_min, price) for units_min, price in steps),
            window_kind=WindowKind[data["window_kind"]],
            window_seconds=data["window_days"] * DAY_SECONDS,
            leader_bps=data["leader_percent"],
            delivery_zh=data["delivery_zh"],
            delivery_en=data["delivery_en"],
        )
