"""The measurement of bench_orders, inside the environment of the measured instance.

python -m pinlian.cli.order_bench ORDERS PEER_PORT
"""

import contextlib
import json
import os
import secrets
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import django

from pinlian.cli.own_instance import audit_seconds

CONNECTIONS = 32
GROUPS = 25
OFFERS = 5
ORDERS_PER_BUYER = 60
"""Below the 64 nonces that an account may use ahead, because orders overtake each other on their way."""
BUYER_BALANCE_MINOR = 10_000_000
PRICE_MINOR = 1_280
SCARCE_STOCK = 150
SCARCE_ORDERS = 250
"""Orders of one unit each for an offer that has fewer: the surplus must be refused."""
RESENT_SHARE = 50
"""Each so-manieth order is handed in twice."""
SEALED_CHARACTERS = 900
"""Length of delivery details sealed for two readers."""
HALF_LOAD_SECONDS = 10
PEER_REQUESTS = 4_000
INDEXED_SECONDS_MAX = 120
POLL_SECONDS = 0.01
DAY_SECONDS = 86_400
ACCEPTED = 202

OrderKey = tuple[str, str, int]
"""Group, buyer, nonce."""


@dataclass
class Watched:
    """When each order was first seen in the read model, by a thread that looks all the time."""

    seen_at: dict[OrderKey, float] = field(default_factory=dict)
    times: Counter[OrderKey] = field(default_factory=Counter)
    _last_id: int = 0
    _stop: threading.Event = field(default_factory=threading.Event)

    def look(self) -> None:
        """Read what was indexed since the last look."""
        from pinlian.indexer.models import ChainEvent

        rows = ChainEvent.objects.filter(pk__gt=self._last_id, name="OrdersPlaced").order_by("pk")
        for pk, body in rows.values_list("pk", "body"):
            self._last_id = pk
            now = time.monotonic()
            leaves = iter(body["leaves"])
            for run in body["runs"]:
                for _ in range(run["count"]):
                    leaf = next(leaves)
                    key = (run["group"], leaf["buyer"], leaf["nonce"])
                    self.seen_at.setdefault(key, now)
                    self.times[key] += 1

    def run(self) -> None:
        while not self._stop.is_set():
            self.look()
            time.sleep(POLL_SECONDS)

    def stop(self) -> None:
        self._stop.set()


@dataclass(frozen=True)
class Prepared:
    """An order ready to be sent."""

    key: OrderKey
    offer: str
    quantity: int
    body: str


def say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def main(orders: int, peer_port: int) -> None:
    django.setup()
    from django.conf import settings

    from pinlian.engine.instance import start_instance
    from pinlian.engine.supervisor import Log, Supervisor

    supervisor = Supervisor(settings.PINLIAN_HOME, Log(sys.stderr))
    try:
        say("starting an instance")
        start_instance(supervisor)
        figures = Measurement(orders).run()
    finally:
        supervisor.stop()
    say("measuring the peer")
    peer = measure_peer(peer_port, supervisor)
    figures |= {"peer_per_second": round(peer, 1), "ratio_to_peer": round(figures["orders_per_second"] / peer, 3)}
    sys.stdout.write(json.dumps(figures))


