"""Which database a table lives in."""

from typing import Any

from django.conf import settings
from django.db.models import Model

JOURNAL_APP_LABEL = "relayer"


def journal_is_separate() -> bool:
    """Whether the journal is a database of its own (SQLite) or a second connection to the default one (PostgreSQL).

    The names say nothing while a test database is made: Django renames one alias after the other.
    """
    return str(settings.DATABASES["default"]["ENGINE"]).endswith("sqlite3")


class JournalRouter:
    """Sends the relayer's tables to the `journal` connection and all others to `default`."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        return "journal" if model._meta.app_label == JOURNAL_APP_LABEL else None

    def db_for_write(self, model: type[Model], **hints: Any) -> str | None:
        return self.db_for_read(model, **hints)

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool | None:
        return (obj1._meta.app_label == JOURNAL_APP_LABEL) == (obj2._meta.app_label == JOURNAL_APP_LABEL)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        if not journal_is_separate():
            return db == "default"
        return (db == "journal") == (app_label == JOURNAL_APP_LABEL)
