"""`pinlian witness`: watch a log that somebody else runs, and cosign its heads as long as it only grows."""

import os
import signal
import threading
import time
from pathlib import Path

import click

from pinlian.engine.lifeline import end_with_supervisor
from pinlian.engine.supervisor import MARK
from pinlian.record.log_client import LogClient, LogUnreachable
from pinlian.record.note import NoteError, Verifier
from pinlian.record.witness_home import HomeInUse, WitnessHome, witness_signer
from pinlian.record.witness_server import WitnessServer
from pinlian.record.witnessed_log import LogMisbehaved, WitnessedLog

PATIENCE_SECONDS = 60


@click.command()
@click.option("--log", "url", metavar="URL", help="Where the log is: the address before /checkpoint.")
@click.option("--log-key", "vkey", metavar="VKEY", help="The log's verifier key, from whoever runs the log.")
@click.option("--home", type=click.Path(path_type=Path), required=True, help="Directory of this witness alone.")
@click.option("--name", metavar="NAME", help="Name of this witness's key; without it, one made from the key.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at.")
@click.option("--port", type=int, default=8520, show_default=True, help="Port to listen at.")
@click.option("--every", "every_seconds", type=float, default=5.0, show_default=True, help="Seconds between looks.")
@click.option(
    "--patience",
    "patience_seconds",
    type=int,
    default=PATIENCE_SECONDS,
    show_default=True,
    help="Seconds that the log may be behind a head it had cosigned.",
)
@click.option("--once", is_flag=True, help="Read everything once, cosign, and end; listen nowhere.")
@click.option("--show-key", is_flag=True, help="Print this witness's verifier key, for the log's policy, and end.")
@click.pass_context
def witness(
    ctx: click.Context,
    *,
    url: str | None,
    vkey: str | None,
    home: Path,
    name: str | None,
    host: str,
    port: int,
    every_seconds: float,
    patience_seconds: int,
    once: bool,
    show_key: bool,
) -> None:
    """Watch a log independently: cosign its heads as long as it only grows.

    Exit status 1 once the log was rewritten, forked or shrank; both of its signed heads are then in HOME/evidence.json.
    """
    signer = witness_signer(home, name)
    if show_key:
        click.echo(signer.verifier.vkey)
        return
    if url is None or vkey is None:
        raise click.UsageError("--log and --log-key say which log to watch")
    try:
        log = Verifier.from_vkey(vkey)
        with WitnessHome(home) as kept, LogClient(url) as client:
            stopping = threading.Event()
            watched = WitnessedLog(
                signer,
                log,
                kept,
                now=lambda: int(time.time()),
                on_alarm=stopping.set,
                patience_seconds=0 if once else patience_seconds,
            )
            if once:
                _read_all(watched, client)
            else:
                _serve(watched, WitnessServer(host, port, watched, signer.verifier), client, stopping, every_seconds)
    except (NoteError, HomeInUse) as error:
        raise click.ClickException(str(error)) from error
    if watched.alarm is not None:
        click.secho(f"ALARM: {watched.alarm}", fg="red", bold=True, err=True)
        click.echo(f"Do not believe the log {log.name}. Its signed heads: {home / 'evidence.json'}", err=True)
        ctx.exit(1)


def _read_all(watched: WitnessedLog, client: LogClient) -> None:
    if watched.alarm is not None:
        return
    try:
        watched.follow(client)
        while watched.patrol(client):
            pass
    except LogMisbehaved:
        return
    except LogUnreachable as error:
        raise click.ClickException(str(error)) from error
    if watched.newest is not None:
        body = watched.newest.body
        click.echo(f"{body.origin}: {body.size} facts, head {body.root.hex()}: cosigned")


def _serve(
    watched: WitnessedLog, server: WitnessServer, client: LogClient, stopping: threading.Event, every_seconds: float
) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if MARK in os.environ:
        end_with_supervisor()
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    host, port = server.server_address[:2]
    click.echo(f"witness {server.key.vkey} at http://{host!s}:{port}/", err=True)
    told = ""
    while watched.alarm is None and not stopping.is_set():
        try:
            grew = watched.follow(client)
            watched.patrol(client)
            if grew and watched.newest is not None:
                click.echo(f"{watched.newest.body.size} facts, {watched.newest.body.root.hex()}", err=True)
            told = ""
        except LogMisbehaved:
            break
        except (LogUnreachable, NoteError) as error:
            if str(error) != told:
                click.echo(f"waiting: {error}", err=True)
            told = str(error)
        stopping.wait(every_seconds)
    server.shutdown()
    server.server_close()
