"""From stored orders back to the tree of their batch, and from there to the proof of one order or one run."""

from functools import lru_cache

from pinlian.apps.groupbuy.models import Batch, Order
from pinlian.domain.merkle import Leaf, Place, RunOfLeaves, place_of, run_place
from pinlian.domain.refusals import Refusal, Refused

_BATCHES_CACHED = 64


def leaf_of(order: Order) -> Leaf:
    """The order as its batch's tree has it."""
    return Leaf(
        buyer=bytes.fromhex(order.buyer[2:]),
        quantity=order.quantity,
        nonce=order.nonce,
        details=bytes.fromhex(order.details[2:]),
    )


def runs_of_batch(batch: Batch) -> list[RunOfLeaves]:
    """The batch's leaves, as the chain has them in its root.

    Raises:
        Refused: UNAVAILABLE, because orders of the batch are missing from the read model.
    """
    return list(_runs(batch.number, batch.root, tuple((group, count) for group, count in batch.runs)))


@lru_cache(maxsize=_BATCHES_CACHED)
def _runs(number: int, root: str, shape: tuple[tuple[str, int], ...]) -> tuple[RunOfLeaves, ...]:
    """The root is part of the key because a reorganised chain may have another batch of the same number."""
    leaves = [leaf_of(order) for order in Order.objects.filter(batch=number).order_by("index")]
    if len(leaves) != sum(count for _, count in shape):
        raise Refused(Refusal.UNAVAILABLE, None, f"orders of batch {number} are missing from the read model")
    runs = []
    first = 0
    for group, count in shape:
        runs.append(RunOfLeaves(bytes.fromhex(group[2:]), tuple(leaves[first : first + count])))
        first += count
    return tuple(runs)


def order_place(order: Order) -> tuple[Place, Leaf, tuple[bytes, ...]]:
    """Where the order stands, its leaf, and the siblings that prove it.

    Raises:
        Refused: UNAVAILABLE.
    """
    batch = Batch.objects.get(number=order.batch)
    place, siblings = place_of(batch.number, runs_of_batch(batch), order.index)
    return place, leaf_of(order), tuple(siblings)


def run_places(batch: Batch, group: bytes) -> list[tuple[Place, tuple[Leaf, ...], list[bytes]]]:
    """The runs of `group` in the batch: place, all leaves, siblings from the run to the batch's root.

    Raises:
        Refused: UNAVAILABLE.
    """
    runs = runs_of_batch(batch)
    return [
        (place, run.leaves, siblings)
        for number, run in enumerate(runs)
        if run.group == group
        for place, siblings in [run_place(batch.number, runs, number)]
    ]
