"""`pinlian rebuild`: the read model dropped and read from the chain again."""

import time

import click

from pinlian.config import wiring


@click.command()
def rebuild() -> None:
    """Drop everything that follows from the chain and read it again. Stop the engine first."""
    started_at = time.monotonic()
    wiring.make_indexer().rebuild(wiring.PROJECTED_MODELS)
    rows = {model._meta.label_lower: model._default_manager.count() for model in wiring.PROJECTED_MODELS}
    for name, count in rows.items():
        click.echo(f"{count:>10,} {name}")
    click.echo(f"rebuilt in {time.monotonic() - started_at:.1f} s")
