"""What calls cost on a real node, against bench/gas_snapshot.json."""

import pytest

from pinlian.cli.bench_gas import TX_GAS_MAX, measure_gas
from pinlian.domain.order import ORDERS_MAX
from tools.update_gas_snapshot import SNAPSHOT, read_snapshot

GROWTH_PERCENT_MAX = 2


@pytest.fixture(scope="module")
def measured() -> dict[str, int]:
    return measure_gas()


def test_gas__of_every_call__has_not_grown(measured: dict[str, int]) -> None:
    snapshot = read_snapshot()
    assert measured.keys() == snapshot.keys(), "run `make gas-snapshot`"
    grown = {
        name: f"{snapshot[name]} -> {gas}"
        for name, gas in measured.items()
        if gas * 100 > snapshot[name] * (100 + GROWTH_PERCENT_MAX)
    }
    assert not grown, f"gas grew by more than {GROWTH_PERCENT_MAX}%; if it must, run `make gas-snapshot` ({SNAPSHOT})"


def test_gas__of_an_order__is_within_the_budget(measured: dict[str, int]) -> None:
    assert measured["gas_per_order"] <= 13_000
    assert measured["gas_per_order_25_groups"] <= 17_000
    assert measured["naive_gas_per_order"] > 10 * measured["gas_per_order"]


def test_gas__of_the_largest_calls__is_within_a_transactions_limit(measured: dict[str, int]) -> None:
    assert ORDERS_MAX * measured["gas_per_order_100_groups"] < TX_GAS_MAX
    assert ORDERS_MAX * measured["refund_batch_100"] // 100 < TX_GAS_MAX
    assert measured["open_groups_32"] < TX_GAS_MAX
