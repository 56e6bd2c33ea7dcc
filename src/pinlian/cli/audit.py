"""`pinlian audit`: the books worked out again from the chain, the rest from the record, and held against all tables."""

import json

import click

from pinlian.apps.insight.facade import AuditReport, audit_record
from pinlian.apps.insight.facade import audit as run_audit
from pinlian.chain.record_anchor import RecordAnchor
from pinlian.config import wiring


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
@click.pass_context
def audit(ctx: click.Context, *, as_json: bool) -> None:
    """Work out the money from the chain, the record from its facts, and compare. Exit status 1 on any difference."""
    place = wiring.deployment()
    escrow = wiring.escrow()
    report = run_audit(escrow, place.block, progress=_tell)
    if place.record_anchor is not None:
        anchor = RecordAnchor(escrow.rpc, place.record_anchor)
        report = report.with_more(
            audit_record(anchor, place.block, wiring.FACT_FOLLOWING_MODELS, wiring.EXAMINED_MODELS, progress=_tell)
        )
    click.echo(json.dumps(report.as_json(), ensure_ascii=False, indent=1) if as_json else as_text(report))
    ctx.exit(0 if report.ok else 1)


def _tell(part: str) -> None:
    click.echo(f"{part} ...", err=True)


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
