"""A witness cosigns a log that only grows, and keeps proof against one that does anything else."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pinlian.record.checkpoint import open_checkpoint
from pinlian.record.log_client import ANSWER_BYTES_MAX, LogClient, LogUnreachable, tile_number
from pinlian.record.note import NoteError, Signer
from pinlian.record.witness_home import HomeInUse, WitnessHome
from pinlian.record.witnessed_log import LogMisbehaved, WitnessedLog
from tests.unit.record.paper_log import LOG, ORIGIN, WITNESS, PaperLog, served

LEAVES = [f"fact {number}".encode() for number in range(600)]
PATIENCE_SECONDS = 60


class Clock:
    """Unix seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_760_000_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def watch(tmp_path: Path, clock: Clock) -> Callable[[WitnessHome], WitnessedLog]:
    def watch(home: WitnessHome) -> WitnessedLog:
        return WitnessedLog(
            WITNESS, LOG.verifier, home, now=clock, on_alarm=lambda: None, patience_seconds=PATIENCE_SECONDS
        )

    return watch


Watch = Callable[[WitnessHome], WitnessedLog]


def evidence(folder: Path) -> list[str]:
    """The heads that are kept as evidence, each checked to be signed by the log."""
    notes: list[str] = json.loads((folder / "evidence.json").read_text())["notes"]
    for note in notes:
        open_checkpoint(note, LOG.verifier)
    return notes


# --- Requests of the log ---


def test_add_checkpoint__log_that_grows__is_cosigned_and_kept(tmp_path: Path, watch: Watch, clock: Clock) -> None:
    log = PaperLog(LEAVES)
    with WitnessHome(tmp_path) as home:
        watched = watch(home)
        for old_size, size in [(0, 5), (5, 5), (5, 256), (256, 257), (257, 600)]:
            answer = watched.add_checkpoint(log.request(old_size, size))
            assert answer.status == 200
            found = open_checkpoint(log.checkpoint(size) + answer.text, LOG.verifier, [WITNESS.verifier])
            assert [signature.time for signature in found.cosignatures] == [clock.now]
            kept = open_checkpoint((tmp_path / "checkpoint").read_text(), LOG.verifier, [WITNESS.verifier])
            assert kept.body == log.body(size)
    with WitnessHome(tmp_path) as home:
        again = watch(home).add_checkpoint(log.request(257, 600))
    assert (again.status, again.text, again.content_type) == (409, "600\n", "text/x.tlog.size")


@pytest.mark.parametrize(
    ("request_text", "status", "why"),
    [
        ("nonsense", 400, "expected a line"),
        ("old 05\n\n" + PaperLog(LEAVES).checkpoint(5), 400, "expected a line"),
        ("old 0\n!\n\n" + PaperLog(LEAVES).checkpoint(5), 400, "not base64"),
        (PaperLog(LEAVES, Signer("other.example", LOG.algorithm, LOG.seed)).request(0), 404, ORIGIN),
        (PaperLog(LEAVES, Signer(ORIGIN, LOG.algorithm, b"\x09" * 32)).request(0), 403, "nobody that is trusted"),
        (PaperLog(LEAVES).request(0).replace("\n600\n", "\n599\n"), 403, "not one of this text"),
        (PaperLog(LEAVES).request(256, 600).replace("old 256", "old 601"), 400, "above"),
        (PaperLog(LEAVES).request(10, 600), 409, "256"),
        (PaperLog(LEAVES).request(10, 600).replace("old 10", "old 256"), 422, "proof"),
    ],
)
def test_add_checkpoint__bad_request__is_refused_and_nothing_kept(
    request_text: str, status: int, why: str, tmp_path: Path, watch: Watch
) -> None:
    with WitnessHome(tmp_path) as home:
        watched = watch(home)
        assert watched.add_checkpoint(PaperLog(LEAVES).request(0, 256)).status == 200
        before = (tmp_path / "checkpoint").read_text()
        answer = watched.add_checkpoint(request_text)
        assert answer.status == status
        assert why in answer.text
        assert watched.alarm is None
    assert (tmp_path / "checkpoint").read_text() == before


