"""What the measurements print; the figures are invented."""

import json
from collections.abc import Callable

import pytest
from click.testing import CliRunner

from pinlian.cli import bench


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(progress: Callable[[str], None]) -> dict[str, int]:
        return {"gas_per_order": 12_500, "naive_gas_per_order": 181_250}

    monkeypatch.setattr(bench, "measure_gas", measure)


@pytest.mark.usefixtures("measured")
def test_bench_gas__as_json__has_the_ratio_to_the_naive_contract() -> None:
    result = CliRunner().invoke(bench.bench, ["gas", "--json"])
    assert json.loads(result.stdout) == {
        "gas_per_order": 12_500,
        "naive_gas_per_order": 181_250,
        "naive_to_ours": 14.5,
    }


@pytest.mark.usefixtures("measured")
def test_bench_gas__for_people__has_a_line_a_figure() -> None:
    result = CliRunner().invoke(bench.bench, ["gas"])
    assert [line.split() for line in result.stdout.splitlines()] == [
        ["gas_per_order", "12,500"],
        ["naive_gas_per_order", "181,250"],
        ["naive_to_ours", "14.5"],
    ]


def test_bench_pages__for_people__has_a_line_a_page_and_a_line_a_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def measure(orders: int, progress: Callable[[str], None]) -> dict[str, object]:
        return {"orders": orders, "p50_ms": 21.5, "pages": [{"page": "my orders", "p50_ms": 20.1, "p95_ms": 31.0}]}

    monkeypatch.setattr(bench, "measure_pages", measure)
    result = CliRunner().invoke(bench.bench, ["pages", "--orders", "3000"])
    assert [line.rsplit(maxsplit=2)[-2:] for line in result.stdout.splitlines()[1:2]] == [["20.1", "31.0"]]
    assert [line.split() for line in result.stdout.splitlines()[2:]] == [["orders", "3000"], ["p50_ms", "21.5"]]
