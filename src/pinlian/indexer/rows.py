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
from typing import Any, TypeVar

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db import connections
from django.db.models import Field, Model

RowT = TypeVar("RowT", bound=Model)
Values = tuple[Any, ...]

_PREFETCH_MAX = 500


@dataclass(slots=True, eq=False)
class _Held:
    """A row in memory; `sealed` is what it was after the last sealed block, `stored` what the database has."""

    row: Model
    sealed: Values | None
    stored: Values | None


def _fields(model: type[Model]) -> list["Field[Any, Any]"]:
    return list(model._meta.concrete_fields)


def _values(row: Model) -> Values:
    return tuple(
        copy.deepcopy(value) if isinstance(value, list | dict) else value
        for value in (getattr(row, field.attname) for field in _fields(type(row)))
    )


def _columns(model: type[Model]) -> list[str]:
    return [str(field.column) for field in _fields(model)]


def _key_column(model: type[Model]) -> str:
    return next(str(field.column) for field in _fields(model) if field.primary_key)


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
            values = _values(held.row)
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
        inserts: dict[type[Model], list[_Held]] = defaultdict(list)
        updates: dict[type[Model], list[_Held]] = defaultdict(list)
        for held in self._unwritten.values():
            values = _values(held.row)
            if values != held.stored:
                (inserts if held.stored is None else updates)[type(held.row)].append(held)
                held.stored = values
        self._unwritten.clear()
        for model, changed in inserts.items():
            self._write(model, (held.row for held in changed), replace=False)
        for model, changed in updates.items():
            self._write(model, (held.row for held in changed), replace=True)

    def undo(self, sealed: str) -> None:
        """Take one block back. Call it on fresh Rows, from the newest block to the oldest."""
        for label, change in json.loads(sealed).items():
            model = apps.get_model(label)
            keys = [(key,) for key in change["added"]]
            if keys:
                quote = self._connection.ops.quote_name
                table, column = quote(model._meta.db_table), quote(_key_column(model))
                with self._connection.cursor() as cursor:
                    cursor.executemany(f"DELETE FROM {table} WHERE {column} = %s", keys)  # noqa: S608
            fields = _fields(model)
            before = [
                model(**{field.attname: field.to_python(value) for field, value in zip(fields, values, strict=True)})
                for values in change["changed"]
            ]
            if before:
                self._write(model, before, replace=True)

    def _hold(self, row: Model, *, in_database: bool) -> _Held:
        values = _values(row) if in_database else None
        held = _Held(row, values, values)
        self._held[type(row)][row.pk] = held
        if not in_database:
            self._touch(held)
        return held

    def _touch(self, held: _Held) -> None:
        self._touched[id(held)] = held
        self._unwritten[id(held)] = held

    def _write(self, model: type[Model], rows: Iterable[Model], *, replace: bool) -> None:
        quote = self._connection.ops.quote_name
        fields = _fields(model)
        columns = [quote(column) for column in _columns(model)]
        placeholders = ", ".join(["%s"] * len(columns))
        statement = f"INSERT INTO {quote(model._meta.db_table)} ({', '.join(columns)}) VALUES ({placeholders})"  # noqa: S608
        if replace:
            key = quote(_key_column(model))
            sets = ", ".join(f"{column} = excluded.{column}" for column in columns if column != key)
            statement += f" ON CONFLICT ({key}) DO UPDATE SET {sets}"
        parameters = [
            [field.get_db_prep_save(getattr(row, field.attname), self._connection) for field in fields] for row in rows
        ]
        with self._connection.cursor() as cursor:
            cursor.executemany(statement, parameters)
