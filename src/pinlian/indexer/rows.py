"""The unit of work through which projections write the read model, and by which a block is taken back.

A projection reads and adds rows here and changes their attributes; it never saves. At the end of each block `seal`
compares every row that was touched with what it was, and returns what is needed to go back. `flush` writes all
changes of a transaction at once. Rows keep no pre-image of a deletion because projections never delete.
"""

import copy
import json
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import cache
from operator import attrgetter
from typing import Any, TypeVar

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BigIntegerField, CharField, Field, JSONField, Model, PositiveSmallIntegerField

RowT = TypeVar("RowT", bound=Model)
Values = tuple[Any, ...]

_PREFETCH_MAX = 500


class _Table:
    """How a model's rows are read from memory and written; made once a model, because every order passes here."""

    def __init__(self, model: type[Model]) -> None:
        self.model = model
        self.fields: list[Field[Any, Any]] = list(model._meta.concrete_fields)
        self.columns = [str(field.column) for field in self.fields]
        self.key_column = next(str(field.column) for field in self.fields if field.primary_key)
        self._attributes = attrgetter(*(field.attname for field in self.fields))
        self._json_positions = [at for at, field in enumerate(self.fields) if isinstance(field, JSONField)]

    def values(self, row: Model) -> Values:
        """The row as it is now; later changes inside its lists do not change what was taken."""
        values: Values = self._attributes(row)
        if not self._json_positions:
            return values
        taken = list(values)
        for at in self._json_positions:
            taken[at] = copy.deepcopy(taken[at])
        return tuple(taken)

    def prepared(self, values: Values, connection: BaseDatabaseWrapper) -> list[Any]:
        """The values as the database takes them."""
        return [
            value
            if type(value) in _PLAIN and type(field) in _PLAIN_FIELDS
            else field.get_db_prep_save(value, connection)
            for field, value in zip(self.fields, values, strict=True)
        ]


_PLAIN = frozenset({int, str})
_PLAIN_FIELDS = frozenset({BigIntegerField, CharField, PositiveSmallIntegerField})
"""Plain values of these fields go to every database as they are."""


@cache
def _table(model: type[Model]) -> _Table:
    return _Table(model)


@dataclass(slots=True, eq=False)
class _Held:
    """A row in memory; `sealed` is what it was after the last sealed block, `stored` what the database has."""

    row: Model
    table: _Table
    sealed: Values | None
    stored: Values | None


