"""`pinlian witness` as its operator runs it: a process of its own, without any instance's settings."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx

from pinlian.record.checkpoint import open_checkpoint
from pinlian.record.note import Verifier
from tests.unit.record.paper_log import LOG, PaperLog, served

LEAVES = [f"fact {number}".encode() for number in range(300)]
SECONDS_MAX = 60
get, post = partial(httpx.get, timeout=SECONDS_MAX), partial(httpx.post, timeout=SECONDS_MAX)


def command(home: Path, *options: str) -> list[str]:
    return [sys.executable, "-m", "pinlian", "witness", "--home", str(home), *options]


def environment(home: Path) -> dict[str, str]:
    """One in which reading an instance's settings fails."""
    return os.environ | {"DJANGO_SETTINGS_MODULE": "no.such.settings", "PINLIAN_HOME": str(home / "no instance")}


def run(home: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        command(home, *options), env=environment(home), capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )


@contextmanager
def running(home: Path, url: str) -> Iterator[tuple["subprocess.Popen[str]", str, Verifier]]:
    """The process, where it listens, and its key."""
    options = ("--log", url, "--log-key", LOG.verifier.vkey, "--port", "0", "--every", "0.05")
    process = subprocess.Popen(command(home, *options), env=environment(home), stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        word, vkey, at, address = process.stderr.readline().split()
        assert (word, at) == ("witness", "at")
        yield process, address, Verifier.from_vkey(vkey)
    finally:
        process.kill()
        process.communicate()


def test_witness__log_that_grows__cosigns_for_the_log_and_for_anybody(tmp_path: Path) -> None:
    log = PaperLog(LEAVES[:280])
    with served(log) as url, running(tmp_path, url) as (process, address, key):
        assert run(tmp_path, "--show-key").stdout == f"{key.vkey}\n"
        grown = PaperLog(LEAVES)
        answer = post(f"{address}add-checkpoint", content=grown.request(0))
        if answer.status_code == httpx.codes.CONFLICT:
            answer = post(f"{address}add-checkpoint", content=grown.request(int(answer.text)))
        assert answer.status_code == httpx.codes.OK
        found = open_checkpoint(grown.checkpoint() + answer.text, LOG.verifier, [key])
        assert [cosignature.verifier for cosignature in found.cosignatures] == [key]
        kept = open_checkpoint(get(f"{address}checkpoint").text, LOG.verifier, [key])
        assert kept.body == grown.body()
        assert get(f"{address}key").text == f"{key.vkey}\n"
        assert post(f"{address}add-checkpoint", content=b"\xff").status_code == httpx.codes.BAD_REQUEST
        assert post(f"{address}elsewhere", content=b"").status_code == httpx.codes.NOT_FOUND
        assert post(f"{address}add-checkpoint", content=bytes(200_000)).status_code == 413
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS_MAX) == 0


def test_witness__forked_log__ends_with_status_1_and_stays_down(tmp_path: Path) -> None:
    log = PaperLog(LEAVES[:280])
    fork = PaperLog([*LEAVES[:290], b"for you only"])
    with served(log) as url:
        assert run(tmp_path, "--log", url, "--log-key", LOG.verifier.vkey, "--once").returncode == 0
        with running(tmp_path, url) as (process, address, _):
            assert post(f"{address}add-checkpoint", content=fork.request(280)).status_code == httpx.codes.OK
            log.leaves = LEAVES
            _, said = process.communicate(timeout=SECONDS_MAX)
            assert process.returncode == 1
        assert "ALARM: the log signed two histories: facts 280 to 290" in said
        assert f"Do not believe the log {LOG.name}" in said
        assert (tmp_path / "evidence.json").exists()
        again = run(tmp_path, "--log", url, "--log-key", LOG.verifier.vkey, "--once")
        assert again.returncode == 1
        assert "ALARM: the log signed two histories" in again.stderr


def test_witness__killed_after_cosigning__still_knows_the_head(tmp_path: Path) -> None:
    log = PaperLog(LEAVES[:280])
    with served(log) as url:
        with running(tmp_path, url) as (process, address, _):
            grown = PaperLog(LEAVES)
            answer = post(f"{address}add-checkpoint", content=grown.request(0))
            if answer.status_code == httpx.codes.CONFLICT:
                answer = post(f"{address}add-checkpoint", content=grown.request(int(answer.text)))
            assert answer.status_code == httpx.codes.OK
            process.kill()
            process.wait(SECONDS_MAX)
        log.leaves = [*LEAVES[:299], b"another"]
        rewritten = run(tmp_path, "--log", url, "--log-key", LOG.verifier.vkey, "--once")
    assert rewritten.returncode == 1
    assert "ALARM: the log signed two histories" in rewritten.stderr


def test_witness__wrong_key_or_no_log__says_so_and_raises_no_alarm(tmp_path: Path) -> None:
    with served(PaperLog(LEAVES)) as url:
        other = LOG.verifier.vkey.replace("log.example", "other.example")
        assert "the key's id is" in run(tmp_path, "--log", url, "--log-key", other, "--once").stderr
    nobody = run(tmp_path, "--log", "http://127.0.0.1:9/record", "--log-key", LOG.verifier.vkey, "--once")
    assert nobody.returncode == 1
    assert "http://127.0.0.1:9/record/checkpoint" in nobody.stderr
    assert not (tmp_path / "evidence.json").exists()
