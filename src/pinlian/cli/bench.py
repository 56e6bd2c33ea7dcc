"""`pinlian bench`: measurements, each beside a peer measured in the same run."""

import json

import click

from pinlian.cli.bench_gas import measure_gas
from pinlian.cli.bench_orders import measure_orders
from pinlian.cli.bench_pages import measure_pages
from pinlian.cli.bench_trace import measure_trace
from pinlian.cli.own_instance import measure_in_own_instance


@click.group()
def bench() -> None:
    """Measure on instances made for it and removed after."""


@bench.command()
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def gas(*, as_json: bool) -> None:
    """What the contracts' calls cost, beside a contract that takes one transaction an order."""
    gas = measure_gas(lambda step: click.echo(f"{step} ...", err=True))
    figures = gas | {"naive_to_ours": round(gas["naive_gas_per_order"] / gas["gas_per_order"], 1)}
    if as_json:
        click.echo(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            click.echo(f"{name:<28} {value:>12,}")


@bench.command()
@click.option("--orders", default=8_000, show_default=True, help="How many to place as fast as they are taken.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def orders(*, orders: int, as_json: bool) -> None:
    """Orders a second from intake over HTTP to indexed on chain, beside a bare endpoint that keeps each request.

    Exit status 1 if an acknowledged order was lost or doubled, stock was oversold, or the audit finds a difference.
    """
    figures = measure_orders(orders, progress=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            click.echo(f"{name:<28} {value:>12}")
    if figures["lost"] or figures["doubled"] or figures["oversold"] or not figures["audit_ok"]:
        raise SystemExit(1)


@bench.command()
@click.option("--facts", default=50_000, show_default=True, help="How many to append in lists.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def record(*, facts: int, as_json: bool) -> None:
    """Signed facts a second into the record (checked, hashed, on disk), beside flushed appends to a plain file.

    Exit status 1 if an acknowledged fact is not there.
    """
    figures = measure_in_own_instance(
        "pinlian.cli.record_bench", str(facts), progress=lambda text: click.echo(text, err=True)
    )
    if as_json:
        click.echo(json.dumps(figures, indent=1))
    else:
        for name, value in figures.items():
            click.echo(f"{name:<32} {value:>12,}")
    if figures["lost"]:
        raise SystemExit(1)


@bench.command()
@click.option("--orders", default=100_000, show_default=True, help="How many are in the database.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def pages(*, orders: int, as_json: bool) -> None:
    """Server time of the pages with many orders in the database, beside a page that reads none; and of the audit."""
    figures = measure_pages(orders, progress=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(figures, indent=1))
        return
    click.echo(f"{'page':<28} {'p50 ms':>9} {'p95 ms':>9}")
    for page in figures.pop("pages"):
        click.echo(f"{page['page']:<28} {page['p50_ms']:>9} {page['p95_ms']:>9}")
    for name, value in figures.items():
        click.echo(f"{name:<28} {value:>9}")


@bench.command()
@click.option("--events", default=1_000_000, show_default=True, help="How many are laid.")
@click.option("--captured", default=5_000, show_default=True, help="How many more go the whole way of capture.")
@click.option("--lots", default=600, show_default=True, help="How many histories are read.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
def trace(*, events: int, captured: int, lots: int, as_json: bool) -> None:
    """The whole history of random lots among many events, beside one recursive query; and captured events a second."""
    figures = measure_trace(events, captured, lots, progress=lambda text: click.echo(text, err=True))
    if as_json:
        click.echo(json.dumps(figures, indent=1))
    else:
        click.echo(f"{'lots of stage':<28} {'p50 ms':>9} {'p95 ms':>9}")
        for stage in figures.pop("stages"):
            click.echo(f"{stage['stage']:<28} {stage['p50_ms']:>9} {stage['p95_ms']:>9}")
        for name, value in figures.items():
            click.echo(f"{name:<28} {value!s:>9}")
    if figures["incomplete"]:
        raise SystemExit(1)
