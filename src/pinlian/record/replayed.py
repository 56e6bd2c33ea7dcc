"""The read model of facts made again elsewhere: in a database that is there for this alone, and then gone."""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model
from django.db.utils import ConnectionHandler

from pinlian.record.follow import project_all

Rows = Callable[[type[Model], Sequence[str]], Iterator[tuple[Any, ...]]]
"""Gives the rows of a model, these fields of each, by their keys in order."""


@contextmanager
def replayed(models: Sequence[type[Model]], size: int, *, then: Callable[[], None] = lambda: None) -> Iterator[Rows]:
    """Give the first `size` facts to their projections in a database of its own; how to read its rows.

    Nobody who works with the real tables waits for it.

    Args:
        models: every model that projections of facts write or read; one that refers to another comes first.
        then: what else is made of the rows, in the same database.

    Raises:
        Exception: what a projection raised.
    """
    with tempfile.TemporaryDirectory(prefix="pinlian-audit-") as folder:
        scratch = _database(Path(folder) / "replayed.sqlite3")
        try:
            with _as_default(scratch):
                with scratch.schema_editor() as editor:
                    for model in reversed(models):
                        editor.create_model(model)
                project_all(size)
                then()

            def rows(model: type[Model], names: Sequence[str]) -> Iterator[tuple[Any, ...]]:
                with _as_default(scratch):
                    found = iter(model._default_manager.order_by("pk").values_list(*names).iterator())
                    first = list(next(found, ()))
                if first:
                    yield tuple(first)
                    yield from found

            yield rows
        finally:
            scratch.close()


def _database(path: Path) -> BaseDatabaseWrapper:
    options = {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF;"}
    handler = ConnectionHandler({"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": path, "OPTIONS": options}})
    return handler["default"]


@contextmanager
def _as_default(database: BaseDatabaseWrapper) -> Iterator[None]:
    """Within, this thread's default database is another one."""
    real = connections["default"]
    connections["default"] = database
    try:
        yield
    finally:
        connections["default"] = real
