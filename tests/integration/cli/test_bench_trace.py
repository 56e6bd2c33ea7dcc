"""`pinlian bench trace`, run small: the way is the one that a million events go."""

import json

from click.testing import CliRunner

from pinlian.cli.bench import bench


def test_bench_trace__small__reads_whole_histories_and_says_what_it_measured() -> None:
    result = CliRunner().invoke(bench, ["trace", "--events", "300", "--captured", "20", "--lots", "12", "--json"])
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert figures["events"] >= 340
    assert figures["histories"] == 12
    assert figures["incomplete"] == 0
    assert figures["levels"][0] >= 6
    for name in ("p50_ms", "p95_ms", "capture_per_second", "capture_http_per_second", "peer_p95_ms", "ratio_to_peer"):
        assert figures[name] > 0, name
