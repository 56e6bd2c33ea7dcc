"""Model fields for values of the chain."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper

if TYPE_CHECKING:
    IntField = models.Field[int, int]
else:
    IntField = models.Field


class AmountField(IntField):
    """A signed whole number of minor units: int in, int out, and exact sums on both databases.

    PostgreSQL keeps 39 digits, which hold every amount of the escrow (below 2**128). SQLite has 64-bit integers only:
    a value beyond them raises OverflowError when it is written, and is never rounded.
    """

    description = "whole minor units"
    empty_strings_allowed = False

    def get_internal_type(self) -> str:
        return "AmountField"

    def db_type(self, connection: BaseDatabaseWrapper) -> str:
        return "numeric(39, 0)" if connection.vendor == "postgresql" else "bigint"

    def from_db_value(self, value: Any, expression: Any, connection: BaseDatabaseWrapper) -> int | None:
        return None if value is None else int(value)

    def to_python(self, value: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        value = super().get_prep_value(value)
        return value if value is None or hasattr(value, "resolve_expression") else int(value)

    def formfield(self, **kwargs: Any) -> Any:
        return super().formfield(**({"form_class": forms.IntegerField} | kwargs))
