"""`pinlian rebuild`: the read model dropped and read from chain and record again."""

import time

import click

from pinlian.apps.trace import facade as trace
from pinlian.config import wiring
from pinlian.record import facade as record


@click.command()
def rebuild() -> None:
    """Drop everything that follows from the chain and from the record, and read both again. Stop the engine first."""
    started_at = time.monotonic()
    wiring.make_indexer().rebuild(wiring.PROJECTED_MODELS)
    record.rebuild(wiring.FACT_PROJECTED_MODELS)
    trace.examine_all(record.followed())
    models = [*wiring.PROJECTED_MODELS, *wiring.FACT_PROJECTED_MODELS]
    rows = {model._meta.label_lower: model._default_manager.count() for model in models}
    for name, count in rows.items():
        click.echo(f"{count:>10,} {name}")
    click.echo(f"rebuilt in {time.monotonic() - started_at:.1f} s")
