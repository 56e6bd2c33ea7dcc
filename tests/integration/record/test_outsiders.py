"""Who checks the record from outside finds every way to falsify it: witness, bundle, and which fact it was."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from django.test import Client
from pytest_django import Settings

from pinlian.chain.abi import account_word, events, word
from pinlian.chain.keys import key_from_bytes
from pinlian.chain.record_anchor import RecordAnchor
from pinlian.chain.transactions import Sender, created_contract
from pinlian.cli.verify import verify as verify_command
from pinlian.record import facade, heads, log
from pinlian.record.anchoring import Anchoring
from pinlian.record.checkpoint import CheckpointBody
from pinlian.record.fact import FactDomain, leaf, leaf_hash, sign
from pinlian.record.identity import log_signer
from pinlian.record.log_client import LogClient
from pinlian.record.models import Entry, Head, Tile
from pinlian.record.note import Algorithm, Signer, signed_note
from pinlian.record.policy import parse_policy, policy_of
from pinlian.record.verify import Anchor, Bundle, ProvenFact, Report, State, Trust, TrustedHead, verify
from pinlian.record.witness_home import WitnessHome
from pinlian.record.witness_server import WitnessServer
from pinlian.record.witnessed_log import Answer, LogMisbehaved, WitnessedLog
from pinlian.record.witnessing import PAUSE_SECONDS, Witnessing
from tests.integration.record.test_log import FARMER, note
from tests.integration.town import Town

pytestmark = pytest.mark.django_db(databases=["default", "journal", "record"])

NOBODY_WAITS = 0
STRANGER = key_from_bytes("stranger", b"\x33" * 32)


class LogOfViews(LogClient):
    """The log as the pages of this very process serve it."""

    def __init__(self) -> None:
        super().__init__("http://testserver/record")
        self._pages = Client()

    def _ask(self, path: str) -> bytes | None:
        answer = self._pages.get(f"/record/{path}")
        return None if answer.status_code == 404 else answer.content


class Clock:
    """Seconds, moved by the test."""

    now = 1_780_000_000.0

    def __call__(self) -> float:
        return self.now


class Outsider:
    """A witness that answers at an address, until it is stopped."""

    def __init__(self, number: int, folder: Path) -> None:
        self.signer = Signer(f"witness.example/{number}", Algorithm.COSIGNATURE_V1, bytes([number]) * 32)
        self._home = WitnessHome(folder / str(number))
        self.watched = WitnessedLog(
            self.signer,
            log_signer().verifier,
            self._home,
            now=lambda: 1_780_000_000,
            on_alarm=lambda: None,
            patience_seconds=NOBODY_WAITS,
        )
        self._server = WitnessServer("127.0.0.1", 0, self.watched, self.signer.verifier)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        if self._thread.is_alive():
            self._server.shutdown()
            self._thread.join()
            self._server.server_close()
            self._home.close()

    def look(self) -> None:
        """Follow and read everything once."""
        with LogOfViews() as client:
            self.watched.follow(client)
            while self.watched.patrol(client):
                pass


@pytest.fixture
def outsiders(record: None, tmp_path: Path) -> Iterator[list[Outsider]]:
    with ExitStack() as opened:
        found = [Outsider(number, tmp_path / "witnesses") for number in (1, 2)]
        for outsider in found:
            opened.callback(outsider.stop)
        yield found


def policy_text(outsiders: list[Outsider], needed: str) -> str:
    lines = [f"witness w{at} {it.signer.verifier.vkey} {it.url}\n" for at, it in enumerate(outsiders)]
    return "".join(lines) + f"group all {needed} {' '.join(f'w{at}' for at, _ in enumerate(outsiders))}\nquorum all\n"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def witnessing(outsiders: list[Outsider], clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Witnessing:
    # A witness writes to a disk that may be busy before it answers.
    monkeypatch.setattr("pinlian.record.witnessing.TIMEOUT_SECONDS", 60.0)
    return Witnessing(parse_policy(policy_text(outsiders, "all")), log_signer().verifier, clock=clock)


def keep(count: int) -> heads.Head:
    """So many facts in all, under a signed head."""
    facade.append([note(number) for number in range(facade.size(), count)])
    heads.sign_head()
    return facade.head()


def proof(*indices: int, head_size: int | None = None) -> Bundle:
    query = "&".join([f"index={index}" for index in indices] + ([f"head_size={head_size}"] if head_size else []))
    answer = Client().get(f"/api/v1/record/bundle?{query}")
    assert answer.status_code == 200, answer.content
    return Bundle.parse(answer.content)


def checked(bundle: Bundle, outsiders: list[Outsider], head: heads.Head | None = None) -> Report:
    """What a farmer's neighbour finds who trusts these witnesses, and perhaps a head known from before."""
    trusted = (TrustedHead(head.size, head.root, "before"),) if head else ()
    witnesses = policy_of([outsider.signer.verifier for outsider in outsiders])
    return verify(bundle, Trust(trusted, log_signer().verifier, witnesses, {f"0x{FARMER.address.hex()}": "farmer"}))


