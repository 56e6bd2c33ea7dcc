"""The measurement of bench_record, inside a home made for it.

python -m pinlian.cli.record_bench FACTS

No chain is asked: facts are signed for one that need not be there. Signing is not measured, for the authors' devices do
it; checking the signatures is.
"""

import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import django

from pinlian.chain.deployment import Deployment

FACTS_PER_LIST = 500
WRITERS = 2
"""Threads that hand in lists; the machine this is measured on has two cores."""
SINGLES_MAX = 2_000
"""So many are handed in one by one."""
SINGLE_WRITERS = 16
PROOFS = 300
EVENTS_TIME = 1_780_000_000


def deployment() -> Deployment:
    """Stands for the contracts (settings.ESCROW_DEPLOYMENT)."""
    nowhere = bytes(20)
    return Deployment(31337, nowhere, nowhere, 0, None, (), bytes(32), record_anchor=nowhere)


def event_body(number: int) -> dict[str, Any]:
    """A fact's body like that of a shipping event: about 700 bytes."""
    return {
        "event": {
            "@context": ["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"],
            "type": "ObjectEvent",
            "eventTime": "2026-11-21T08:00:00.000+08:00",
            "eventTimeZoneOffset": "+08:00",
            "action": "OBSERVE",
            "bizStep": "shipping",
            "disposition": "in_transit",
            "readPoint": {"id": "https://id.gs1.org/414/9521234000013"},
            "epcList": [f"https://id.gs1.org/00/{952123400000000000 + number}"],
            "quantityList": [
                {"epcClass": f"https://id.gs1.org/01/09521234000013/10/L{number % 97}", "quantity": 12.5, "uom": "KGM"}
            ],
            "bizTransactionList": [{"type": "po", "bizTransaction": f"urn:pinlian:group:{number:#066x}"}],
        },
        "event_hash": f"ni:///sha-256;{number:064x}?ver=CBV2.0",
    }


def measure(facts: int, home: Path) -> dict[str, Any]:
    """Append, prove, and compare with files; see `pinlian bench record`."""
    from django.db import connections

    from pinlian.chain.keys import new_key
    from pinlian.engine.preparation import prepare_databases
    from pinlian.record import facade, heads, log, tree
    from pinlian.record.fact import leaf

    prepare_databases()
    key = new_key("bench")
    domain = facade.domain()

    def signed(begin: int, count: int) -> list[facade.Fact]:
        return [
            facade.sign(key, "epcis_event", EVENTS_TIME + number, event_body(number), domain)
            for number in range(begin, begin + count)
        ]

    def in_threads(parts: Sequence[Sequence[Any]], act: Callable[[Any], object]) -> float:
        """Each thread acts on the items of its part; seconds that all took."""

        def work(part: Sequence[Any]) -> None:
            for item in part:
                act(item)
            connections.close_all()

        threads = [threading.Thread(target=work, args=(part,)) for part in parts]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic() - began

    _say("signing")
    lists = [signed(first, min(FACTS_PER_LIST, facts - first)) for first in range(0, facts, FACTS_PER_LIST)]
    singles_count = min(facts, SINGLES_MAX)
    singles = [[fact] for fact in signed(facts, singles_count)]
    leaves = [leaf(fact) for each in lists for fact in each]

    _say("appending lists")
    lists_seconds = in_threads([lists[at::WRITERS] for at in range(WRITERS)], facade.append)
    _say("appending one by one")
    latencies: list[float] = []

    def append_one(facts: list[facade.Fact]) -> None:
        began = time.monotonic()
        facade.append(facts)
        latencies.append(time.monotonic() - began)

    singles_seconds = in_threads([singles[at::SINGLE_WRITERS] for at in range(SINGLE_WRITERS)], append_one)

    _say("proving")
    heads.sign_head()
    head = facade.head()
    proof_seconds = []
    for at in range(PROOFS):
        index = at * head.size // PROOFS
        began = time.monotonic()
        path = log.inclusion_proof(index, head.size)
        proof_seconds.append(time.monotonic() - began)
        if not tree.includes(head.root, tree.leaf_hash(facade.fact_at(index).leaf), index, head.size, path):
            raise RuntimeError(f"the proof of fact {index} does not hold")

    _say("comparing with files")
    # A file that is flushed after as many as were handed in together, and one that is flushed after each.
    file_lists = [leaves[at : at + FACTS_PER_LIST] for at in range(0, len(leaves), FACTS_PER_LIST)]
    lists_file_seconds = _append_to_file(home / "lists", file_lists)
    singles_file_seconds = _append_to_file(home / "singles", [[each] for each in leaves[:singles_count]])
    return {
        "facts": facts,
        "bytes_per_fact": round(statistics.mean(map(len, leaves))),
        "facts_per_second": round(facts / lists_seconds),
        "file_appends_per_second": round(facts / lists_file_seconds),
        "single_facts_per_second": round(singles_count / singles_seconds),
        "single_p50_ms": round(1000 * statistics.median(latencies), 1),
        "single_p95_ms": round(1000 * statistics.quantiles(latencies, n=20)[-1], 1),
        "single_file_appends_per_second": round(singles_count / singles_file_seconds),
        "proof_p95_ms": round(1000 * statistics.quantiles(proof_seconds, n=20)[-1], 2),
        "log_bytes_per_fact": round((home / "record.sqlite3").stat().st_size / head.size),
        "lost": facts + singles_count - head.size,
    }


def _append_to_file(path: Path, lists: Sequence[Sequence[bytes]]) -> float:
    began = time.monotonic()
    with path.open("ab") as file:
        for each in lists:
            file.write(b"\n".join(each) + b"\n")
            file.flush()
            os.fsync(file.fileno())
    return time.monotonic() - began


def _say(text: str) -> None:
    sys.stderr.write(f"{text} ...\n")


def main() -> None:
    django.setup()
    from django.conf import settings

    settings.ESCROW_DEPLOYMENT = "pinlian.cli.record_bench.deployment"
    sys.stdout.write(json.dumps(measure(int(sys.argv[1]), settings.PINLIAN_HOME)) + "\n")


if __name__ == "__main__":
    main()