class Measurement:
    """One run against a fresh instance."""

    def __init__(self, orders: int) -> None:
        self._orders = orders
        self._watched = Watched()
        self._keys: list[Any] = []
        self._nonces: Counter[int] = Counter()
        self._stock: dict[str, int] = {}

    def run(self) -> dict[str, Any]:
        from pinlian.config import wiring

        self._separator = wiring.escrow().domain_separator()
        half = self._orders // 2
        buyers = -(-(self._orders + half + SCARCE_ORDERS) // ORDERS_PER_BUYER)
        say(f"funding {buyers} buyers, opening {GROUPS} groups")
        groups, scarce = self._prepare(buyers)
        say(f"signing {self._orders + half + SCARCE_ORDERS} orders")
        first = self._sign(groups, self._orders, seed=0)
        surplus = self._sign([scarce], SCARCE_ORDERS, seed=1, quantity=1)
        second = self._sign(groups, half, seed=2)

        watcher = threading.Thread(target=self._watched.run, daemon=True)
        watcher.start()
        say("full load")
        mixed = _mixed(first, surplus)
        spent = -_processor_ms()
        outcomes = self._send(mixed, per_second=None)
        began = min(sent for sent, _, _ in outcomes)
        answered = max(at for _, at, _ in outcomes)
        acknowledged = self._acknowledged(mixed, outcomes)
        finished = self._wait_for(acknowledged)
        placed = [key for key in acknowledged if key in self._watched.seen_at]
        per_second = len(placed) / (finished - began)
        spent += _processor_ms()

        say(f"half load: {per_second / 2:.0f} a second")
        calm = second[: int(per_second / 2 * HALF_LOAD_SECONDS)]
        calm_outcomes = self._send(calm, per_second=per_second / 2)
        calm_acknowledged = self._acknowledged(calm, calm_outcomes)
        self._wait_for(calm_acknowledged)
        waits = sorted(
            self._watched.seen_at[order.key] - sent
            for order, (sent, _, status) in zip(calm, calm_outcomes, strict=True)
            if status == ACCEPTED and order.key in self._watched.seen_at
        )
        intake = sorted(at - sent for sent, at, status in calm_outcomes if status == ACCEPTED)
        self._watched.stop()
        watcher.join()
        say("checking against the chain")
        audited = audit_seconds()
        statuses = Counter(status for _, _, status in outcomes + calm_outcomes)
        return {
            "orders_per_second": round(per_second, 1),
            "p50_ms": _milliseconds(statistics.median(waits)),
            "p95_ms": _milliseconds(waits[int(len(waits) * 0.95)]),
            **self._verdict([*acknowledged, *calm_acknowledged], [*mixed, *calm]),
            "orders": len(placed) + len(waits),
            "intake_per_second": round(len(outcomes) / (answered - began), 1),
            "intake_p50_ms": _milliseconds(statistics.median(intake)),
            "half_load_per_second": round(per_second / 2, 1),
            "refused": sum(count for status, count in statuses.items() if status != ACCEPTED),
            "surplus_orders": SCARCE_ORDERS - SCARCE_STOCK,
            "processors": os.cpu_count(),
            "processor_ms_per_order": round(spent / len(placed), 2),
            "audit_ok": audited is not None,
        }

    # --- Preparing ---

    def _prepare(self, buyers: int) -> tuple[list[Any], Any]:
        """Offers, groups and funded buyers on the chain; the groups to order in, and one whose offer is scarce."""
        from pinlian.chain.keys import new_key
        from pinlian.chain.typed_data import hash_struct
        from pinlian.domain.group import Group
        from pinlian.domain.offer import Offer, Step, WindowKind
        from pinlian.relayer import facade as relayer

        merchant, leader = new_key("merchant"), new_key("leader")
        self._keys = [new_key(f"buyer-{number}") for number in range(buyers)]
        offers = [
            Offer(
                merchant=merchant.address,
                arbiter=leader.address,
                stock_cap=stock_cap,
                window_kind=WindowKind.NO_REASON,
                window_seconds=DAY_SECONDS,
                leader_bps=500,
                ladder=(Step(1, PRICE_MINOR), Step(1_000, PRICE_MINOR - 100)),
                payees=(),
                terms=secrets.token_bytes(32),
                salt=number,
            )
            for number, stock_cap in enumerate([*[10**9] * OFFERS, SCARCE_STOCK])
        ]
        now = int(time.time())
        identifiers = [hash_struct(offer) for offer in offers]
        self._stock = {_hex(identifier): offer.stock_cap for identifier, offer in zip(identifiers, offers, strict=True)}
        groups = [
            Group(
                offer=identifiers[OFFERS if number == GROUPS else number % OFFERS],
                leader=leader.address,
                units_min=1,
                closes_at=now + DAY_SECONDS,
                deliver_by=now + 2 * DAY_SECONDS,
                pickup=secrets.token_bytes(32),
                salt=number,
            )
            for number in range(GROUPS + 1)
        ]
        for number, key in enumerate(self._keys):
            relayer.top_up(_hex(key.address), BUYER_BALANCE_MINOR, f"bench-{number}")
        self._submit("offer", offers, merchant)
        self._wait_until(lambda: self._counted("OfferPublished") == len(offers))
        self._submit("group", groups, leader)
        self._wait_until(lambda: self._counted("GroupOpened") == len(groups))
        self._wait_until(lambda: self._counted("Deposited") == len(self._keys))
        return groups[:GROUPS], groups[GROUPS]

    def _submit(self, kind: str, messages: Sequence[Any], key: Any) -> None:
        from pinlian.chain.typed_data import message_json
        from pinlian.relayer import facade as relayer

        for message in messages:
            relayer.submit(kind, message_json(message), self._signature(message, key), signer=_hex(key.address))

    def _signature(self, message: Any, key: Any) -> str:
        from pinlian.chain.signatures import sign
        from pinlian.chain.typed_data import digest

        return _hex(sign(key.private_key, digest(message, self._separator)))

    @staticmethod
    def _counted(name: str) -> int:
        from pinlian.indexer.models import ChainEvent

        return ChainEvent.objects.filter(name=name).count()

    @staticmethod
    def _wait_until(holds: Any) -> None:
        deadline = time.monotonic() + INDEXED_SECONDS_MAX
        while not holds():
            if time.monotonic() > deadline:
                raise TimeoutError("the instance does not get on")
            time.sleep(0.05)

    def _sign(self, groups: Sequence[Any], count: int, *, seed: int, quantity: int | None = None) -> list[Prepared]:
        """Orders of all buyers in turn, over the groups in turn."""
        from pinlian.chain.typed_data import hash_struct, message_json
        from pinlian.domain.keccak import keccak256
        from pinlian.domain.order import Order

        identifiers = [hash_struct(group) for group in groups]
        prepared = []
        for number in range(count):
            buyer = number % len(self._keys)
            at = (number // len(self._keys) + number) % len(groups)
            key, nonce = self._keys[buyer], self._nonces[buyer]
            self._nonces[buyer] += 1
            units = quantity or 1 + number % 3
            salt, sealed = secrets.token_bytes(32), secrets.token_urlsafe(SEALED_CHARACTERS * 3 // 4)
            order = Order(
                group=identifiers[at],
                offer=groups[at].offer,
                quantity=units,
                amount=units * PRICE_MINOR,
                nonce=nonce,
                valid_until=groups[at].closes_at,
                details=keccak256(salt + sealed.encode()),
            )
            body = {
                "message": message_json(order),
                "signature": self._signature(order, key),
                "signer": _hex(key.address),
                "details": {"salt": _hex(salt), "sealed": sealed},
            }
            order_key = (_hex(identifiers[at]), _hex(key.address), nonce)
            prepared.append(Prepared(order_key, _hex(groups[at].offer), units, json.dumps(body)))
        return prepared

    # --- Measuring ---

    @staticmethod
    def _send(prepared: Sequence[Prepared], *, per_second: float | None) -> list[tuple[float, float, int]]:
        from django.conf import settings

        bodies = [order.body for order in prepared]
        return _generate_load(settings.PINLIAN_PORT, "/api/v1/orders", bodies, per_second)

    @staticmethod
    def _acknowledged(prepared: Sequence[Prepared], outcomes: Sequence[tuple[float, float, int]]) -> list[OrderKey]:
        accepted = {order.key for order, (_, _, status) in zip(prepared, outcomes, strict=True) if status == ACCEPTED}
        return list(accepted)

    def _wait_for(self, keys: Sequence[OrderKey]) -> float:
        """When the last of these orders was indexed; gives up on those that never are."""
        deadline = time.monotonic() + INDEXED_SECONDS_MAX
        missing = set(keys)
        while missing and time.monotonic() < deadline:
            missing = {key for key in missing if key not in self._watched.seen_at}
            time.sleep(POLL_SECONDS)
        return max(self._watched.seen_at[key] for key in keys if key in self._watched.seen_at)

    # --- Checking ---

    def _verdict(self, acknowledged: Sequence[OrderKey], sent: Sequence[Prepared]) -> dict[str, int]:
        """What the chain itself says of every order, whatever the read model tells."""
        from pinlian.config import wiring
        from pinlian.domain.chain_events import OrdersPlaced

        escrow = wiring.escrow()
        placed: Counter[OrderKey] = Counter()
        for event, _ in escrow.events(wiring.deployment().block, wiring.rpc().block_number()):
            if isinstance(event, OrdersPlaced):
                for run in event.runs_of_leaves():
                    placed.update((_hex(run.group), _hex(leaf.buyer), leaf.nonce) for leaf in run.leaves)
        units: dict[str, int] = defaultdict(int)
        for order in {order.key: order for order in sent}.values():
            units[order.offer] += order.quantity * placed[order.key]
        return {
            "lost": sum(1 for key in set(acknowledged) if placed[key] == 0),
            "doubled": sum(count - 1 for count in placed.values() if count > 1),
            "oversold": sum(max(0, units[offer] - stock) for offer, stock in self._stock.items()),
        }


def _mixed(orders: Sequence[Prepared], surplus: Sequence[Prepared]) -> list[Prepared]:
    """The surplus spread evenly among the orders, and some orders handed in a second time a little later."""
    mixed: list[Prepared] = []
    every = max(1, len(orders) // len(surplus))
    waiting = list(surplus)
    for number, order in enumerate(orders):
        mixed.append(order)
        if number % every == 0 and waiting:
            mixed.append(waiting.pop())
        if number % RESENT_SHARE == 0:
            mixed.append(orders[max(0, number - RESENT_SHARE)])
    return [*mixed, *waiting]


def _generate_load(
    port: int, path: str, bodies: Sequence[str], per_second: float | None
) -> list[tuple[float, float, int]]:
    plan = {"port": port, "path": path, "connections": CONNECTIONS, "per_second": per_second, "bodies": bodies}
    answer = subprocess.run(
        [sys.executable, "-m", "pinlian.cli.load_generator"],
        input=json.dumps(plan),
        capture_output=True,
        text=True,
        check=True,
    )
    return [(sent, at, status) for sent, at, status in json.loads(answer.stdout)]


def measure_peer(port: int, supervisor: Any) -> float:
    """Requests a second of the bare endpoint."""
    from pinlian.engine.instance import python
    from pinlian.engine.supervisor import CannotStart, Service, require_free_port

    def answers() -> bool:
        try:
            require_free_port(port, "peer")
        except CannotStart:
            return True
        return False

    with tempfile.TemporaryDirectory(prefix="pinlian-bench-peer-") as directory:
        service = Service("peer", python("pinlian.cli.bench_peer", str(port), directory), answers)
        supervisor.start(service, ready_seconds_max=30)
        try:
            bodies = [json.dumps({"sealed": secrets.token_urlsafe(SEALED_CHARACTERS)}) for _ in range(PEER_REQUESTS)]
            outcomes = _generate_load(port, "/keep", bodies, None)
        finally:
            supervisor.stop()
    if any(status != 201 for _, _, status in outcomes):
        raise RuntimeError("the peer did not answer every request")
    return len(outcomes) / (max(at for _, at, _ in outcomes) - min(sent for sent, _, _ in outcomes))


def _processor_ms() -> float:
    """What the instance's processes have used of the processors so far."""
    from django.conf import settings

    from pinlian.engine.supervisor import supervised

    ticks = 0
    for pid in supervised(settings.PINLIAN_HOME):
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
            ticks += int(fields[11]) + int(fields[12])
    return ticks * 1000 / os.sysconf("SC_CLK_TCK")


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _hex(value: bytes) -> str:
    return f"0x{value.hex()}"


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
