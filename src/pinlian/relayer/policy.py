"""Which messages go into the next transaction. Pure: no clock, no database, no chain."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pinlian.domain.group import GROUPS_MAX
from pinlian.domain.order import ORDERS_MAX
from pinlian.relayer.kinds import Kind

RETRY_SHRINKS_BY = 16
"""A batch that came to nothing is tried again in parts of this fraction, so that a bad message ends up alone."""
WAITING_MS_MAX = 150


@dataclass(frozen=True, slots=True)
class Policy:
    """When to send, and how much at once.

    Attributes:
        sizes_max: messages of a kind in one transaction; one of the kinds not named.
        age_ms_max: a message of a kind that is batched waits at most so long for others.
        in_flight_max: transactions of one account that are in no block yet.
    """

    sizes_max: dict[Kind, int] = field(default_factory=lambda: {Kind.ORDER: ORDERS_MAX, Kind.GROUP: GROUPS_MAX})
    age_ms_max: int = WAITING_MS_MAX
    in_flight_max: int = 16


@dataclass(frozen=True, slots=True)
class Waiting:
    """A message that waits. `number` is the order of arrival, `tries` how often its transaction came to nothing."""

    number: int
    kind: Kind
    group: str
    received_at_ms: int
    tries: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages for one transaction, in the order of the call."""

    kind: Kind
    numbers: tuple[int, ...]


def size_max(policy: Policy, kind: Kind, tries: int) -> int:
    """How many messages of a kind may go together that came to nothing `tries` times."""
    return int(max(1, policy.sizes_max.get(kind, 1) // RETRY_SHRINKS_BY**tries))


def next_batch(waiting: Sequence[Waiting], now_ms: int, policy: Policy) -> Batch | None:
    """The batch to send now, or None if all can still wait.

    Messages of one kind and with equal tries go together, the oldest first. They are ready when they fill a
    transaction or the oldest is old enough; of several ready batches that with the oldest message goes first. In
    the batch those of one group stand beside each other: the contract takes runs.
    """
    lanes: dict[tuple[Kind, int], list[Waiting]] = {}
    for message in sorted(waiting, key=lambda message: message.number):
        lanes.setdefault((message.kind, message.tries), []).append(message)
    ready = [
        lane[:most]
        for (kind, tries), lane in lanes.items()
        # Processes number messages in one sequence but read their own clocks: the first need not be the oldest.
        if len(lane) >= (most := size_max(policy, kind, tries))
        or now_ms - min(message.received_at_ms for message in lane) >= policy.age_ms_max
    ]
    if not ready:
        return None
    chosen = min(ready, key=lambda lane: lane[0].number)
    ordered = sorted(chosen, key=lambda message: (message.group, message.number))
    return Batch(chosen[0].kind, tuple(message.number for message in ordered))
