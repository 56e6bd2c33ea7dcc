"""Which messages go together, and when."""

from hypothesis import given
from hypothesis import strategies as st

from pinlian.relayer.kinds import Kind
from pinlian.relayer.policy import Batch, Policy, Waiting, next_batch, size_max

NOW_MS = 1_000_000
POLICY = Policy(sizes_max={Kind.ORDER: 4, Kind.GROUP: 2}, age_ms_max=100)


def order(number: int, group: str = "a", age_ms: int = 0, tries: int = 0) -> Waiting:
    return Waiting(number, Kind.ORDER, group, NOW_MS - age_ms, tries)


def single(number: int, kind: Kind = Kind.WITHDRAW, age_ms: int = 0) -> Waiting:
    return Waiting(number, kind, "", NOW_MS - age_ms)


def test_next_batch__nothing_waits__is_none() -> None:
    assert next_batch([], NOW_MS, POLICY) is None


def test_next_batch__few_and_young__waits_for_more() -> None:
    assert next_batch([order(1), order(2), order(3)], NOW_MS, POLICY) is None


def test_next_batch__full__goes_at_once_with_the_oldest() -> None:
    waiting = [order(number) for number in (5, 4, 3, 2, 1)]
    assert next_batch(waiting, NOW_MS, POLICY) == Batch(Kind.ORDER, (1, 2, 3, 4))


def test_next_batch__one_is_old_enough__takes_the_young_along() -> None:
    assert next_batch([order(1, age_ms=100), order(2)], NOW_MS, POLICY) == Batch(Kind.ORDER, (1, 2))


def test_next_batch__many_groups__fills_up_and_puts_each_group_together() -> None:
    waiting = [order(1, "b"), order(2, "a"), order(3, "c"), order(4, "b"), order(5, "a")]
    assert next_batch(waiting, NOW_MS, POLICY) == Batch(Kind.ORDER, (2, 1, 4, 3))


def test_next_batch__kind_that_goes_alone__does_not_wait() -> None:
    assert next_batch([single(1), single(2)], NOW_MS, POLICY) == Batch(Kind.WITHDRAW, (1,))


def test_next_batch__several_kinds_are_ready__the_oldest_message_decides() -> None:
    waiting = [order(2, age_ms=200), single(1), single(3, Kind.OFFER)]
    assert next_batch(waiting, NOW_MS, POLICY) == Batch(Kind.WITHDRAW, (1,))
    assert next_batch(waiting[:1] + waiting[2:], NOW_MS, POLICY) == Batch(Kind.ORDER, (2,))


def test_next_batch__tried_in_vain__goes_apart_from_fresh_ones_and_in_smaller_parts() -> None:
    policy = Policy(sizes_max={Kind.ORDER: 32}, age_ms_max=0)
    waiting = [order(number, tries=1) for number in range(1, 5)] + [order(5)]
    assert next_batch(waiting, NOW_MS, policy) == Batch(Kind.ORDER, (1, 2))
    assert size_max(policy, Kind.ORDER, tries=2) == 1


orders = st.builds(
    order,
    number=st.integers(1, 10_000),
    group=st.sampled_from("abcdefgh"),
    age_ms=st.integers(0, 300),
    tries=st.integers(0, 2),
)


@given(st.lists(orders, unique_by=lambda waiting: waiting.number, max_size=40))
def test_next_batch__any_orders__takes_the_oldest_of_a_lane_in_runs(waiting: list[Waiting]) -> None:
    batch = next_batch(waiting, NOW_MS, POLICY)
    if batch is None:
        assert all(NOW_MS - message.received_at_ms < POLICY.age_ms_max for message in waiting)
        return
    by_number = {message.number: message for message in waiting}
    taken = [by_number[number] for number in batch.numbers]
    (tries,) = {message.tries for message in taken}
    lane = sorted(message.number for message in waiting if message.tries == tries)
    assert sorted(batch.numbers) == lane[: size_max(POLICY, Kind.ORDER, tries)]
    groups = [message.group for message in taken]
    assert groups == sorted(groups)
