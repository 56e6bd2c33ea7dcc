"""What is used in a `with` statement and closed at its end."""

from abc import ABC, abstractmethod
from typing import Self


class Closing(ABC):
    """Its own context: entering gives itself, leaving closes it."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds; afterwards it is of no use."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
