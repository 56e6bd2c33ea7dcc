"""Files that change in one step: after a crash or a power cut all of the old content is there, or all of the new.

Only their owner can read them.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """Give a file this content, whether it is there or not."""
    with _draft(path, text) as draft:
        draft.replace(path)


def create_file(path: Path, text: str) -> bool:
    """Make a file that is not there yet; False if another process was first, whose content stays."""
    try:
        with _draft(path, text) as draft:
            path.hardlink_to(draft)
    except FileExistsError:
        return False
    return True


def sync_folder(folder: Path) -> None:
    """Wait until the names in a folder are on disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _draft(path: Path, text: str) -> Iterator[Path]:
    """A file beside `path` with the whole content on disk, to be put in its place."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        yield draft
        sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)
