"""Forgetting what only drafts needed."""

import time

from pinlian.apps.capture.drafts import forget_old_drafts
from pinlian.apps.capture.photos import forget_abandoned_photos

EVERY_SECONDS = 3_600


class Tidying:
    """A chore of the engine, which may be called as often as one likes."""

    def __init__(self) -> None:
        self._due_at = 0.0

    def step(self) -> int:
        """Once an hour, drop abandoned photographs and old drafts; how many."""
        if time.monotonic() < self._due_at:
            return 0
        self._due_at = time.monotonic() + EVERY_SECONDS
        return forget_abandoned_photos() + forget_old_drafts()
