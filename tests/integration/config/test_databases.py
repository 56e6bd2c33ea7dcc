"""Where tables live and what a commit survives, on the database that the run was given."""

import pytest
from django.conf import settings
from django.db import connections, router

from pinlian.config.database_router import own_databases_are_separate

SQLITE = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")


@pytest.mark.skipif(not SQLITE, reason="PRAGMAs are SQLite's")
@pytest.mark.django_db(databases=["default", "journal", "record"])
@pytest.mark.parametrize("alias", ["default", "journal", "record"])
def test_sqlite__commit__reaches_the_disk_before_it_returns(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        assert cursor.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert cursor.execute("PRAGMA synchronous").fetchone() == (2,)
        assert cursor.execute("PRAGMA busy_timeout").fetchone() == (20_000,)


@pytest.mark.django_db(databases=["default", "journal", "record"])
def test_tables__of_the_read_model__are_in_the_default_database() -> None:
    assert "django_session" in connections["default"].introspection.table_names()
    assert ("django_session" in connections["journal"].introspection.table_names()) is not SQLITE


def test_journal_and_record__are_databases_of_their_own_on_sqlite_only() -> None:
    assert own_databases_are_separate() is SQLITE


POSTGRESQL = {"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": 5432, "NAME": "town"}
THREE_FILES = {
    "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "a"},
    "journal": {"ENGINE": "django.db.backends.sqlite3", "NAME": "b"},
    "record": {"ENGINE": "django.db.backends.sqlite3", "NAME": "c"},
}
ONE_SERVER = dict.fromkeys(THREE_FILES, POSTGRESQL)


@pytest.mark.parametrize(
    ("databases", "app_label", "model_name", "migrated_on"),
    [
        (THREE_FILES, "relayer", "message", ["journal"]),
        (THREE_FILES, "record", "entry", ["record"]),
        (THREE_FILES, "record", "followcursor", ["default"]),
        (THREE_FILES, "market", "offer", ["default"]),
        (THREE_FILES, "groupbuy", "order", ["default"]),
        (THREE_FILES, "groupbuy", "deliverydetails", ["journal"]),
        (THREE_FILES, "groupbuy", "caseevidence", ["journal"]),
        (ONE_SERVER, "relayer", "message", ["default"]),
        (ONE_SERVER, "record", "entry", ["default"]),
        (ONE_SERVER, "record", "followcursor", ["default"]),
        (ONE_SERVER, "market", "offer", ["default"]),
        (ONE_SERVER, "groupbuy", "deliverydetails", ["default"]),
    ],
)
def test_migrations__run_once_for_each_table(
    databases: dict, app_label: str, model_name: str, migrated_on: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "DATABASES", databases)
    asked = [alias for alias in databases if router.allow_migrate(alias, app_label, model_name=model_name)]
    assert asked == migrated_on
