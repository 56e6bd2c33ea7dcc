"""A whole instance under kill -9: buyers order and farmers state facts over HTTP while its processes are killed again
and again. A witness of the record runs beside, and somebody keeps every head that is served.

    PINLIAN_HOME=… PINLIAN_PORT=… PINLIAN_NODE_PORT=… python -m tests.simulation.storm SEED

The seed decides who is killed and when, and what is ordered; the system's own timing is what it is. Prints an object:
what happened, and everything that must not have. It needs a home of its own, without an instance in it.
"""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import django
import httpx
import rfc8785

BUYERS = 12
GROUPS = 6
ORDERS = 360
"""Thirty a buyer, below the 64 nonces that an account may use ahead."""
CLIENTS = 6
ORDERS_PER_SECOND = 20
LOTS = 60
"""Each is two facts: what the lot is, and that it was harvested."""
FACT_CLIENTS = 2
FACTS_PER_SECOND = 10
HEADS_PER_SECOND = 5
KILLS = 8
PAUSE_SECONDS = (0.2, 3.0)
"""Between kills, shortest and longest."""
VICTIMS = ("node", "anvil", "engine", "web", "up")
"""The processes of an instance, by the names that `_processes` finds in their command lines."""
PRICE = 1_000
BALANCE = 1_000_000
DAY = 86_400
ACCEPTED, CREATED = 202, 201
GTIN, FARM = "09521234000013", "9521234000006"
READY_SECONDS_MAX = 300
STEP_SECONDS_MAX = 300

OrderKey = tuple[bytes, bytes, int]
"""Group, buyer, nonce."""


@dataclass(frozen=True)
class Prepared:
    """A signed order as the API takes it."""

    key: OrderKey
    body: dict[str, Any]


@dataclass
class Intake:
    """What the clients were told."""

    acknowledged: list[OrderKey] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    resent: int = 0
    """Requests that got no answer and were sent again."""


@dataclass
class Stated:
    """What the farmers were told."""

    indices: dict[bytes, set[int]] = field(default_factory=dict)
    """By leaf; a fact that is handed in twice must get one place."""
    refused: list[str] = field(default_factory=list)