def test_add_checkpoint__rewritten_log_of_the_same_size__keeps_both_heads(tmp_path: Path, watch: Watch) -> None:
    honest, rewritten = PaperLog(LEAVES[:20]), PaperLog([*LEAVES[:7], b"another", *LEAVES[8:20]])
    with WitnessHome(tmp_path) as home:
        watched = watch(home)
        watched.add_checkpoint(honest.request(0))
        answer = watched.add_checkpoint(rewritten.request(20))
        assert (answer.status, answer.text) == (409, "20\n")
        assert str(watched.alarm) == "the log signed two heads of one size: facts 0 to 19"
        assert watched.add_checkpoint(PaperLog(LEAVES).request(20)).status == 403
    assert [note.split("\n\n")[0] + "\n" for note in evidence(tmp_path)] == [honest.body().text, rewritten.body().text]
    with WitnessHome(tmp_path) as home:
        assert watch(home).alarm == watched.alarm


@pytest.mark.parametrize(
    "lines",
    [
        "".join(f"— other.example/{number} {'A' * 100}\n" for number in range(99)),
        WITNESS.signature_line("another text\n", time=1_760_000_000),
    ],
    ids=["as many signatures as a note can have", "a false one in our name"],
)
def test_add_checkpoint__further_signatures_below__are_left_out_of_what_is_kept(
    lines: str, tmp_path: Path, watch: Watch
) -> None:
    log = PaperLog(LEAVES)
    with WitnessHome(tmp_path) as home:
        assert watch(home).add_checkpoint(log.request(0, 256) + lines).status == 200
    with WitnessHome(tmp_path) as home:
        watched = watch(home)
        assert watched.newest is not None
        assert watched.newest.body == log.body(256)
        assert watched.add_checkpoint(log.request(256)).status == 200


# --- Reading the log ---


def test_follow__log_that_grows__cosigns_what_it_has_read(tmp_path: Path, watch: Watch) -> None:
    log = PaperLog(LEAVES[:3])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        for size in (3, 256, 300, 600):
            log.leaves = LEAVES[:size]
            assert watched.follow(client)
            assert watched.newest is not None
            assert watched.newest.body == log.body()
        assert not watched.follow(client)
        assert [watched.patrol(client) for _ in range(4)] == [True, True, False, True]
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        assert not watch(home).follow(client)


def test_follow__hash_half_written_when_the_power_went__is_fetched_again(tmp_path: Path, watch: Watch) -> None:
    log = PaperLog(LEAVES[:20])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watch(home).follow(client)
        leaves = (tmp_path / "leaves").read_bytes()
        (tmp_path / "leaves").write_bytes(leaves[:-50])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        assert watched.alarm is None
    assert (tmp_path / "leaves").read_bytes() == leaves


@pytest.mark.parametrize(
    ("later", "alarm"),
    [
        ([*LEAVES[:7], b"another", *LEAVES[8:20]], "the log was rewritten: fact 7"),
        ([*LEAVES[:7], b"another", *LEAVES[8:30]], "the log was rewritten: fact 7"),
        ([*LEAVES[:7], *LEAVES[8:30]], "the log was rewritten: fact 7"),
        ([*LEAVES[:7], *LEAVES[8:20]], "the log was rewritten: fact 7"),
        ([*LEAVES[:18], b"another"], "the log was rewritten: fact 18"),
    ],
    ids=["altered, same size", "altered, grown", "dropped, grown", "dropped", "shrunk and altered"],
)
def test_follow__rewritten_log__names_the_first_fact_and_keeps_both_heads(
    later: list[bytes], alarm: str, tmp_path: Path, watch: Watch
) -> None:
    log = PaperLog(LEAVES[:20])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        before = log.body()
        log.leaves = later
        with pytest.raises(LogMisbehaved, match=f"^{alarm}$"):
            watched.follow(client)
    assert [note.split("\n\n")[0] + "\n" for note in evidence(tmp_path)] == [before.text, log.body().text]


