"""When a scheduled subscription is due."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from pinlian.apps.epcis.subscriptions.schedule import ScheduleInvalid, parse_schedule

CHINA = timezone(timedelta(hours=8))


def after(text: str, **fields: Any) -> str | None:
    found = parse_schedule(fields).next_after(datetime.fromisoformat(text).replace(tzinfo=CHINA))
    return None if found is None else found.replace(tzinfo=None).isoformat()


@pytest.mark.parametrize(
    ("fields", "due"),
    [
        ({"hour": "1", "minute": "5"}, "2026-11-23T01:05:00"),
        ({"hour": "1"}, "2026-11-23T01:00:00"),
        ({"minute": "[10-12]"}, "2026-11-22T11:10:00"),
        ({"minute": "50,55"}, "2026-11-22T10:50:00"),
        ({"second": "0/30"}, "2026-11-22T10:30:30"),
        ({"second": 15}, "2026-11-22T10:30:15"),
        ({"second": "0, 30", "minute": "31"}, "2026-11-22T10:31:00"),
        ({"dayOfWeek": "1"}, "2026-11-23T00:00:00"),
        ({"dayOfWeek": "7", "hour": "10", "minute": "[30-31]"}, "2026-11-22T10:31:00"),
        ({"dayOfMonth": "1", "hour": "6"}, "2026-12-01T06:00:00"),
        ({"month": "1/6"}, "2027-01-01T00:00:00"),
        ({"month": "2", "dayOfMonth": "29"}, "2028-02-29T00:00:00"),
        ({"month": "2", "dayOfMonth": "30"}, None),
    ],
)
def test_next_after__fields__is_the_first_time_that_has_them_all(fields: dict[str, Any], due: str | None) -> None:
    assert after("2026-11-22T10:30:00", **fields) == due


def test_next_after__a_time_of_the_schedule__is_the_one_behind_it() -> None:
    assert after("2026-11-22T10:30:00.000001", second="0/30") == "2026-11-22T10:30:30"
    assert after("2026-11-22T10:30:30", second="0/30") == "2026-11-22T10:31:00"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({}, ""),
        ({"week": "1"}, "week"),
        ({"hour": "24"}, "hour"),
        ({"hour": "-1"}, "hour"),
        ({"dayOfMonth": "0"}, "dayOfMonth"),
        ({"dayOfWeek": "[5-8]"}, "dayOfWeek"),
        ({"minute": "[9-3]"}, "minute"),
        ({"minute": "1,,2"}, "minute"),
        ({"minute": True}, "minute"),
        ({"minute": ["1"]}, "minute"),
        ({"minute": "٣"}, "minute"),
    ],
)
def test_parse_schedule__what_is_no_time__is_refused_by_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ScheduleInvalid) as refused:
        parse_schedule(fields)
    assert refused.value.field == field
