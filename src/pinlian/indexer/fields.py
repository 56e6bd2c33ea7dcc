"""The database column of token amounts, which can exceed 64 bits."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.utils.translation import gettext_lazy as _

DIGITS_MAX = 39
"""Enough for every amount of the escrow: they are below 2**128."""
_SQLITE_INTEGER_MAX = 2**63 - 1

if TYPE_CHECKING:
    _IntField = models.Field[int, int]
else:
    _IntField = models.Field


class AmountField(_IntField):
    """A whole amount in minor units of up to 39 digits and either sign; an `int` in Python on every database.

    PostgreSQL stores numeric(39, 0). SQLite would round such a number to a float, so its column has no affinity: an
    amount of up to 63 bits is stored as an integer (ordered and summed exactly), a larger one as digits with leading
    zeros (kept exactly and ordered above all smaller ones, but a sum that includes it is rounded). Only a price that
    nobody can pay or a token of 18 decimals is that large.
    """

    description = _("Amount in minor units")

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "blob" if connection.vendor == "sqlite" else f"numeric({DIGITS_MAX}, 0)"

    def get_prep_value(self, value: Any) -> int | None:
        value = super().get_prep_value(value)
        if value is None:
            return None
        amount = int(value)
        if abs(amount) >= 10**DIGITS_MAX:
            raise OverflowError(f"{self.name}: an amount of more than {DIGITS_MAX} digits")
        return amount

    def get_db_prep_value(self, value: Any, connection: BaseDatabaseWrapper, prepared: bool = False) -> Any:
        amount = value if prepared else self.get_prep_value(value)
        if amount is not None and connection.vendor == "sqlite" and abs(amount) > _SQLITE_INTEGER_MAX:
            return f"{amount:0{DIGITS_MAX + 1}d}"
        return amount

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        if value is None or isinstance(value, int):
            return value
        try:
            return int(value)
        except (TypeError, ValueError) as error:
            raise ValidationError(_("Enter a whole number."), code="invalid") from error

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def formfield(self, **kwargs: Any) -> forms.Field | None:
        return super().formfield(**{"form_class": forms.IntegerField, **kwargs})
