"""How styles, scripts and pictures are kept where they are served from."""

from collections.abc import Iterable
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

OWN_FOLDER = "build/"


class StaticFiles(CompressedManifestStaticFilesStorage):
    """With the hash of each file in its name, and our own ones compressed: strangers' telephones load them.

    Those of the back office, which has ten times as many, are left: compressing takes longer than all else at a start.
    """

    def compress_files(self, paths: Iterable[str]) -> Any:
        own = (path for path in paths if path.startswith(OWN_FOLDER) and not path.endswith(".map"))
        return super().compress_files(own)
