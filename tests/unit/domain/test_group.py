"""What time makes of a group, and which groups may open."""

from dataclasses import replace

import pytest

from pinlian.domain.group import Group, GroupState, GroupStatus, Transition, check_group, due
from pinlian.domain.refusals import Refusal

CLOSES, DELIVER_BY, WINDOW, DAY = 1_000_000, 1_100_000, 7_200, 86_400
STATE = GroupState(GroupStatus.OPEN, 0, 9, 0, 5, CLOSES, DELIVER_BY, 0)


@pytest.mark.parametrize(
    ("status", "delivered_at", "now", "clock", "transition"),
    [
        (GroupStatus.OPEN, 0, CLOSES - 1, CLOSES - 1, None),
        (GroupStatus.OPEN, 0, CLOSES, CLOSES, Transition.CLOSE),
        (GroupStatus.CLOSED, 0, DELIVER_BY + DAY, DELIVER_BY + DAY, None),
        (GroupStatus.CLOSED, 0, DELIVER_BY + DAY + 1, DELIVER_BY + DAY + 1, Transition.FAIL),
        (GroupStatus.DELIVERED, CLOSES, CLOSES + WINDOW, CLOSES + WINDOW, None),
        (GroupStatus.DELIVERED, CLOSES, CLOSES + WINDOW + 1, CLOSES + WINDOW + 1, Transition.SETTLE),
        (GroupStatus.DELIVERED, CLOSES, CLOSES + WINDOW + DAY, CLOSES + WINDOW, None),
        (GroupStatus.SETTLED, CLOSES, 2 * CLOSES, 2 * CLOSES, None),
        (GroupStatus.FAILED, 0, 2 * CLOSES, 2 * CLOSES, None),
    ],
)
def test_due__by_state_and_time(
    status: GroupStatus, delivered_at: int, now: int, clock: int, transition: Transition | None
) -> None:
    state = replace(STATE, status=status, delivered_at=delivered_at)
    assert due(state, WINDOW, now, clock) is transition


@pytest.mark.parametrize(
    ("units_min", "closes_in", "deliver_in", "refusals"),
    [
        (1, 1, 2, []),
        (2**32 - 1, 60 * DAY, 150 * DAY, []),
        (0, 1, 2, [Refusal.UNITS_MIN_INVALID]),
        (2**32, 1, 2, [Refusal.UNITS_MIN_INVALID]),
        (1, 0, 2, [Refusal.TIMES_INVALID]),
        (1, 60 * DAY + 1, 61 * DAY, [Refusal.TIMES_INVALID]),
        (1, 5, 5, [Refusal.TIMES_INVALID]),
        (1, 5, 5 + 90 * DAY + 1, [Refusal.TIMES_INVALID]),
    ],
)
def test_check_group__limits(units_min: int, closes_in: int, deliver_in: int, refusals: list[Refusal]) -> None:
    now = 1_700_000_000
    group = Group(bytes(32), bytes(20), units_min, now + closes_in, now + deliver_in, bytes(32), 0)
    assert check_group(group, now) == refusals