def test_follow__shrunk_log__is_reported_when_it_stays_so(tmp_path: Path, watch: Watch, clock: Clock) -> None:
    log = PaperLog(LEAVES[:20])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        log.leaves = LEAVES[:17]
        watched.follow(client)
        clock.now += PATIENCE_SECONDS - 1
        watched.follow(client)
        clock.now += 1
        with pytest.raises(LogMisbehaved, match=r"^the log shrank: facts 17 to 19$"):
            watched.follow(client)
    assert len(evidence(tmp_path)) == 2


def test_follow__head_cosigned_before_it_is_published__is_no_alarm(tmp_path: Path, watch: Watch, clock: Clock) -> None:
    log, ahead = PaperLog(LEAVES[:20]), PaperLog(LEAVES[:30])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        assert watched.add_checkpoint(ahead.request(20)).status == 200
        watched.follow(client)
        clock.now += PATIENCE_SECONDS - 1
        log.leaves = ahead.leaves
        watched.follow(client)
        clock.now += PATIENCE_SECONDS
        watched.follow(client)
        assert watched.alarm is None


@pytest.mark.parametrize("grown_to", [30, 40])
def test_follow__view_forked_for_the_witness_alone__keeps_both_heads(
    grown_to: int, tmp_path: Path, watch: Watch
) -> None:
    log, fork = PaperLog(LEAVES[:20]), PaperLog([*LEAVES[:24], b"for you only", *LEAVES[25:30]])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        assert watched.add_checkpoint(fork.request(20)).status == 200
        log.leaves = LEAVES[:grown_to]
        with pytest.raises(LogMisbehaved, match=r"^the log signed two histories: facts 20 to 29$"):
            watched.follow(client)
    assert [note.split("\n\n")[0] + "\n" for note in evidence(tmp_path)] == [fork.body().text, log.body().text]


def test_follow__signed_head_that_was_not_proven__is_looked_into(tmp_path: Path, watch: Watch) -> None:
    log, fork = PaperLog(LEAVES[:20]), PaperLog([*LEAVES[:7], b"another", *LEAVES[8:30]])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        assert watched.add_checkpoint(fork.request(20)).status == 422
        log.leaves = LEAVES[:40]
        with pytest.raises(LogMisbehaved, match=r"^the log signed two histories: facts 0 to 29$"):
            watched.follow(client)


def test_follow__signed_heads_that_were_not_proven__are_all_looked_into(tmp_path: Path, watch: Watch) -> None:
    log, fork = PaperLog(LEAVES[:20]), PaperLog([*LEAVES[:7], b"another", *LEAVES[8:30]])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        assert watched.add_checkpoint(fork.request(20)).status == 422
        assert watched.add_checkpoint(PaperLog(LEAVES[:35]).request(0)).status == 409
        log.leaves = LEAVES[:40]
        with pytest.raises(LogMisbehaved, match=r"^the log signed two histories: facts 0 to 29$"):
            watched.follow(client)


def test_add_checkpoint__old_head_of_another_history__is_evidence(tmp_path: Path, watch: Watch) -> None:
    log, fork = PaperLog(LEAVES[:20]), PaperLog([*LEAVES[:7], b"another", *LEAVES[8:10]])
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        assert watched.add_checkpoint(PaperLog(LEAVES[:10]).request(0)).status == 409
        assert watched.alarm is None
        assert watched.add_checkpoint(fork.request(0)).status == 409
        assert str(watched.alarm) == "the log signed two histories: facts 0 to 9"
    assert len(evidence(tmp_path)) == 2


@pytest.mark.parametrize(
    ("entries", "alarm"),
    [
        ([*LEAVES[:270], b"another", *LEAVES[271:]], "a recorded fact was altered or dropped: fact 270"),
        ([*LEAVES[:270], *LEAVES[271:]], "a recorded fact was altered or dropped: fact 270"),
        (LEAVES[:599], "a recorded fact was altered or dropped: fact 599"),
    ],
    ids=["altered", "dropped", "last one dropped"],
)
def test_patrol__entry_altered_under_the_same_head__is_named(
    entries: list[bytes], alarm: str, tmp_path: Path, watch: Watch
) -> None:
    log = PaperLog(LEAVES)
    with WitnessHome(tmp_path) as home, served(log) as url, LogClient(url) as client:
        watched = watch(home)
        watched.follow(client)
        log.entries = entries
        rounds = iter(lambda: watched.patrol(client), False)
        with pytest.raises(LogMisbehaved, match=f"^{alarm}$"):
            list(rounds)
    assert (tmp_path / "evidence.json").exists()


