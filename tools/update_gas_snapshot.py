"""Measure the contracts' gas anew and write bench/gas_snapshot.json, which a test compares with.

python -m tools.update_gas_snapshot
"""

import json
from pathlib import Path

from pinlian.cli.bench_gas import measure_gas

SNAPSHOT = Path(__file__).resolve().parents[1] / "bench" / "gas_snapshot.json"


def read_snapshot() -> dict[str, int]:
    """Gas by name, as it was when the snapshot was taken; empty if there is none."""
    if not SNAPSHOT.exists():
        return {}
    snapshot: dict[str, int] = json.loads(SNAPSHOT.read_text())
    return snapshot


def main() -> None:
    before = read_snapshot()
    measured = measure_gas()
    for name, gas in measured.items():
        if before.get(name) != gas:
            print(f"{name}: {before.get(name, 'new')} -> {gas}")
    SNAPSHOT.write_text(json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    main()
