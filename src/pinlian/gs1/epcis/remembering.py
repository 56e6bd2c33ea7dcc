"""Remembering what was worked out of texts that come again and again."""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar

REMEMBERED_LENGTH_MAX = 300
"""Whatever is longer than names and times is not remembered: it would fill the memory."""

T = TypeVar("T")


def remembered(count_max: int) -> Callable[[Callable[[str], T]], Callable[[str], T]]:
    """Have a function of a text remember its last `count_max` answers."""

    def decorate(function: Callable[[str], T]) -> Callable[[str], T]:
        again = lru_cache(maxsize=count_max)(function)

        @wraps(function)
        def answer(text: str) -> T:
            return again(text) if len(text) <= REMEMBERED_LENGTH_MAX else function(text)

        return answer

    return decorate