class Storm:
    def __init__(self, seed: int, home: Path, port: int) -> None:
        self._chance = random.Random(seed)
        self._home = home
        self._address = f"http://127.0.0.1:{port}"
        self._up: subprocess.Popen[bytes] | None = None
        self._kills: list[str] = []
        self._witness: subprocess.Popen[str] | None = None
        self._witness_address = ""
        self._notes: set[str] = set()
        """Every checkpoint that the log served."""

    def run(self) -> dict[str, Any]:
        log = (self._home / "storm.log").open("ab")
        try:
            self._start(log)
            self._start_witness()
            prepared, facts = self._prepare(), self._prepare_facts()
            intake, stated, is_over = Intake(), Stated(), threading.Event()
            clients = [
                threading.Thread(target=self._order, args=(prepared[number::CLIENTS], intake), daemon=True)
                for number in range(CLIENTS)
            ]
            clients += [
                threading.Thread(target=self._state, args=(facts[number::FACT_CLIENTS], stated), daemon=True)
                for number in range(FACT_CLIENTS)
            ]
            watcher = threading.Thread(target=self._watch, args=(is_over,), daemon=True)
            for client in (*clients, watcher):
                client.start()
            for _ in range(KILLS):
                time.sleep(self._chance.uniform(*PAUSE_SECONDS))
                self._kill(self._chance.choice(VICTIMS), log)
            for client in clients:
                client.join()
            verdict = self._verdict(prepared, intake)
            _wait_until(self._is_vouched_for, STEP_SECONDS_MAX, "witness and chain have every fact")
            is_over.set()
            watcher.join()
            return verdict | {"record": self._verdict_on_record(facts, stated)}
        finally:
            if self._witness is not None:
                self._witness.kill()
                self._witness.wait()
            if self._up is not None:
                self._up.send_signal(signal.SIGTERM)
                self._up.wait(STEP_SECONDS_MAX)
            log.close()

    # --- processes ---

    def _start(self, log: Any) -> None:
        self._up = subprocess.Popen(
            [sys.executable, "-m", "pinlian", "up", "--no-demo"], stdout=log, stderr=log, start_new_session=True
        )
        _wait_until(self._answers, READY_SECONDS_MAX, "the instance answers")

    def _start_witness(self) -> None:
        """Somebody else's, who must have cosigned before a fact is verified."""
        from pinlian.record.identity import log_signer
        from pinlian.record.witnessing import policy_path

        command = [
            *(sys.executable, "-m", "pinlian", "witness", "--home", str(self._home / "storm-witness")),
            *("--log", f"{self._address}/record", "--log-key", log_signer().verifier.vkey),
            *("--port", "0", "--every", "0.2"),
        ]
        self._witness = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
        if self._witness.stderr is None:
            raise RuntimeError("the witness says nothing")
        _, vkey, _, self._witness_address = self._witness.stderr.readline().split()
        threading.Thread(target=self._witness.stderr.read, daemon=True).start()
        policy = policy_path(self._home)
        policy.parent.mkdir(exist_ok=True)
        policy.write_text(f"witness beside {vkey} {self._witness_address}\nquorum beside\n")

    def _answers(self) -> bool:
        try:
            return httpx.get(self._address, timeout=10, follow_redirects=True).is_success
        except httpx.HTTPError:
            return False

    def _processes(self) -> dict[int, str]:
        """The supervised processes of this home, and which they are."""
        from pinlian.engine.supervisor import MARK

        found = {}
        for entry in Path("/proc").glob("[0-9]*"):
            try:
                environment = (entry / "environ").read_bytes().split(b"\0")
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"{MARK}={self._home}".encode() in environment:
                names = (
                    name for name in VICTIMS if (name == "anvil" and "/anvil" in command) or f"run_{name}" in command
                )
                found[int(entry.name)] = next(names, "other")
        return found

    def _kill(self, victim: str, log: Any) -> None:
        """kill -9; `up` takes everything with it, and is started again as its user would."""
        if victim == "up":
            if self._up is None:
                raise RuntimeError("the instance was never started")
            self._up.kill()
            self._up.wait()
            self._start(log)
        else:
            pids = [pid for pid, name in self._processes().items() if name == victim]
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    continue
            if not pids:
                victim = f"{victim} (was down)"
        self._kills.append(victim)

    # --- people ---

    def _prepare(self) -> list[Prepared]:
        from pinlian.chain.keys import new_key
        from pinlian.chain.rpc import to_hex
        from pinlian.chain.signatures import sign
        from pinlian.chain.typed_data import digest, hash_struct, message_json
        from pinlian.config import wiring
        from pinlian.domain.group import Group
        from pinlian.domain.keccak import keccak256
        from pinlian.domain.offer import Offer, Step, WindowKind
        from pinlian.domain.order import Order
        from pinlian.indexer.models import ChainEvent
        from pinlian.relayer import facade as relayer

        separator = wiring.escrow().domain_separator()
        merchant, leader = new_key("merchant"), new_key("leader")
        buyers = [new_key(f"buyer-{number}") for number in range(BUYERS)]

        def submit(kind: str, message: Any, key: Any) -> None:
            signature = to_hex(sign(key.private_key, digest(message, separator)))
            relayer.submit(kind, message_json(message), signature, signer=to_hex(key.address))

        def count(name: str) -> int:
            return ChainEvent.objects.filter(name=name).count()

        offer = Offer(
            merchant=merchant.address,
            arbiter=leader.address,
            stock_cap=10 * ORDERS,
            window_kind=WindowKind.NO_REASON,
            window_seconds=DAY,
            leader_bps=500,
            ladder=(Step(1, PRICE), Step(100, PRICE - 50)),
            payees=(),
            terms=bytes(32),
            salt=0,
        )
        now = int(time.time())
        groups = [
            Group(hash_struct(offer), leader.address, 1, now + DAY, now + 2 * DAY, bytes(32), salt)
            for salt in range(GROUPS)
        ]
        for number, buyer in enumerate(buyers):
            relayer.top_up(to_hex(buyer.address), BALANCE, f"storm-{number}")
        submit("offer", offer, merchant)
        _wait_until(lambda: count("OfferPublished") == 1, STEP_SECONDS_MAX, "the offer is published")
        for group in groups:
            submit("group", group, leader)
        _wait_until(lambda: count("GroupOpened") == GROUPS, STEP_SECONDS_MAX, "the groups are open")
        _wait_until(lambda: count("Deposited") == BUYERS, STEP_SECONDS_MAX, "the buyers have money")

        prepared = []
        for number in range(ORDERS):
            buyer, group, units = buyers[number % BUYERS], self._chance.choice(groups), self._chance.randint(1, 3)
            salt, sealed = self._chance.randbytes(32), self._chance.randbytes(300).hex()
            order = Order(
                group=hash_struct(group),
                offer=group.offer,
                quantity=units,
                amount=units * PRICE,
                nonce=number // BUYERS,
                valid_until=group.closes_at,
                details=keccak256(salt + sealed.encode()),
            )
            body = {
                "message": message_json(order),
                "signature": to_hex(sign(buyer.private_key, digest(order, separator))),
                "signer": to_hex(buyer.address),
                "details": {"salt": to_hex(salt), "sealed": sealed},
            }
            prepared.append(Prepared((order.group, buyer.address, order.nonce), body))
        return prepared

    def _prepare_facts(self) -> list[Any]:
        """Lots and their harvests, signed on farmers' telephones; every fourth fact is handed in twice."""
        from pinlian.apps.capture import facade as capture
        from pinlian.apps.epcis import facade as epcis
        from pinlian.apps.trace import facade as trace
        from pinlian.chain.keys import new_key
        from pinlian.chain.rpc import to_hex
        from pinlian.gs1.epc import lot_epc
        from pinlian.record import facade as record

        farmer, now = new_key("farmer"), int(time.time())
        facts = []
        for number in range(LOTS):
            lot = capture.Amount(lot_epc(GTIN, f"STORM{number}"), Decimal(self._chance.randint(1, 500)), "KGM")
            harvest = capture.harvested(lot, capture.Scene(datetime.fromtimestamp(now, UTC), FARM))
            bodies = {
                "lot": trace.lot_body(lot.epc, name=f"lot {number}"),
                "epcis_event": epcis.fact_body(harvest, capturer=to_hex(farmer.address)),
            }
            facts += [record.sign(farmer, kind, now, body, record.domain()) for kind, body in bodies.items()]
        twice = facts + facts[::4]
        self._chance.shuffle(twice)
        return twice

    def _state(self, facts: Sequence[Any], stated: Stated) -> None:
        """One client: as _order."""
        with httpx.Client(base_url=self._address, timeout=10) as client:
            for fact in facts:
                leaf = rfc8785.dumps(asdict(fact))
                began = time.monotonic()
                while True:
                    try:
                        answer = client.post("/api/v1/record/facts", json=asdict(fact))
                    except httpx.HTTPError:
                        answer = None
                    if answer is not None and answer.status_code == CREATED:
                        stated.indices.setdefault(leaf, set()).add(answer.json()["index"])
                        break
                    if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                        stated.refused.append(answer.text)
                        break
                    time.sleep(0.2)
                time.sleep(max(0.0, FACT_CLIENTS / FACTS_PER_SECOND - (time.monotonic() - began)))

    def _watch(self, is_over: threading.Event) -> None:
        """Somebody who does not trust the log keeps whatever head it serves."""
        with httpx.Client(base_url=self._address, timeout=10) as client:
            while not is_over.wait(1 / HEADS_PER_SECOND):
                with contextlib.suppress(httpx.HTTPError):
                    answer = client.get("/record/checkpoint")
                    if answer.is_success:
                        self._notes.add(answer.text)

    def _order(self, orders: Sequence[Prepared], intake: Intake) -> None:
        """One client: it sends an order again until it is answered, as a telephone with a bad line does."""
        with httpx.Client(base_url=self._address, timeout=10) as client:
            for order in orders:
                while True:
                    began = time.monotonic()
                    try:
                        answer = client.post("/api/v1/orders", json=order.body)
                    except httpx.HTTPError:
                        answer = None
                    if answer is not None and answer.status_code == ACCEPTED:
                        intake.acknowledged.append(order.key)
                        break
                    if answer is not None and answer.status_code < 500 and answer.status_code != 429:
                        intake.refused.append(answer.text)
                        break
                    intake.resent += 1
                    time.sleep(0.2)
                time.sleep(max(0.0, CLIENTS / ORDERS_PER_SECOND - (time.monotonic() - began)))

    # --- judging ---

    def _verdict(self, prepared: Sequence[Prepared], intake: Intake) -> dict[str, Any]:
        """By the chain alone, whatever the instance says; and by the instance's own audit."""
        wanted = set(intake.acknowledged)
        placed: Counter[OrderKey] = Counter()

        def are_all_placed() -> bool:
            placed.clear()
            placed.update(self._placed())
            return wanted <= placed.keys()

        with contextlib.suppress(TimeoutError):
            _wait_until(are_all_placed, STEP_SECONDS_MAX, "every acknowledged order is on the chain")
        _wait_until(self._is_indexed, STEP_SECONDS_MAX, "the read model is as far as the chain")
        audit = subprocess.run(
            [sys.executable, "-m", "pinlian", "audit", "--json"], capture_output=True, text=True, check=False
        )
        report = json.loads(audit.stdout) if audit.stdout else {"ok": False, "differences": [audit.stderr]}
        known = {order.key for order in prepared}
        return {
            "kills": self._kills,
            "acknowledged": len(intake.acknowledged),
            "unanswered": len(known - wanted) - len(intake.refused),
            "resent": intake.resent,
            "refused": intake.refused,
            "lost": len(wanted - placed.keys()),
            "doubled": sum(times > 1 for times in placed.values()),
            "invented": len(placed.keys() - known),
            "audit_ok": report["ok"],
            "differences": report["differences"],
        }

    def _verdict_on_record(self, facts: Sequence[Any], stated: Stated) -> dict[str, Any]:
        """By what the log serves to strangers: leaves and heads. `wrong` has everything that must not have happened."""
        from pinlian.record.checkpoint import CheckpointBody, open_checkpoint
        from pinlian.record.identity import log_signer
        from pinlian.record.log_client import LogClient
        from pinlian.record.note import NoteError
        from pinlian.record.tiles import TILE_WIDTH
        from pinlian.record.tree import leaf_hash
        from pinlian.record.witness import Mirror

        log_key = log_signer().verifier
        with LogClient(f"{self._address}/record") as log:
            self._notes.add(log.checkpoint())
            size = open_checkpoint(log.checkpoint(), log_key).body.size
            leaves = [leaf for number in range(-(-size // TILE_WIDTH)) for leaf in log.entries(number, size)]
        mirror = Mirror(map(leaf_hash, leaves))

        def wrong() -> Iterator[str]:
            yield from (f"refused: {text}" for text in stated.refused)
            if unanswered := {rfc8785.dumps(asdict(fact)) for fact in facts} - stated.indices.keys():
                yield f"a client ended before {len(unanswered)} of its facts"
            for leaf, told in stated.indices.items():
                found = [index for index, served in enumerate(leaves) if served == leaf]
                if len(found) != 1 or told != set(found):
                    yield f"acknowledged at {sorted(told)}, served at {found}: {leaf[:200]!r}"
            for note in self._notes:
                try:
                    body = open_checkpoint(note, log_key).body
                except NoteError as error:
                    yield f"a head that the log did not sign ({error}): {note!r}"
                    continue
                if body.size > size or not Mirror(map(leaf_hash, leaves[: body.size])).leads_to(body):
                    yield f"a head of {body.size} facts that the log does not have: {note!r}"
            if self._witness is None or self._witness.poll() is not None:
                yield "the witness has ended"
            if (self._home / "storm-witness" / "evidence.json").exists():
                yield "the witness has raised its alarm"
            witnessed = CheckpointBody.parse(
                httpx.get(f"{self._witness_address}checkpoint", timeout=STEP_SECONDS_MAX).text.split("\n\n")[0] + "\n"
            )
            if witnessed.size != size or not mirror.leads_to(witnessed):
                yield f"the witness knows another head, of {witnessed.size} facts"

        return {"stated": len(stated.indices), "heads": len(self._notes), "size": size, "wrong": list(wrong())}

    def _is_vouched_for(self) -> bool:
        from pinlian.record import facade as record

        health = record.health()
        return health.facts == health.followed == health.witnessed_size == health.anchored_size

    def _placed(self) -> list[OrderKey]:
        from pinlian.chain.rpc import RpcError
        from pinlian.config import wiring
        from pinlian.domain.chain_events import OrdersPlaced

        keys = []
        try:
            for event, _ in wiring.escrow().events(wiring.deployment().block, wiring.rpc().block_number()):
                if isinstance(event, OrdersPlaced):
                    keys += [
                        (run.group, leaf.buyer, leaf.nonce) for run in event.runs_of_leaves() for leaf in run.leaves
                    ]
        except RpcError:
            return []
        return keys

    def _is_indexed(self) -> bool:
        from pinlian.chain.rpc import RpcError
        from pinlian.config import wiring
        from pinlian.indexer import facade as indexer

        state = indexer.state()
        try:
            return state is not None and state.block_number == wiring.rpc().block_number()
        except RpcError:
            return False


def _wait_until(holds: Callable[[], bool], seconds_max: float, what: str) -> None:
    deadline = time.monotonic() + seconds_max
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not after {seconds_max} s: {what}")
        time.sleep(0.1)


def main(seed: int) -> None:
    django.setup()
    from django.conf import settings

    sys.stdout.write(json.dumps(Storm(seed, settings.PINLIAN_HOME, settings.PINLIAN_PORT).run()))


if __name__ == "__main__":
    main(int(sys.argv[1]))
