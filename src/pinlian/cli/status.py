"""`pinlian status`: how an instance is, for people and for monitoring."""

import json
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError

from pinlian.chain.deployment import Deployment, DeploymentError, load
from pinlian.chain.escrow import Escrow
from pinlian.chain.rpc import Rpc, RpcError, to_hex
from pinlian.chain.yuan import Yuan
from pinlian.domain.money import format_minor
from pinlian.indexer import facade as indexer
from pinlian.record import facade as record
from pinlian.relayer import facade as relayer

RPC_TIMEOUT_SECONDS = 5.0
WAITING_SECONDS_MAX = 60
"""A message that waits longer is a problem."""
LAG_BLOCKS_MAX = 50
UNFOLLOWED_SECONDS_MAX = 60
ANCHOR_INTERVALS_MAX = 10
"""A fact that waits for so many anchors is a problem."""


@dataclass
class Status:
    """Figures by part, and in words what is not as it should be."""

    chain: dict[str, Any] = field(default_factory=dict)
    escrow: dict[str, Any] = field(default_factory=dict)
    relayer: dict[str, Any] = field(default_factory=dict)
    indexer: dict[str, Any] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
@click.pass_context
def status(ctx: click.Context, *, as_json: bool) -> None:
    """Show how the instance is: chain, reserves, relayer, indexer, record, rows. Exit status 1 if anything is wrong."""
    found = read_status()
    if as_json:
        click.echo(json.dumps({"ok": not found.problems, **asdict(found)}, ensure_ascii=False, indent=1))
    else:
        for part, figures in asdict(found).items():
            if part != "problems":
                click.echo(part)
                for name, value in figures.items():
                    click.echo(f"  {_label(name):<24} {_shown(name, value)}")
        for problem in found.problems:
            click.secho(f"! {problem}", fg="red")
        if not found.problems:
            click.secho("all is well", fg="green")
    ctx.exit(1 if found.problems else 0)


def read_status() -> Status:
    """Ask every part; one that does not answer becomes a problem."""
    found = Status()
    try:
        with Rpc(settings.PINLIAN_RPC_URL, timeout_seconds=RPC_TIMEOUT_SECONDS) as rpc:
            _read_chain(rpc, found)
    except (RpcError, DeploymentError) as error:
        found.problems.append(f"the chain does not answer: {error}")
    try:
        _read_parts(found)
    except DatabaseError as error:
        found.problems.append(f"the database does not answer, or was never prepared: {error}")
    return found


def _read_chain(rpc: Rpc, found: Status) -> None:
    head = rpc.block("latest")
    if head is None:
        raise RpcError("eth_getBlockByNumber", "no block")
    chain_id = rpc.chain_id()
    found.chain = {
        "rpc_url": _without_key(settings.PINLIAN_RPC_URL),
        "embedded": settings.PINLIAN_NODE_IS_EMBEDDED,
        "chain_id": chain_id,
        "block_number": head.number,
        "block_time": head.time,
        "seconds_since_block": int(time.time()) - head.time,
    }
    home: Path = settings.PINLIAN_HOME
    deployment = load(home, chain_id)
    if deployment is None:
        found.problems.append(f"no escrow is recorded for chain {chain_id}: run `pinlian deploy`")
        return
    _read_reserves(rpc, deployment, found)


def _read_reserves(rpc: Rpc, deployment: Deployment, found: Status) -> None:
    """What the escrow owes must be there as tokens; gifts make it more."""
    escrow = Escrow(rpc, deployment.escrow)
    held_minor = escrow.held()
    reserves_minor = Yuan(rpc, deployment.token).balance(deployment.escrow)
    found.escrow = {
        "escrow": to_hex(deployment.escrow),
        "token": to_hex(deployment.token),
        "held_minor": held_minor,
        "reserves_minor": reserves_minor,
        "batches": escrow.batch_count(),
        "paused_until": escrow.paused_until(),
    }
    if reserves_minor < held_minor:
        found.problems.append(
            f"reserves are short: the escrow owes ¥{format_minor(held_minor)} and has ¥{format_minor(reserves_minor)}"
        )


def _read_parts(found: Status) -> None:
    health = relayer.health()
    found.relayer = asdict(health)
    if health.oldest_waiting_seconds > WAITING_SECONDS_MAX:
        found.problems.append(f"a message has waited for {health.oldest_waiting_seconds:.0f} s: is the engine running?")
    if health.promises_broken:
        found.problems.append(f"{health.promises_broken} inclusion promises were broken")
    index = indexer.state()
    lag_blocks = found.chain.get("block_number", 0) - index.block_number if index else None
    found.indexer = {"lag_blocks": lag_blocks, **(asdict(index) if index else {})}
    if index is not None and index.fault is not None:
        found.problems.append(f"indexing stands still: {index.fault}")
    if lag_blocks is not None and lag_blocks > LAG_BLOCKS_MAX:
        found.problems.append(f"the read model is {lag_blocks} blocks behind: is the engine running?")
    _read_record(found)
    for config in apps.get_app_configs():
        if config.name.startswith("pinlian."):
            for model in config.get_models():
                found.rows[model._meta.label_lower] = model._default_manager.count()


def _read_record(found: Status) -> None:
    health = record.health()
    found.record = asdict(health)
    if health.unfollowed_seconds > UNFOLLOWED_SECONDS_MAX:
        found.problems.append(
            f"the read model is {health.facts - health.followed} facts behind the record:"
            " is the engine running? Its log says what is wrong"
        )
    if health.unanchored_seconds > max(ANCHOR_INTERVALS_MAX * settings.PINLIAN_ANCHOR_SECONDS, WAITING_SECONDS_MAX):
        found.problems.append(
            f"{health.facts - health.anchored_size} facts wait for their anchor on the chain, the oldest for"
            f" {health.unanchored_seconds} s: the engine's log says why"
        )


def _without_key(url: str) -> str:
    """An address without what may be a secret in it: providers put the operator's key in its path."""
    return f"{urlsplit(url).scheme}://{urlsplit(url).netloc.rpartition('@')[2]}"


def _label(name: str) -> str:
    return name.removesuffix("_minor").replace("_", " ")


def _shown(name: str, value: Any) -> str:
    return f"¥{format_minor(value)}" if name.endswith("_minor") else str(value)
