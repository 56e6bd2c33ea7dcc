"""What the surroundings tell an instance: its home directory, secret key and database addresses."""

import os
import secrets
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

SQLITE_BUSY_TIMEOUT_SECONDS = 20


class ConfigurationError(Exception):
    """The environment holds a value that cannot be used; the message names it and says what is expected."""


def read_port(name: str, default: int) -> int:
    """The TCP port in environment variable `name`.

    Raises:
        ConfigurationError: not a whole number from 1 to 65535.
    """
    text = os.environ.get(name, str(default))
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ConfigurationError(f"{name} must be a port number from 1 to 65535, not {text!r}")
    return int(text)


def read_count(name: str, default: int) -> int:
    """The whole number in environment variable `name`.

    Raises:
        ConfigurationError: not a whole number from 0 on.
    """
    text = os.environ.get(name, str(default))
    if not text.isdecimal():
        raise ConfigurationError(f"{name} must be a whole number from 0 on, not {text!r}")
    return int(text)


def read_gs1_prefix(name: str, default: str) -> str:
    """The GS1 company prefix in environment variable `name`.

    Raises:
        ConfigurationError: not 6 to 10 digits, which leave room for numbers.
    """
    text = os.environ.get(name) or default
    if not text.isdecimal() or not text.isascii() or not 6 <= len(text) <= 10:
        raise ConfigurationError(f"{name} must be 6 to 10 digits, not {text!r}")
    return text


def read_flag(name: str) -> bool:
    """Whether environment variable `name` is 1 (set) rather than 0 or absent.

    Raises:
        ConfigurationError: any other value.
    """
    text = os.environ.get(name, "0")
    if text not in {"0", "1"}:
        raise ConfigurationError(f"{name} must be 0 or 1, not {text!r}")
    return text == "1"


def prepare_home(home: Path) -> Path:
    """Create the directory that holds all state of an instance, closed to other users of the machine."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return home


def read_or_create_secret_key(path: Path) -> str:
    """The secret key in `path`; made on first use, readable by the owner only.

    Two processes that start together agree on one key: the file appears whole or not at all, and the first one wins.
    """
    if not path.exists():
        descriptor, draft_name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        draft = Path(draft_name)
        try:
            with os.fdopen(descriptor, "w") as draft_file:
                draft_file.write(secrets.token_urlsafe(64))
                draft_file.flush()
                os.fsync(draft_file.fileno())
            path.hardlink_to(draft)
        except FileExistsError:
            return path.read_text()
        finally:
            draft.unlink()
    return path.read_text()


def sqlite_database(path: Path) -> dict[str, Any]:
    """Django's settings of a SQLite database whose commits survive a power cut."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "timeout": SQLITE_BUSY_TIMEOUT_SECONDS,
            # Taking the write lock at BEGIN makes writers queue; a later upgrade would fail at once instead.
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
        },
    }


def postgresql_database(url: str) -> dict[str, Any]:
    """Django's settings of the PostgreSQL database at `url`; the query part is handed to libpq as options."""
    parts = urlsplit(url)
    options = dict(parse_qsl(parts.query))
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.removeprefix("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or options.pop("host", "")),
        "PORT": parts.port or options.pop("port", ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": options,
    }


def databases(home: Path, url: str | None) -> dict[str, dict[str, Any]]:
    """The databases: `default`, `journal` (what the relayer has acknowledged) and `record` (facts and their tree).

    On SQLite each is a file of its own, so that journal and record never wait for a long write of the read model. On
    PostgreSQL they are connections to one database: journal and record still commit by themselves.

    Args:
        home: directory of the SQLite files when `url` is absent.
        url: `postgresql://user:password@host:port/name?option=value`, or None for SQLite.

    Raises:
        ConfigurationError: the address is of another kind or names no database.
    """
    if not url:
        return {
            "default": sqlite_database(home / "pinlian.sqlite3"),
            "journal": sqlite_database(home / "journal.sqlite3"),
            "record": sqlite_database(home / "record.sqlite3"),
        }
    parts = urlsplit(url)
    if parts.scheme not in {"postgresql", "postgres"} or not parts.path.strip("/"):
        raise ConfigurationError("DATABASE_URL must look like postgresql://user:password@host:port/name")
    return {alias: postgresql_database(url) for alias in ("default", "journal", "record")}
