"""The measurement of bench_trace, inside the environment of the measured instance.

    python -m pinlian.cli.trace_bench EVENTS CAPTURED LOTS

Events are laid in bulk. The first families go as facts through the projections of the engine; the others are copies of
the rows that these made, with lots of other names, later by as long as the first families took, and in the same crates
and lorries. What is left out is what the record does before (checks, hash, signature, append); the events that are
captured afterwards go that way whole, into the full database. No chain runs: the record's domain is a fixed one.
"""

import json
import random
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

import django

from pinlian.chain.deployment import Deployment

if TYPE_CHECKING:
    from pinlian.cli.trade_of_goods import Family

FACTS_PER_STEP = 500
LAID_FROM = 10_000_000
"""Indices of what is laid; what is captured has the record's, from 0."""
INDICES_OF_COPY = 100_000
"""By how much the indices of each copy are higher; the first families have fewer facts."""
EVENTS_PER_DOCUMENT = 100
TELEPHONE = "13800000000"
WARMING = 20
PEER_LOTS_MAX = 40
PROGRESS_SECONDS = 10
SIGNED_AT = 1_790_000_000
PLACE_BITS = 13
"""Below the index in the key of a thing in an event (apps/epcis/projections.py)."""
AUTHOR = "0x" + "be" * 20
SIGNATURE = "0x" + "00" * 64
_T = TypeVar("_T")

DEPLOYMENT = Deployment(
    chain_id=31_337,
    escrow=b"\x01" * 20,
    token=b"\x02" * 20,
    block=0,
    treasury=None,
    pausers=(),
    escrow_code=bytes(32),
    record_anchor=b"\x03" * 20,
)


def deployment() -> Deployment:
    """What binds the record's facts here (settings.ESCROW_DEPLOYMENT)."""
    return DEPLOYMENT


