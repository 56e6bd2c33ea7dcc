"""Where tables live and what a commit survives, on the database that the run was given."""

import pytest
from django.conf import settings
from django.db import connections, router

from pinlian.config.database_router import journal_is_separate

SQLITE = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


@pytest.mark.skipif(not SQLITE, reason="PRAGMAs are SQLite's")
@pytest.mark.django_db(databases=["default", "journal"])
@pytest.mark.parametrize("alias", ["default", "journal"])
def test_sqlite__commit__reaches_the_disk_before_it_returns(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)


@pytest.mark.django_db(databases=["default", "journal"])
def test_tables__of_the_read_model__are_in_the_default_database() -> None:
    assert "django_session" in connections["default"].introspection.table_names()
    assert ("django_session" in connections["journal"].introspection.table_names()) is not SQLITE


def test_journal__is_a_database_of_its_own_on_sqlite_only() -> None:
    assert journal_is_separate() is SQLITE


POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": 5432, "NAME": "town"}
TWO_FILES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "a"},
    "journal": {"ENGINE": "django.db.backends.sqlite3", "NAME": "b"},
}


@pytest.mark.parametrize(
    ("databases", "app_label", "migrated_on"),
    [
        (TWO_FILES, "relayer", ["journal"]),
        (TWO_FILES, "market", ["default"]),
        ({"default": POSTGRESQL, "journal": POSTGRESQL}, "relayer", ["default"]),
        ({"default": POSTGRESQL, "journal": POSTGRESQL}, "market", ["default"]),
    ],
)
def test_migrations__run_once_for_each_table(
    databases: dict, app_label: str, migrated_on: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATABASES", databases)
    assert [alias for alias in ("default", "journal") if router.allow_migrate(alias, app_label)] == migrated_on
