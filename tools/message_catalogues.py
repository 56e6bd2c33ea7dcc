"""Compiled translations, so that a machine without gettext can run the pages."""

import io
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


class UntranslatedError(Exception):
    """A catalogue holds texts without a finished translation; the message names the file and the texts."""


def message_catalogues(root: Path) -> dict[Path, bytes]:
    """Compile every .po under src/.

    Raises:
        UntranslatedError: a text is empty or marked fuzzy.
    """
    compiled = {}
    for source in sorted((root / "src").rglob("LC_MESSAGES/*.po")):
        with source.open("rb") as file:
            catalogue = read_po(file, abort_invalid=True)
        unfinished = [message.id for message in catalogue if message.id and (message.fuzzy or not message.string)]
        if unfinished:
            raise UntranslatedError(f"{source.relative_to(root)}: {unfinished}")
        buffer = io.BytesIO()
        write_mo(buffer, catalogue)
        compiled[source.relative_to(root).with_suffix(".mo")] = buffer.getvalue()
    return compiled
