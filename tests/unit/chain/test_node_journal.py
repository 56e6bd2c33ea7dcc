"""The embedded node's journal: what is written is kept, what was cut off is gone."""

from pathlib import Path

import pytest

from pinlian.chain.embedded.journal import BlockMade, Entry, Funded, Genesis, Journal, JournalError
from pinlian.chain.embedded.snapshot import Snapshot, read_snapshot, write_snapshot

BEGIN = Genesis(31337, 1_700_000_000)
ENTRIES: list[Entry] = [
    Funded("0x" + "01" * 20, 10**24),
    BlockMade(1_700_000_005, ("0x02", "0x03")),
    BlockMade(1_700_000_006, ()),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    journal = Journal(tmp_path / "journal.jsonl", BEGIN)
    for entry in ENTRIES:
        journal.append(entry)
    journal.close()
    return tmp_path / "journal.jsonl"


def read(path: Path, from_byte: int = 0) -> list[Entry]:
    journal = Journal(path, Genesis(1, 1))
    try:
        assert journal.genesis == BEGIN
        return list(journal.entries(from_byte))
    finally:
        journal.close()


def test_entries__after_opening_anew__are_what_was_appended(path: Path) -> None:
    assert read(path) == ENTRIES


def test_entries__from_where_the_end_was__are_the_later_ones(path: Path) -> None:
    size = path.stat().st_size
    journal = Journal(path, BEGIN)
    assert journal.size == size
    journal.append(BlockMade(1_700_000_009, ()))
    assert list(journal.entries(size)) == [BlockMade(1_700_000_009, ())]
    journal.close()


@pytest.mark.parametrize("cut", range(1, 20))
def test_entries__torn_last_line__is_removed_and_the_journal_goes_on(path: Path, cut: int) -> None:
    path.write_bytes(path.read_bytes()[:-cut])
    journal = Journal(path, BEGIN)
    assert list(journal.entries()) == ENTRIES[:-1]
    journal.append(ENTRIES[-1])
    assert list(journal.entries()) == ENTRIES
    journal.close()


def test_entries__torn_first_line__begins_anew(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b'{"chain_id":31337,"gen')
    Journal(path, BEGIN).close()
    assert read(path) == []


def test_entries__damage_in_the_middle__is_named(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"time":1700000005', b'"time":17000000x5'))
    with pytest.raises(JournalError, match="damaged at byte"):
        read(path)


def test_journal__open_already__is_refused(path: Path) -> None:
    journal = Journal(path, BEGIN)
    with pytest.raises(JournalError, match="another node"):
        Journal(path, BEGIN)
    journal.close()


def test_snapshot__is_read_as_written_and_a_damaged_one_is_none(tmp_path: Path) -> None:
    path = tmp_path / "snapshot.json"
    assert read_snapshot(path) is None
    snapshot = Snapshot(10, 2, "0x01", 1_700_000_000, "0x02")
    write_snapshot(path, snapshot)
    assert read_snapshot(path) == snapshot
    path.write_text(path.read_text()[:-4])
    assert read_snapshot(path) is None
    assert [item.name for item in tmp_path.iterdir()] == ["snapshot.json"]
