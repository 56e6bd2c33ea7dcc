"""`pinlian audit`: the books worked out again from the chain alone, and held against every table."""

import json

import click

from pinlian.apps.insight.facade import AuditReport
from pinlian.apps.insight.facade import audit as run_audit
from pinlian.config import wiring


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
@click.pass_context
def audit(ctx: click.Context, *, as_json: bool) -> None:
    """Recompute balances, groups, payouts and roots from the chain, and compare. Exit status 1 on any difference."""
    report = run_audit(
        wiring.escrow(), wiring.deployment().block, progress=lambda part: click.echo(f"{part} ...", err=True)
    )
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1) if as_json else as_text(report))
    ctx.exit(0 if report.ok else 1)


def as_text(report: AuditReport) -> str:
    """The report for people."""
    lines = [f"as of block {report.block_number}"]
    lines += [f"  {count:>10,} {name.replace('_', ' ')}" for name, count in report.checked.items()]
    for difference in report.differences:
        lines.append(f"! {difference.what}: {difference.where}")
        lines.append(f"    expected {difference.expected}")
        lines.append(f"    found    {difference.found}")
    lines.append("everything agrees" if report.ok else f"{len(report.differences)} differences")
    return "\n".join(lines)
