"""The history of lots among many events, beside one recursive query that knows nothing of time."""

from collections.abc import Callable
from typing import Any

from pinlian.cli.own_instance import measure_in_own_instance


def measure_trace(events: int, captured: int, lots: int, *, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run the measurement in an instance made for it, without a chain.

    Args:
        events: how many are laid, through the projections that make rows of facts; lots and places are described too.
        captured: how many more go the whole way of capture: checked, hashed, signed, appended durably; and as many
            again over HTTP, through the product's server, in documents of a hundred that four programs send.
        lots: how many histories are read.
        progress: is told what comes next.

    Returns:
        `events` in the database at the end; `p50_ms` and `p95_ms` of the whole history of random lots of every stage,
        in both directions; `processor_p50_ms` and `processor_p95_ms`, how long this process worked on it, which tells a
        busy machine from a slow program; the percentiles of each of `stages`; `levels`, the least and most that the
        history of a lot of the last stage has; `incomplete`, histories that lack a field or were cut;
        `capture_per_second` and `capture_http_per_second` until durable; `follow_per_second` from record to read
        model, `examine_per_second`;
        `peer_p50_ms`, `peer_p95_ms` and `ratio_to_peer` (of the 95th percentiles) of the recursive query.

    Raises:
        RuntimeError: the measurement failed; its last words were told.
    """
    return measure_in_own_instance("pinlian.cli.trace_bench", str(events), str(captured), str(lots), progress=progress)
