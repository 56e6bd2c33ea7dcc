"""`pinlian bench record`, run small: the way is the one that the full measurement goes."""

import json

from click.testing import CliRunner

from pinlian.cli.bench import bench


def test_bench_record__small__loses_nothing_and_measures_its_peer_too() -> None:
    result = CliRunner().invoke(bench, ["record", "--facts", "600", "--json"])
    assert result.exit_code == 0, result.stderr
    figures = json.loads(result.stdout)
    assert (figures["facts"], figures["lost"]) == (600, 0)
    assert min(figures["facts_per_second"], figures["file_appends_per_second"], figures["bytes_per_fact"]) > 0
