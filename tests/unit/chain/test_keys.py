"""The operator's keys on disk."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pinlian.chain.keys import KeyFileError, read_or_create
from pinlian.chain.signatures import address_of


def test_read_or_create__twice__is_one_key_that_only_the_owner_reads(tmp_path: Path) -> None:
    key = read_or_create(tmp_path, "relayer")
    assert read_or_create(tmp_path, "relayer") == key
    assert key.address == address_of(key.private_key)
    assert stat.S_IMODE((tmp_path / "keys" / "relayer.json").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert read_or_create(tmp_path, "treasury") != key


def test_read_or_create__many_at_once__agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        keys = list(pool.map(lambda _: read_or_create(tmp_path, "relayer"), range(16)))
    assert len({key.private_key for key in keys}) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["relayer.json"]


def test_read_or_create__damaged_file__says_so_without_its_content(tmp_path: Path) -> None:
    key = read_or_create(tmp_path, "relayer")
    path = tmp_path / "keys" / "relayer.json"
    path.write_text(path.read_text().replace(key.address.hex(), "00" * 20))
    with pytest.raises(KeyFileError, match="address is not that of the key") as caught:
        read_or_create(tmp_path, "relayer")
    path.write_text('{"private_key": "secret-part"}')
    with pytest.raises(KeyFileError, match="is not a key file") as other:
        read_or_create(tmp_path, "relayer")
    assert key.private_key.hex() not in str(caught.value)
    assert "secret-part" not in str(other.value)


def test_key__printed__shows_no_secret(tmp_path: Path) -> None:
    key = read_or_create(tmp_path, "relayer")
    assert key.private_key.hex() not in repr(key)
    assert repr(key.private_key) not in repr(key)


def test_read_or_create__name_that_leaves_the_folder__is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not a key name"):
        read_or_create(tmp_path, "../relayer")