def states(report: Report) -> list[State]:
    return [fact.state for fact in report.facts]


def falsified_leaf(index: int) -> bytes:
    leaf = facade.fact_at(index).leaf
    return leaf.replace(b'"number":%d' % index, b'"number":%d' % (index + 90))


def rewrite(leaves: list[bytes]) -> None:
    """Make the whole log anew of other leaves: entries, tree, and a head that the log signs."""
    for model in (Entry, Tile, Head):
        model.objects.all().delete()
    log.append(leaves)
    heads.sign_head()


# --- The quorum ---


def test_witness_step__all_cosign__facts_are_verified(outsiders: list[Outsider], witnessing: Witnessing) -> None:
    for count in (3, 300):
        keep(count)
        assert not facade.head().witnessed
        assert witnessing.step()
        assert facade.head().witnessed
        assert not witnessing.step()
    assert states(checked(proof(0, 2, 299), outsiders)) == [State.VERIFIED] * 3
    for outsider in outsiders:
        outsider.look()
        assert outsider.watched.alarm is None


def test_witness_step__one_is_away__is_asked_again_later(
    outsiders: list[Outsider], witnessing: Witnessing, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(3)
    monkeypatch.setattr(outsiders[1].watched, "add_checkpoint", lambda text: Answer(503, "back soon"))
    assert witnessing.step()
    assert not facade.head().witnessed
    assert states(checked(proof(0), outsiders)) == [State.NOT_ANCHORED]
    assert states(checked(proof(0), outsiders[:1])) == [State.VERIFIED]
    monkeypatch.undo()
    clock.now += PAUSE_SECONDS - 1
    assert not witnessing.step()
    clock.now += 1
    assert witnessing.step()
    assert states(checked(proof(0), outsiders)) == [State.VERIFIED]


@pytest.mark.usefixtures("record")
def test_witness_step__no_policy__needs_nobody() -> None:
    witnessing = Witnessing(parse_policy("quorum none\n"), log_signer().verifier)
    keep(3)
    assert not witnessing.step()
    assert heads.newest().witnessed


@pytest.mark.usefixtures("record")
def test_log__address_of_the_instance_changed__keeps_its_name(settings: Settings) -> None:
    keep(3)
    key = log_signer().verifier
    settings.PINLIAN_ORIGIN = "https://moved.example"
    keep(5)
    for bundle in (proof(0), proof(4)):
        assert states(verify(bundle, Trust(log=key, authors={f"0x{FARMER.address.hex()}": "farmer"}))) == [
            State.VERIFIED
        ]
    assert log_signer().verifier == key


# --- Falsified ---


def test_outsiders__one_fact_altered__is_named_by_all(outsiders: list[Outsider], witnessing: Witnessing) -> None:
    keep(20)
    witnessing.step()
    outsiders[0].look()
    Entry.objects.filter(index=7).update(leaf=falsified_leaf(7))
    assert states(checked(proof(6, 7, 8), outsiders)) == [State.VERIFIED, State.ALTERED, State.VERIFIED]
    with pytest.raises(LogMisbehaved, match=r"^a recorded fact was altered or dropped: fact 7$"):
        outsiders[0].look()


def test_outsiders__one_fact_dropped__is_named_by_all(outsiders: list[Outsider], witnessing: Witnessing) -> None:
    keep(20)
    witnessing.step()
    outsiders[0].look()
    Entry.objects.filter(index=7).delete()
    report = checked(proof(6, 7, 8), outsiders)
    assert states(report) == [State.VERIFIED, State.ALTERED, State.VERIFIED]
    assert "not a fact" in report.facts[1].problems[0]
    with pytest.raises(LogMisbehaved, match=r"^a recorded fact was altered or dropped: fact 7$"):
        outsiders[0].look()


def test_outsiders__log_rewritten_at_the_same_size__is_caught(
    outsiders: list[Outsider], witnessing: Witnessing, caplog: pytest.LogCaptureFixture
) -> None:
    before = keep(20)
    witnessing.step()
    outsiders[0].look()
    leaves = [stored.leaf for stored in facade.facts_from(0, 20)]
    rewrite([*leaves[:7], falsified_leaf(7), *leaves[8:]])
    assert facade.head().size == before.size
    report = checked(proof(6, 7), outsiders, before)
    assert states(report) == [State.ALTERED] * 2
    assert "of another history" in report.facts[0].problems[0]
    assert "the signature is not that of the author" in report.facts[1].problems
    with pytest.raises(LogMisbehaved, match=r"^the log was rewritten: fact 7$"):
        outsiders[0].look()
    assert not witnessing.step()
    assert "this record was rewritten" in caplog.text


def test_outsiders__leaf_dropped_and_the_log_grown_again__is_caught(
    outsiders: list[Outsider], witnessing: Witnessing
) -> None:
    before = keep(20)
    witnessing.step()
    outsiders[0].look()
    leaves = [stored.leaf for stored in facade.facts_from(0, 20)]
    rewrite([*leaves[:7], *leaves[8:]])
    keep(30)
    assert states(checked(proof(6), outsiders, before)) == [State.NOT_ANCHORED]
    with pytest.raises(LogMisbehaved, match=r"^the log was rewritten: fact 7$"):
        outsiders[0].look()
    assert not witnessing.step()
    assert not facade.head().witnessed


def test_outsiders__shrunk_log__is_caught(
    outsiders: list[Outsider], witnessing: Witnessing, caplog: pytest.LogCaptureFixture
) -> None:
    before = keep(20)
    witnessing.step()
    leaves = [stored.leaf for stored in facade.facts_from(0, 17)]
    rewrite(leaves)
    fresh = Trust((TrustedHead(before.size, before.root, "before"),), log_signer().verifier, is_fresh=True)
    report = verify(proof(6), fresh)
    assert states(report) == [State.ALTERED]
    assert report.facts[0].problems == ("the log has only 17 facts left of the head of 20 facts from before",)
    assert not witnessing.step()
    assert "it has cosigned 20 facts, and this record has 17: facts were lost" in caplog.text
    with pytest.raises(LogMisbehaved, match=r"^the log shrank: facts 17 to 19$"):
        outsiders[0].look()


def test_outsiders__view_for_the_witness_alone__is_caught(outsiders: list[Outsider], witnessing: Witnessing) -> None:
    keep(20)
    leaves = [stored.leaf for stored in facade.facts_from(0, 20)]
    rewrite([*leaves[:18], falsified_leaf(18), leaves[19]])
    witnessing.step()
    shown_to_witness = facade.head()
    assert shown_to_witness.witnessed
    rewrite(leaves)
    public = proof(3, 18)
    assert states(checked(public, outsiders)) == [State.NOT_ANCHORED] * 2
    assert states(checked(public, outsiders, shown_to_witness)) == [State.ALTERED] * 2
    with pytest.raises(LogMisbehaved, match=r"^the log signed two histories: facts 0 to 19$"):
        outsiders[0].look()


# --- The chain ---


@contextmanager
def as_file(folder: Path, bundle: Bundle) -> Iterator[str]:
    path = folder / "lot.proof.json"
    path.write_text(json.dumps(bundle.as_json()))
    yield str(path)


@pytest.fixture
def anchored(town: Town, settings: Any, tmp_path: Path) -> Callable[[int], heads.Head]:
    """Keeps so many facts in all and has their head on the chain."""
    settings.PINLIAN_HOME = tmp_path
    assert town.deployment.record_anchor is not None
    town.node.fund(facade.keeper().address)
    contract = RecordAnchor(town.rpc, town.deployment.record_anchor)
    witnessing = Witnessing(parse_policy("quorum none\n"), log_signer().verifier)

    def anchored(count: int) -> heads.Head:
        keep(count)
        witnessing.step()
        anchoring = Anchoring(contract, Sender(contract.rpc, facade.keeper()), interval_seconds=0)
        while anchoring.step():
            pass
        return facade.head()

    return anchored


def test_verify__head_from_the_chain__is_enough(
    anchored: Callable[[int], heads.Head], town: Town, tmp_path: Path
) -> None:
    assert anchored(5).anchored_block is not None
    anchored(12)
    author = f"--author=0x{FARMER.address.hex()}=farmer"
    keeper = f"0x{facade.keeper().address.hex()}"
    with as_file(tmp_path, proof(0, 11)) as file:
        done = CliRunner().invoke(verify_command, [file, "--rpc", town.node.rpc_url, "--anchored-by", keeper, author])
        assert (done.exit_code, done.stderr) == (0, "")
        assert "2 of 2 facts verified" in done.stdout
        other = CliRunner().invoke(
            verify_command, [file, "--rpc", town.node.rpc_url, "--anchored-by", f"0x{'11' * 20}", author]
        )
        assert other.exit_code == 1
        assert "not by 0x1111" in other.stdout
    with as_file(tmp_path, proof(3, head_size=5)) as file:
        older = CliRunner().invoke(
            verify_command, [file, "--rpc", town.node.rpc_url, "--anchored-by", keeper, author, "--json"]
        )
        assert json.loads(older.stdout)["ok"]


@pytest.mark.usefixtures("record")
def test_verify__contract_that_lies_in_the_keepers_name__is_not_believed(town: Town, tmp_path: Path) -> None:
    keeper = facade.keeper().address
    town.node.fund(STRANGER.address)
    liar = Sender(town.rpc, STRANGER)
    contract = created_contract(STRANGER.address, town.rpc.transaction_count(STRANGER.address))
    domain = FactDomain(town.deployment.chain_id, contract)
    written = leaf(sign(STRANGER, "note", 7, {"said by": "the farm"}, domain))
    body = CheckpointBody("log.example", 1, leaf_hash(written))
    (topic,) = events("RecordAnchor")
    made = liar.call(None, contract_that_logs([topic, account_word(keeper)], word(body.size) + body.root))
    told = liar.call(contract, b"")
    assert made.contract == contract
    forged = Bundle(
        domain,
        signed_note(body.text, Signer("log.example", Algorithm.ED25519, bytes(32))),
        Anchor(domain.chain_id, contract, keeper, told.block_number, body.size, body.root),
        (),
        (ProvenFact(0, written.decode(), ()),),
        {f"0x{STRANGER.address.hex()}": "the farm"},
    )
    with as_file(tmp_path, forged) as file:
        done = CliRunner().invoke(
            verify_command, [file, "--rpc", town.node.rpc_url, "--anchored-by", f"0x{keeper.hex()}"]
        )
    assert done.exit_code == 1
    assert f"0x{contract.hex()} is no RecordAnchor" in done.stdout


def contract_that_logs(topics: Sequence[bytes], data: bytes) -> bytes:
    """What makes a contract that logs this whenever it is called."""
    pushed = b"".join(b"\x7f" + topic for topic in reversed(topics))
    words = [data[at : at + 32] for at in range(0, len(data), 32)]
    stored = b"".join(b"\x7f" + word + b"\x60" + bytes([32 * at]) + b"\x52" for at, word in enumerate(words))
    code = stored + pushed + b"\x60" + bytes([len(data)]) + b"\x60\x00" + bytes([0xA0 + len(topics)]) + b"\x00"
    return b"\x61" + len(code).to_bytes(2, "big") + b"\x80\x60\x0a\x5f\x39\x5f\xf3" + code


def test_verify__fact_later_than_the_chain_and_false_anchor__are_told(
    anchored: Callable[[int], heads.Head], town: Town, tmp_path: Path
) -> None:
    anchored(5)
    keep(8)
    author = f"--author=0x{FARMER.address.hex()}=farmer"
    with as_file(tmp_path, proof(4, 7)) as file:
        keeper = f"--anchored-by=0x{facade.keeper().address.hex()}"
        done = CliRunner().invoke(verify_command, [file, "--rpc", town.node.rpc_url, keeper, author, "--json"])
        assert [fact["state"] for fact in json.loads(done.stdout)["facts"]] == ["verified", "not_anchored"]
    Head.objects.filter(anchored_block__isnull=False).update(anchored_block=1)
    with as_file(tmp_path, proof(4)) as file:
        done = CliRunner().invoke(verify_command, [file, "--rpc", town.node.rpc_url, keeper, author])
        assert done.exit_code == 1
        assert "block 1 has no head of 5 facts" in done.stdout


def test_bundle__head_that_is_not_on_the_chain__is_refused(anchored: Callable[[int], heads.Head]) -> None:
    anchored(5)
    for query in ("index=2&head_size=4", "index=2&head_size=900", "index=900"):
        answer = Client().get(f"/api/v1/record/bundle?{query}")
        assert answer.status_code == 404
        assert answer.json()["refusal"] == "FACT_UNKNOWN"


@pytest.mark.usefixtures("record")
def test_bundle__keeper_and_stranger__are_told_apart() -> None:
    facade.append([note(1, STRANGER)])
    facade.state("note", 1, {})
    heads.sign_head()
    report = verify(proof(0, 1), Trust(log=log_signer().verifier))
    assert states(report) == [State.AUTHOR_UNKNOWN, State.VERIFIED]
    assert report.facts[1].author_name == log_signer().name