def test_follow__leaves_that_came_wrong__are_fetched_again_before_it_is_an_alarm(
    tmp_path: Path, watch: Watch, clock: Clock
) -> None:
    class Garbled(PaperLog):
        def resource(self, where: str) -> bytes | None:
            found = super().resource(where)
            return bytes(len(found)) if found and where.startswith("tile/0/") else found

    with WitnessHome(tmp_path) as home:
        watched = watch(home)
        with served(Garbled(LEAVES[:20])) as url, LogClient(url) as client:
            with pytest.raises(LogUnreachable, match="is not that of the leaves it serves"):
                watched.follow(client)
            clock.now += PATIENCE_SECONDS - 1
        with served(PaperLog(LEAVES[:20])) as url, LogClient(url) as client:
            assert watched.follow(client)
        with served(Garbled(LEAVES[:30])) as url, LogClient(url) as client:
            with pytest.raises(LogUnreachable, match="the log was rewritten"):
                watched.follow(client)
            clock.now += PATIENCE_SECONDS
            with pytest.raises(LogMisbehaved, match="the log was rewritten: fact 0"):
                watched.follow(client)


def test_follow__answer_without_end__is_not_read_to_the_end(tmp_path: Path, watch: Watch) -> None:
    class Endless(PaperLog):
        def resource(self, where: str) -> bytes | None:
            return bytes(ANSWER_BYTES_MAX + 1) if where == "checkpoint" else super().resource(where)

    with (
        WitnessHome(tmp_path) as home,
        served(Endless(LEAVES)) as url,
        LogClient(url) as client,
        pytest.raises(LogUnreachable, match=f"checkpoint is of more than {ANSWER_BYTES_MAX} bytes"),
    ):
        watch(home).follow(client)


@pytest.mark.parametrize("lost", [0, 1, 200, 255])
def test_patrol__bundle_no_more_served__names_the_fact_when_it_stays_so(
    lost: int, tmp_path: Path, watch: Watch, clock: Clock
) -> None:
    class Forgetful(PaperLog):
        def resource(self, where: str) -> bytes | None:
            width = int(where.partition(".p/")[2] or 256)
            return None if where.startswith("tile/entries/000") and width > lost else super().resource(where)

    log = PaperLog(LEAVES)
    with WitnessHome(tmp_path) as home:
        watched = watch(home)
        with served(log) as url, LogClient(url) as client:
            watched.follow(client)
        with served(Forgetful(LEAVES)) as url, LogClient(url) as client:
            assert not watched.patrol(client)
            clock.now += PATIENCE_SECONDS
            with pytest.raises(LogMisbehaved, match=f"^a recorded fact was altered or dropped: fact {lost}$"):
                watched.patrol(client)


def test_home__two_witnesses__are_kept_apart(tmp_path: Path) -> None:
    with WitnessHome(tmp_path), pytest.raises(HomeInUse, match="another witness works in"):
        WitnessHome(tmp_path)


def test_witness__home_of_another_log__is_refused(tmp_path: Path, watch: Watch) -> None:
    other = Signer("other.example", LOG.algorithm, LOG.seed)
    with WitnessHome(tmp_path) as home:
        home.keep_head(PaperLog(LEAVES, other).checkpoint() + WITNESS.signature_line("x\n"))
        with pytest.raises(NoteError):
            watch(home)


def test_tile_number__large__is_cut_in_threes() -> None:
    assert [tile_number(number) for number in (0, 67, 999, 1_000, 1_234_067)] == [
        "000",
        "067",
        "999",
        "x001/000",
        "x001/x234/067",
    ]