class Rows:
    """Rows of one database transaction. Use one instance a transaction and throw it away after a rollback."""

    def __init__(self, using: str = "default") -> None:
        self._connection = connections[using]
        self._using = using
        self._held: dict[type[Model], dict[Any, _Held | None]] = defaultdict(dict)
        self._touched: dict[int, _Held] = {}
        self._unwritten: dict[int, _Held] = {}

    def add(self, row: RowT) -> RowT:
        """Take a new row. Its primary key must follow from the chain, so that a replay makes the same row.

        Raises:
            ValueError: the key is empty, or there is such a row already.
        """
        model = type(row)
        if row.pk is None:
            raise ValueError(f"{model._meta.label}: a projected row needs a primary key of its own")
        if self.find(model, row.pk) is not None:
            raise ValueError(f"{model._meta.label} {row.pk} exists already")
        self._hold(row, in_database=False)
        return row

    def find(self, model: type[RowT], pk: Any) -> RowT | None:
        """The row with this primary key, ready to be changed; None if there is none."""
        if pk not in self._held[model]:
            self.prefetch(model, [pk])
        held = self._held[model][pk]
        if held is None:
            return None
        self._touch(held)
        row: RowT = held.row  # type: ignore[assignment]
        return row

    def get(self, model: type[RowT], pk: Any) -> RowT:
        """The row with this primary key, ready to be changed.

        Raises:
            LookupError: there is none.
        """
        row = self.find(model, pk)
        if row is None:
            raise LookupError(f"{model._meta.label} {pk} is not in the read model")
        return row

    def prefetch(self, model: type[Model], pks: Collection[Any]) -> None:
        """Read many rows by one query, before `find` or `get` ask for each."""
        known = self._held[model]
        missing = [pk for pk in dict.fromkeys(pks) if pk not in known]
        for start in range(0, len(missing), _PREFETCH_MAX):
            part = missing[start : start + _PREFETCH_MAX]
            for row in model._default_manager.using(self._using).filter(pk__in=part):
                self._hold(row, in_database=True)
        for pk in missing:
            known.setdefault(pk, None)

    def select(self, model: type[RowT], **lookups: Any) -> list[RowT]:
        """Rows that match Django's lookups, by primary key, ready to be changed. Writes what is pending first."""
        self.flush()
        rows: list[RowT] = []
        for row in model._default_manager.using(self._using).filter(**lookups).order_by("pk"):
            held = self._held[model].get(row.pk) or self._hold(row, in_database=True)
            self._touch(held)
            rows.append(held.row)  # type: ignore[arg-type]
        return rows

    def seal(self) -> str:
        """End a block: what `undo` needs to take back everything since the last seal."""
        changes: dict[str, dict[str, list[Any]]] = {}
        for held in self._touched.values():
            values = held.table.values(held.row)
            if values == held.sealed:
                continue
            of_model = changes.setdefault(held.row._meta.label, {"added": [], "changed": []})
            if held.sealed is None:
                of_model["added"].append(held.row.pk)
            else:
                of_model["changed"].append(held.sealed)
            held.sealed = values
        self._touched.clear()
        return json.dumps(changes, cls=DjangoJSONEncoder, separators=(",", ":"))

    def flush(self) -> None:
        """Write every change to the database."""
        inserts: dict[_Table, list[Values]] = defaultdict(list)
        updates: dict[_Table, list[Values]] = defaultdict(list)
        for key, held in self._unwritten.items():
            unchanged = held.sealed if key not in self._touched else None
            values = held.table.values(held.row) if unchanged is None else unchanged
            if values != held.stored:
                (inserts if held.stored is None else updates)[held.table].append(values)
                held.stored = values
        self._unwritten.clear()
        for table, rows in inserts.items():
            self._write(table, rows, replace=False)
        for table, rows in updates.items():
            self._write(table, rows, replace=True)

    def undo(self, sealed: str) -> None:
        """Take one block back. Call it on fresh Rows, from the newest block to the oldest."""
        for label, change in json.loads(sealed).items():
            model: type[Model] = apps.get_model(label)
            table = _table(model)
            keys = [(key,) for key in change["added"]]
            if keys:
                quote = self._connection.ops.quote_name
                name, column = quote(model._meta.db_table), quote(table.key_column)
                with self._connection.cursor() as cursor:
                    cursor.executemany(f"DELETE FROM {name} WHERE {column} = %s", keys)  # noqa: S608
            before = [
                tuple(field.to_python(value) for field, value in zip(table.fields, values, strict=True))
                for values in change["changed"]
            ]
            if before:
                self._write(table, before, replace=True)

    def _hold(self, row: Model, *, in_database: bool) -> _Held:
        table = _table(type(row))
        values = table.values(row) if in_database else None
        held = _Held(row, table, values, values)
        self._held[type(row)][row.pk] = held
        if not in_database:
            self._touch(held)
        return held

    def _touch(self, held: _Held) -> None:
        self._touched[id(held)] = held
        self._unwritten[id(held)] = held

    def _write(self, table: _Table, rows: Iterable[Values], *, replace: bool) -> None:
        quote = self._connection.ops.quote_name
        columns = [quote(column) for column in table.columns]
        placeholders = ", ".join(["%s"] * len(columns))
        name = quote(table.model._meta.db_table)
        statement = f"INSERT INTO {name} ({', '.join(columns)}) VALUES ({placeholders})"  # noqa: S608
        if replace:
            key = quote(table.key_column)
            sets = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
            statement += f" ON CONFLICT ({key}) DO UPDATE SET {sets}"
        with self._connection.cursor() as cursor:
            cursor.executemany(statement, [table.prepared(values, self._connection) for values in rows])
