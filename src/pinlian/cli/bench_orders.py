"""Orders a second through a whole instance: HTTP intake, journal, chain, read model. Nothing is left out.

An instance of its own (home, ports, processes) is filled with offers, groups and funded buyers. Every order is signed
before; then a load generator hands them in over keep-alive connections. An order counts as indexed when another process
can read it in the read model.
"""

from collections.abc import Callable
from typing import Any

from pinlian.cli.own_instance import free_ports, measure_in_own_instance


def measure_orders(orders: int, *, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run the measurement in an instance made for it.

    Args:
        orders: how many are placed at full load; half as many again measure the latency at half load.
        progress: is told what comes next.

    Returns:
        `orders_per_second` (from the first request to the last order indexed), `p50_ms` and `p95_ms` (from request to
        indexed, at half of that load), `lost` (acknowledged and not on the chain), `doubled`, `oversold` (units beyond
        an offer's stock), and what else was seen.

    Raises:
        RuntimeError: the instance did not work; its log was shown.
    """
    (peer_port,) = free_ports(1)
    return measure_in_own_instance("pinlian.cli.order_bench", str(orders), str(peer_port), progress=progress)
