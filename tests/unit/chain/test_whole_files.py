"""Files that are whole at every moment."""

import os
from pathlib import Path

import pytest

from pinlian.chain.whole_files import create_file, replace_file


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_replace_file__twice__has_the_last_content_and_leaves_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "place.json"
    replace_file(path, "first")
    replace_file(path, "价")
    assert path.read_text(encoding="utf-8") == "价"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["place.json"]


def test_replace_file__disk_fails__keeps_the_old_content_and_leaves_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(descriptor: int) -> None:
        raise OSError("the disk is away")

    path = tmp_path / "place.json"
    replace_file(path, "first")
    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", fail)
        with pytest.raises(OSError, match="the disk is away"):
            replace_file(path, "second")
    assert path.read_text() == "first"
    assert names(tmp_path) == ["place.json"]


def test_create_file__there_already__keeps_the_first(tmp_path: Path) -> None:
    path = tmp_path / "key"
    assert create_file(path, "first")
    assert not create_file(path, "second")
    assert path.read_text() == "first"
    assert path.stat().st_mode & 0o777 == 0o600
    assert names(tmp_path) == ["key"]
