"""The node's whole state at one place of the journal, so that a restart need not replay all of it."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

from pinlian.chain.whole_files import replace_file

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The chain after the journal's first `journal_bytes` bytes.

    Attributes:
        block_number, block_hash: the head, to check that the state loaded is the state saved.
        block_time: of the head, Unix seconds.
        state: what the node dumped, 0x hex.
    """

    journal_bytes: int
    block_number: int
    block_hash: str
    block_time: int
    state: str


def write_snapshot(path: Path, snapshot: Snapshot) -> None:
    """Replace the snapshot in one step: a crash leaves the old one or the new one."""
    replace_file(path, json.dumps(asdict(snapshot)))


def read_snapshot(path: Path) -> Snapshot | None:
    """None if there is none that can be read: the journal alone is enough, only slower."""
    try:
        return Snapshot(**json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError) as error:
        logger.warning("the snapshot %s is damaged (%s); replaying the whole journal", path, error)
        return None
