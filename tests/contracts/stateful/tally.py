"""How often each rule was tried and how often it succeeded, over a whole run."""

from collections import Counter
from collections.abc import Callable
from functools import wraps
from typing import Any


class Tally:
    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()
        self.succeeded: Counter[str] = Counter()

    def note(self, name: str, has_succeeded: bool) -> None:
        self.tried[name] += 1
        self.succeeded[name] += has_succeeded

    def expect(self, name: str) -> None:
        """A run that never tries `name` is defective."""
        self.tried[name] += 0

    def counted(self, rule: Callable[..., bool]) -> Callable[..., None]:
        """Count the calls of a rule, which tells whether it did what it is for."""
        self.expect(rule.__name__)

        @wraps(rule)
        def run(machine: Any, **drawn: Any) -> None:
            machine.calls[rule.__name__] += 1
            has_succeeded = rule(machine, **drawn)
            self.note(rule.__name__, has_succeeded)
            if has_succeeded:
                machine.afterwards(rule.__name__)

        return run

    def defects(self) -> list[str]:
        """Rules that were never tried, or that mostly fail: they prove little."""
        return [name for name, tried in self.tried.items() if self.succeeded[name] * 2 < max(tried, 1)]

    def __str__(self) -> str:
        lines = [f"{'rule':44} {'tried':>6} {'done':>6}"]
        lines += [f"{name:44} {tried:6} {self.succeeded[name]:6}" for name, tried in sorted(self.tried.items())]
        return "\n".join(lines)


TALLY = Tally()
