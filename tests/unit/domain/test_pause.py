"""The clock that stands still while orders are stopped."""

from hypothesis import given
from hypothesis import strategies as st

from pinlian.domain.pause import PauseState, after_pause, clock, is_paused, wall_time


def test_clock__one_pause__loses_its_length() -> None:
    state = after_pause(PauseState(), 1_000, 1_300)
    assert clock(state, 1_000) == 1_000
    assert clock(state, 1_200) == 1_000
    assert clock(state, 1_300) == 1_000
    assert clock(state, 1_301) == 1_001
    assert is_paused(state, 1_299)
    assert not is_paused(state, 1_300)


@given(pauses=st.lists(st.tuples(st.integers(0, 2_000), st.integers(1, 1_000)), max_size=3), rest=st.integers(0, 2_000))
def test_clock__overlapping_pauses__loses_each_stopped_second_once(pauses: list[tuple[int, int]], rest: int) -> None:
    now, state, stopped = 1_000_000, PauseState(), set()
    for after, seconds in pauses:
        now += after
        ends_at = max(state.ends_at, now + seconds)
        stopped |= set(range(now, ends_at))
        state = after_pause(state, now, ends_at)
    now += rest
    assert clock(state, now) == now - len([second for second in stopped if second < now])
    assert is_paused(state, now) == (now in stopped)


@given(
    started_at=st.integers(1_000, 2_000),
    seconds=st.integers(1, 1_000),
    stopped=st.integers(0, 500),
    clock_time=st.integers(0, 4_000),
)
def test_wall_time__is_the_last_second_at_which_the_clock_shows_the_time(
    started_at: int, seconds: int, stopped: int, clock_time: int
) -> None:
    state = PauseState(stopped_seconds=stopped, started_at=started_at, ends_at=started_at + seconds)
    at = wall_time(state, clock_time)
    if at >= started_at:
        assert clock(state, at) == clock_time
        assert clock(state, at + 1) == clock_time + 1
    else:
        assert at == clock_time + stopped
