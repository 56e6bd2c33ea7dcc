"""Server time of the pages with many orders in the database, beside a page that reads none of them; the audit's too."""

from collections.abc import Callable
from typing import Any

from pinlian.cli.own_instance import measure_in_own_instance


def measure_pages(orders: int, *, progress: Callable[[str], None]) -> dict[str, Any]:
    """Run the measurement in an instance made for it.

    Args:
        orders: how many are placed before, through the relayer and the contract.
        progress: is told what comes next.

    Returns:
        `p50_ms` and `p95_ms` of all requests, from request to whole answer on the loopback; the same for each of
        `pages`; `peer_p50_ms` of the sign-in page, which reads no order, and `ratio_to_peer`; `audit_seconds` of the
        whole audit command, and `audit_orders_per_second`.

    Raises:
        RuntimeError: the instance did not work, a page was not answered, or the audit found a difference; the log was
            shown.
    """
    return measure_in_own_instance("pinlian.cli.page_bench", str(orders), progress=progress)
