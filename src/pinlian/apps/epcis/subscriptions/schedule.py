"""When a scheduled subscription is due: GS1's QuerySchedule (EPCIS 2.0.1, section 8.2.5.3)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

FIELDS: Final[dict[str, tuple[int, int]]] = {
    "second": (0, 59),
    "minute": (0, 59),
    "hour": (0, 23),
    "dayOfMonth": (1, 31),
    "dayOfWeek": (1, 7),
    "month": (1, 12),
}
"""From fine to coarse, with the least and the greatest value. Weeks begin on Monday."""
DAYS_AHEAD_MAX = 8 * 366
"""A 29 February may be eight years away; what does not come until then never comes."""

_RANK = {name: rank for rank, name in enumerate(("second", "minute", "hour", "dayOfMonth", "month"))} | {"dayOfWeek": 3}
_ELEMENT = re.compile(r"(\d{1,2})(?:/(\d{1,2}))?|\[(\d{1,2})-(\d{1,2})\]", re.ASCII)


class ScheduleInvalid(Exception):
    """The schedule says no times, or one of its fields is none.

    Attributes:
        field: which, or empty if it is about all of them.
    """

    def __init__(self, field: str = "", value: str = "") -> None:
        super().__init__(field, value)
        self.field = field
        self.value = value[:40]


@dataclass(frozen=True)
class Schedule:
    """The values that each field of a time may have."""

    values: Mapping[str, tuple[int, ...]]

    def next_after(self, moment: datetime) -> datetime | None:
        """The first time after `moment`, by the clock of its time zone; None if there is none in years."""
        for ahead in range(DAYS_AHEAD_MAX):
            day = moment.date() + timedelta(days=ahead)
            if self._has_day(day):
                found = next((time for time in self._times_of(day, moment) if time > moment), None)
                if found is not None:
                    return found
        return None

    def _has_day(self, day: date) -> bool:
        return (
            day.month in self.values["month"]
            and day.day in self.values["dayOfMonth"]
            and day.isoweekday() in self.values["dayOfWeek"]
        )

    def _times_of(self, day: date, moment: datetime) -> Iterator[datetime]:
        for hour in self.values["hour"]:
            if day == moment.date() and hour < moment.hour:
                continue
            for minute in self.values["minute"]:
                for second in self.values["second"]:
                    yield datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=moment.tzinfo)


def parse_schedule(fields: Mapping[str, Any]) -> Schedule:
    """The schedule that these fields say: numbers, ranges [1-5] and steps 0/30, joined by commas.

    Of what is not named, whatever is finer than the finest that is named has its least value, so that {"hour": "1"} is
    once a day; all else may be anything.

    Raises:
        ScheduleInvalid
    """
    for name, value in fields.items():
        if name not in FIELDS:
            raise ScheduleInvalid(name, str(value))
    if not fields:
        raise ScheduleInvalid
    finest = min(_RANK[name] for name in fields)
    values = {}
    for name, (least, greatest) in FIELDS.items():
        if name in fields:
            values[name] = _values(name, fields[name], least, greatest)
        else:
            # A month begins on its first day, whichever day of a week that is.
            is_finer = name != "dayOfWeek" and _RANK[name] < finest
            values[name] = (least,) if is_finer else tuple(range(least, greatest + 1))
    return Schedule(values)


def _values(name: str, value: Any, least: int, greatest: int) -> tuple[int, ...]:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    found: set[int] = set()
    for element in text.replace(" ", "").split(","):
        matched = _ELEMENT.fullmatch(element)
        if matched is None:
            raise ScheduleInvalid(name, str(value))
        first, step, begin, end = (None if part is None else int(part) for part in matched.groups())
        if first is None:
            numbers = range(begin or 0, (end or 0) + 1)
        else:
            numbers = range(first, first + 1) if step is None else range(first, greatest + 1, step or greatest + 1)
        if not numbers or numbers[0] < least or numbers[-1] > greatest:
            raise ScheduleInvalid(name, str(value))
        found.update(numbers)
    return tuple(sorted(found))
