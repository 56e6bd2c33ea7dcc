import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pinlian.config.environment import (
    ConfigurationError,
    databases,
    prepare_home,
    read_flag,
    read_or_create_secret_key,
    read_port,
)


def test_read_or_create_secret_key__first_use__makes_a_key_that_only_the_owner_reads(tmp_path: Path) -> None:
    path = tmp_path / "secret_key"
    key = read_or_create_secret_key(path)
    assert len(key) >= 64
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_read_or_create_secret_key__processes_start_together__all_get_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(read_or_create_secret_key, [tmp_path / "secret_key"] * 16))
    assert keys == {(tmp_path / "secret_key").read_text()}


def test_prepare_home__new__is_closed_to_other_users(tmp_path: Path) -> None:
    home = prepare_home(tmp_path / "deep" / "home")
    assert stat.S_IMODE(home.stat().st_mode) == 0o700


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "80.5", ""])
def test_read_port__not_a_port__names_the_variable(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLIAN_PORT", text)
    with pytest.raises(ConfigurationError, match="PINLIAN_PORT must be a port number"):
        read_port("PINLIAN_PORT", 8000)


def test_read_flag__neither_0_nor_1__names_the_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PINLIAN_DEBUG", "yes")
    with pytest.raises(ConfigurationError, match="PINLIAN_DEBUG must be 0 or 1"):
        read_flag("PINLIAN_DEBUG")


def test_databases__no_address__durable_files_under_home(tmp_path: Path) -> None:
    found = databases(tmp_path, None)
    assert {alias: database["NAME"] for alias, database in found.items()} == {
        "default": tmp_path / "pinlian.sqlite3",
        "journal": tmp_path / "journal.sqlite3",
        "record": tmp_path / "record.sqlite3",
    }
    for database in found.values():
        assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
        assert "synchronous=FULL" in database["OPTIONS"]["init_command"]


def test_databases__postgresql_address__every_part_is_used(tmp_path: Path) -> None:
    found = databases(tmp_path, "postgresql://shop:p%40ss@db.internal:5433/town?sslmode=require")
    assert found["default"] == found["journal"] == found["record"]
    assert found["default"]["ENGINE"] == "django.db.backends.postgresql"
    assert [found["default"][key] for key in ("NAME", "USER", "PASSWORD", "HOST", "PORT", "OPTIONS")] == [
        "town",
        "shop",
        "p@ss",
        "db.internal",
        5433,
        {"sslmode": "require"},
    ]


@pytest.mark.parametrize("url", ["mysql://u:p@h/n", "postgresql://u:p@h/", "/var/lib/db.sqlite3"])
def test_databases__address_of_another_kind__says_what_is_expected(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="DATABASE_URL must look like postgresql://"):
        databases(tmp_path, url)
