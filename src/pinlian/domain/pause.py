"""The pause of new orders, and the clock of windows that stands still meanwhile."""

from dataclasses import dataclass

PAUSE_SECONDS_MAX = 14 * 86_400


@dataclass(frozen=True, slots=True)
class PauseState:
    """The last pause (Unix seconds, zeros if there never was one) and the seconds stopped before it."""

    stopped_seconds: int = 0
    started_at: int = 0
    ends_at: int = 0


def clock(state: PauseState, now: int) -> int:
    """The time by which return and claim windows run: `now` less all paused time."""
    return now - state.stopped_seconds - (min(now, state.ends_at) - state.started_at)


def wall_time(state: PauseState, clock_time: int) -> int:
    """The last second of Unix time at which the clock shows `clock_time`, if no other pause comes."""
    unpaused = clock_time + state.stopped_seconds
    return unpaused if unpaused < state.started_at else unpaused + state.ends_at - state.started_at


def is_paused(state: PauseState, now: int) -> bool:
    """Whether new orders are refused at `now`."""
    return now < state.ends_at


def after_pause(state: PauseState, now: int, ends_at: int) -> PauseState:
    """The state after the event Paused(ends_at) in a block of time `now`."""
    return PauseState(stopped_seconds=now - clock(state, now), started_at=now, ends_at=ends_at)
