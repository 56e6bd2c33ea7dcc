"""Which database a table lives in."""

from typing import Any

from django.conf import settings
from django.db.models import Model

OWN_DATABASES = {"relayer": "journal", "record": "record"}
"""App label -> the database of its tables; those of all others are in `default`."""

OWN_TABLES = {
    # Changes together with the read model.
    ("record", "followcursor"): "default",
    # Kept by the commit that acknowledges the message which commits to them.
    ("groupbuy", "deliverydetails"): "journal",
    ("groupbuy", "caseevidence"): "journal",
}
"""App label and model -> its database, where it is another than its app's."""

MIGRATED_APPS = {
    (app_label, alias)
    for app_label, alias in [*OWN_DATABASES.items(), *((app, alias) for (app, _), alias in OWN_TABLES.items())]
    if alias != "default"
}
"""Apps that have tables in another database than `default`, with its name."""


def own_databases_are_separate() -> bool:
    """Whether they are databases of their own (SQLite) or further connections to the default one (PostgreSQL).

    The names say nothing while a test database is made: Django renames one alias after the other.
    """
    return str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3")


def _alias(app_label: str, model_name: str | None) -> str:
    own = OWN_DATABASES.get(app_label, "default")
    return own if model_name is None else OWN_TABLES.get((app_label, model_name), own)


class DatabaseRouter:
    """Sends the relayer's and the record's tables to connections of their own and all others to `default`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        alias = _alias(model._meta.app_label, model._meta.model_name)
        return None if alias == "default" else alias

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return self.db_for_read(model, **hints)

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool | None:
        return self.db_for_read(type(obj1)) == self.db_for_read(type(obj2))

    def allow_migrate(self, db: str, app_label: str, model_name: str | None = None, **hints: Any) -> bool | None:
        if not own_databases_are_separate():
            return db == "default"
        return db == _alias(app_label, model_name)
