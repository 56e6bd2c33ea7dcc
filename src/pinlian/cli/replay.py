"""`pinlian replay`: real group buys, played through the real contracts on a node of their own."""

import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from pinlian.domain.money import format_minor
from pinlian.replay.group_buys import GroupBuysInvalid, read_group_buys
from pinlian.replay.run import Task


@click.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path), metavar="FILE...")
@click.option("--limit", type=click.IntRange(min=1), help="Groups of each file; all if absent.")
@click.option("--json", "as_json", is_flag=True, help="Print the summary as JSON.")
@click.option(
    "--goods",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Directory with catalogue.csv and wholesale_prices.csv.gz; found beside the data by itself.",
)
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Leave chain and databases in this new directory, to look at."
)
def replay(files: tuple[Path, ...], limit: int | None, as_json: bool, goods: Path | None, keep: Path | None) -> None:
    """Replay group buys from FILE (or from each .tsv file of a directory) and compare what became of them.

    Every line becomes an offer, a group and the signed orders of all its members, on a chain and in databases made for
    this replay alone. A group that succeeded in the file must succeed here; one that failed must fail and be refunded
    to the fen. Ends with the audit. Exit status 1 if anything differs.
    """
    try:
        if not any(True for file in files for _ in read_group_buys(file, limit)):
            raise click.ClickException("there is no group buy in what was given")
    except GroupBuysInvalid as problem:
        raise click.ClickException(str(problem)) from problem
    task = Task(
        files=tuple(str(file.resolve()) for file in files),
        limit=limit,
        vegetables=str((goods or _vegetables_near(files[0])).resolve()),
    )
    if keep is None:
        with tempfile.TemporaryDirectory(prefix="pinlian-replay-") as home:
            summary = _run(task, Path(home))
    else:
        if keep.exists() and any(keep.iterdir()):
            raise click.BadParameter(f"{keep} is not empty", param_hint="--keep")
        summary = _run(task, keep.resolve())
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False, indent=2))
    else:
        _print_table(summary)
    if summary["mismatches"] or not summary["audit"]["ok"]:
        sys.exit(1)


def _vegetables_near(file: Path) -> Path:
    """Where the price list lies if the data sets lie side by side."""
    folder = file.resolve() if file.is_dir() else file.resolve().parent
    return folder.parent.parent / "vegetables"


def _run(task: Task, home: Path) -> dict[str, Any]:
    """Play in a process of its own, since a process has one home only."""
    environment = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PINLIAN_RPC_URL")}
    environment |= {"PINLIAN_HOME": str(home), "PINLIAN_NODE_PORT": str(_free_port())}
    process = subprocess.run(
        [sys.executable, "-m", "pinlian.replay.run", task.to_json()],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if process.returncode != 0:
        raise click.ClickException(f"the replay ended with status {process.returncode}; its last words are above")
    summary: dict[str, Any] = json.loads(process.stdout)
    return summary


def _free_port() -> int:
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        port: int = door.getsockname()[1]
        return port


def _print_table(summary: dict[str, Any]) -> None:
    audited = summary["audit"]
    rows = [
        ("groups", f"{summary['groups']:,}"),
        ("  succeeded", f"{summary['succeeded']:,}"),
        ("  failed", f"{summary['failed']:,}"),
        ("orders", f"{summary['orders']:,}"),
        ("  returned", f"{summary['returns']:,}"),
        ("mismatches with the file", f"{summary['mismatches']:,}"),
        ("refunded to buyers of failed groups", f"¥{format_minor(summary['refunded_minor'])}"),
        ("given back for returns", f"¥{format_minor(summary['returned_minor'])}"),
        ("paid to merchants, leaders, platform", f"¥{format_minor(summary['settled_minor'])}"),
        ("gas an order", f"{summary['gas_per_order']:,}"),
        ("orders a second, intake to indexed", f"{summary['orders_per_second']:,}"),
        ("seconds", f"{summary['seconds']:,}"),
        ("audit", "ok" if audited["ok"] else f"{len(audited['differences'])} differences"),
    ]
    table = Table(title="Replay", show_header=False)
    table.add_column()
    table.add_column(justify="right")
    for row in rows:
        table.add_row(*row)
    console = Console()
    console.print(table)
    for mismatch in summary["mismatches_found"]:
        console.print(
            f"line {mismatch['line']}: {mismatch['what']}: expected {mismatch['expected']}, found {mismatch['found']}"
        )
    for found in audited["differences"][:20]:
        console.print(f"{found['what']} {found['where']}: expected {found['expected']}, found {found['found']}")