def say(text: str) -> None:
    """Tell on standard error how far it is."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(events: int, captured: int, lots: int) -> None:
    django.setup()
    from django.conf import settings
    from django.db import connection

    from pinlian.engine.preparation import prepare_databases

    settings.ESCROW_DEPLOYMENT = "pinlian.cli.trace_bench.deployment"
    prepare_databases()
    laid = lay(events)
    # The connection that laid the events had a cache of its own size; what is measured has the product's.
    connection.close()
    figures = capture(captured, first_family=laid.families)
    figures |= measure(laid, lots)
    figures["events"] = laid.events + figures.pop("captured")
    sys.stdout.write(json.dumps(figures))


@dataclass
class Laid:
    """What was laid."""

    events: int = 0
    families: int = 0
    seconds: float = 0.0


def lay(events: int) -> Laid:
    """Lay families of lots until their events are `events` or a few more."""
    from django.db import connection, transaction

    from pinlian.cli.trade_of_goods import FIRST_FAMILIES, Family

    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=OFF")
        cursor.execute("PRAGMA cache_size=-1000000")
    laid = Laid()
    say(f"laying {events:,} events")
    started = told = time.monotonic()
    index = LAID_FROM
    with transaction.atomic():
        project("certificate", _certificates(), index)
        project("place", _places(), index + 1_000)
    index += 2_000

    def tell() -> None:
        nonlocal told
        if time.monotonic() - told > PROGRESS_SECONDS:
            told = time.monotonic()
            say(f"  {laid.events:,} ({laid.events / (told - started):,.0f}/s)")

    def first_families() -> Iterator[Family]:
        while laid.families < FIRST_FAMILIES and laid.events < events:
            family = Family(laid.families)
            laid.families += 1
            laid.events += len(family.events)
            yield family

    for group in _parts(first_families(), 4):
        with transaction.atomic():
            bodies = [_event_body(event, family.number, n) for family in group for n, event in enumerate(family.events)]
            for part in _parts(iter(bodies), FACTS_PER_STEP):
                index += project("epcis_event", part, index)
            index += project("lot", [body for family in group for body in _lots(family)], index)
        tell()
    of_first = laid.events
    while laid.events < events:
        with transaction.atomic():
            copy_rows(laid.families // FIRST_FAMILIES, index)
        laid.families += FIRST_FAMILIES
        laid.events += of_first
        tell()
    laid.seconds = time.monotonic() - started
    say(f"laid {laid.events:,} events of {laid.families:,} families in {laid.seconds:.0f} s")
    return laid


def copy_rows(number: int, end: int) -> None:
    """Copy the rows of the first families, whose indices are below `end`, once more."""
    from django.apps import apps
    from django.db import connection

    from pinlian.cli.trade_of_goods import FIRST_FAMILIES, HOURS_BETWEEN_FAMILIES

    shift = number * INDICES_OF_COPY
    later = number * FIRST_FAMILIES * HOURS_BETWEEN_FAMILIES * 3_600
    moved = "strftime('%Y-%m-%dT%H:%M:%S', event_time_us / 1000000{}, 'unixepoch')"
    index, name = f'"index" + {shift}', f"replace({{}}, '/10/', '/10/{number}.')"
    rows: dict[str, tuple[str, dict[str, str]]] = {
        "epcis.Event": (
            f'"index" < {end}',
            {
                "index": index,
                "event_id": f"event_id || '-{number}'",
                "event_time_us": f"event_time_us + {later * 1_000_000}",
                "text": f"replace({name.format('text')}, {moved.format('')}, {moved.format(f' + {later}')})",
            },
        ),
        "epcis.EventEpc": (
            f"event_id < {end}",
            {
                "id": f"id + ({shift} << {PLACE_BITS})",
                "event_id": f"event_id + {shift}",
                "event_time_us": f"event_time_us + {later * 1_000_000}",
                "epc": name.format("epc"),
            },
        ),
        "trace.GroupLink": (f'"index" < {end}', {"index": index, "epc": name.format("epc")}),
        "trace.Lot": (
            f'"index" < {end}',
            {"index": index, "first_index": index, "epc": name.format("epc"), "body": name.format("body")},
        ),
        "trace.LotCertificate": ("lot NOT LIKE '%.%-%'", {"lot": name.format("lot")}),
    }
    with connection.cursor() as cursor:
        for label, (wanted, changes) in rows.items():
            model = apps.get_model(label)
            columns = [str(column.column) for column in model._meta.concrete_fields if column.column]
            values = ", ".join(changes.get(column, f'"{column}"') for column in columns)
            names = ", ".join(f'"{column}"' for column in columns)
            table = model._meta.db_table
            cursor.execute(f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} WHERE {wanted}")  # noqa: S608


def project(kind: str, bodies: Sequence[dict[str, Any]], first: int) -> int:
    """Give facts of a kind to the engine's projections, as the record would; how many they are.

    The stock lists of the capture pages are left out: no history reads them.
    """
    from pinlian.config.wiring import FACT_PROJECTIONS
    from pinlian.record.facade import Fact, StoredFact

    facts = [
        StoredFact(first + n, Fact(kind, SIGNED_AT, AUTHOR, body, SIGNATURE), b"", SIGNED_AT)
        for n, body in enumerate(bodies)
    ]
    for projection in FACT_PROJECTIONS[kind]:
        if "capture" not in projection.__module__:
            projection(facts)
    return len(facts)


def capture(events: int, *, first_family: int) -> dict[str, Any]:
    """Put events on record by the facade, one document after another, as one sender would, and as many more over HTTP;
    then follow and examine them."""
    from pinlian.apps.epcis import facade as epcis
    from pinlian.apps.people import facade as people
    from pinlian.apps.trace import facade as trace
    from pinlian.cli.capture_server import send_over_http
    from pinlian.cli.trade_of_goods import CONTEXT, families
    from pinlian.record import facade as record

    say(f"capturing {events:,} more")
    known = [event for family in families(2 * events, first=first_family) for event in family.events][: 2 * events]
    documents = [
        {
            "@context": CONTEXT,
            "type": "EPCISDocument",
            "schemaVersion": "2.0",
            "creationDate": "2026-11-22T00:00:00Z",
            "epcisBody": {"eventList": part},
        }
        for half in (known[:events], known[events:])
        for part in _parts(iter(half), EVENTS_PER_DOCUMENT)
    ]
    documents_of_half = len(documents) // 2

    def send() -> None:
        for document in documents[:documents_of_half]:
            epcis.capture(document, capturer=AUTHOR)

    capture_seconds = _seconds(send)
    say("capturing as many over HTTP")
    farm = people.sign_up(phone=TELEPHONE, password=secrets.token_hex(), display_name="", roles=(people.Role.MERCHANT,))
    http_seconds = send_over_http(documents[documents_of_half:], people.issue_token(farm.id, "bench"))
    if record.size() != len(known):
        raise RuntimeError(f"{len(known)} events were sent, and {record.size()} are on record")
    follow_seconds = _seconds(lambda: _exhaust(record.follow_step))
    say("examining them")
    examine_seconds = _seconds(lambda: _exhaust(trace.watch_step))
    return {
        "captured": len(known),
        "capture_per_second": round(events / capture_seconds, 1),
        "capture_http_per_second": round(events / http_seconds, 1),
        "follow_per_second": round(len(known) / follow_seconds, 1),
        "examine_per_second": round(len(known) / examine_seconds, 1),
    }


def measure(laid: Laid, lots: int) -> dict[str, Any]:
    """The whole history of random lots, as many of each stage; then the peer on some of them."""
    from pinlian.apps.trace import facade as trace
    from pinlian.cli.trade_of_goods import FIELDS, GRIDS, stages_of

    chosen = random.Random(7)  # noqa: S311 -- goods, not secrets
    stages = list(stages_of(0))
    subjects = [
        (stage, chosen.choice(stages_of(chosen.randrange(laid.families))[stage]))
        for number in range(lots + WARMING)
        for stage in [stages[number % len(stages)]]
    ]
    say(f"reading {lots} histories")
    times: dict[str, list[float]] = {stage: [] for stage in stages}
    processor: list[float] = []
    lengths: list[int] = []
    levels: list[int] = []
    incomplete = 0
    for number, (stage, epc) in enumerate(subjects):
        started, worked = time.perf_counter(), time.process_time()
        story = trace.history(epc)
        taken, work = time.perf_counter() - started, time.process_time() - worked
        if number < WARMING:
            continue
        times[stage].append(1_000 * taken)
        processor.append(1_000 * work)
        lengths.append(len(story.events))
        names = {thing.epc.rsplit("/", 1)[1].rsplit(".", 1)[-1] for thing in story.things}
        fields, grids = (sum(name.startswith(letter) for name in names) for letter in "fg")
        if stage == "grid":
            levels.append(max(thing.level for thing in story.things))
            incomplete += fields != FIELDS or not story.is_whole
        if stage == "field":
            incomplete += grids != GRIDS or not story.is_whole
    say("reading the same by the peer")
    peer = [1_000 * _seconds(lambda epc=epc: read_by_peer(epc)) for _, epc in subjects[WARMING:][:PEER_LOTS_MAX]]  # type: ignore[misc]
    everything = [each for of_stage in times.values() for each in of_stage]
    return {
        **_percentiles("", everything),
        **_percentiles("processor_", processor),
        "histories": len(everything),
        "events_in_history": round(statistics.median(lengths)),
        "levels": [min(levels), max(levels)],
        "incomplete": incomplete,
        "stages": [{"stage": stage, **_percentiles("", found)} for stage, found in times.items()],
        **_percentiles("peer_", peer),
        "ratio_to_peer": round(_percentile(peer, 95) / _percentile(everything, 95), 3),
        "laid_per_second": round(laid.events / laid.seconds, 1),
    }


def read_by_peer(epc: str) -> int:
    """The obvious way: one recursive query along inputs, outputs and parents, then every event of all things found."""
    from django.db import connection

    found: dict[int, Any] = {}
    for mine, other in (("output", "input"), ("input", "output")):
        with connection.cursor() as cursor:
            cursor.execute(
                """
                WITH RECURSIVE way(epc) AS (
                    SELECT %s
                    UNION
                    SELECT other.epc FROM way
                    JOIN epcis_eventepc AS mine ON mine.epc = way.epc
                    JOIN epcis_eventepc AS other ON other.event_id = mine.event_id
                    WHERE (mine.role = %s AND other.role = %s) OR (mine.role = 'child' AND other.role = 'parent')
                )
                SELECT event.* FROM epcis_event AS event WHERE event."index" IN (
                    SELECT thing.event_id FROM way JOIN epcis_eventepc AS thing ON thing.epc = way.epc
                )
                """,
                [epc, mine, other],
            )
            found |= {row[0]: json.loads(row[-1]) for row in cursor.fetchall()}
    return len(found)


def _event_body(event: dict[str, Any], family: int, number: int) -> dict[str, Any]:
    from pinlian.cli.trade_of_goods import CONTEXT

    return {
        "event": {"@context": CONTEXT, **event, "eventID": f"urn:uuid:{family:08x}-0000-4000-8000-{number:012x}"},
        "event_hash": f"ni:///sha-256;{family:056x}{number:08x}?ver=CBV2.0",
        "capturer": AUTHOR,
    }


def _lots(family: "Family") -> Iterator[dict[str, Any]]:
    from pinlian.cli.trade_of_goods import CERTIFICATES

    for epcs in family.stages.values():
        for epc in epcs:
            yield {"epc": epc, "name": "青菜", "certificates": [f"BENCH-{family.number % CERTIFICATES}"]}


def _certificates() -> list[dict[str, Any]]:
    from pinlian.cli.trade_of_goods import CERTIFICATES

    common = {"kind": "organic", "name": "Organic", "issuer": "Bench", "holder": "Bench"}
    days = {"valid_from": "2024-01-01", "valid_until": "2030-01-01"}
    return [{"id": f"BENCH-{number}", **common, **days} for number in range(CERTIFICATES)]


def _places() -> list[dict[str, Any]]:
    from pinlian.cli.trade_of_goods import PLACES, place

    return [
        {
            "epc": place(number),
            "name": f"Place {number}",
            "kind": "other",
            "latitude_microdegrees": 31_000_000 + 100 * number,
            "longitude_microdegrees": 121_000_000 + 100 * number,
        }
        for number in range(PLACES)
    ]


def _parts(items: Iterator[_T], size: int) -> Iterator[list[_T]]:
    while part := list(islice(items, size)):
        yield part


def _seconds(act: Callable[[], object]) -> float:
    started = time.perf_counter()
    act()
    return time.perf_counter() - started


def _exhaust(step: Callable[[], bool]) -> None:
    while step():
        pass


def _percentile(values: Sequence[float], percent: int) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[percent - 1]


def _percentiles(prefix: str, values: Sequence[float]) -> dict[str, float]:
    return {f"{prefix}p50_ms": round(_percentile(values, 50), 1), f"{prefix}p95_ms": round(_percentile(values, 95), 1)}


if __name__ == "__main__":
    main(*map(int, sys.argv[1:4]))
