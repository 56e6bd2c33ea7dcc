"""`pinlian verify`: check a proof bundle with nothing but the bundle and what one trusts."""

import json
import re
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

import click

from pinlian.chain.rpc import Rpc, RpcError, to_hex
from pinlian.record.anchored_head import NoSuchHead, anchored_head
from pinlian.record.checkpoint import CheckpointBody
from pinlian.record.note import NoteError, Verifier, from_base64, split_note
from pinlian.record.policy import Policy, PolicyError, parse_policy, policy_of
from pinlian.record.verify import Bundle, BundleError, Report, State, Trust, TrustedHead
from pinlian.record.verify import verify as check

YEAR_10000 = 253_402_300_800
COLOURS = {State.VERIFIED: "green", State.ALTERED: "red"}


@click.command()
@click.argument("bundle_file", metavar="BUNDLE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--head", "head_text", metavar="HEAD", help="A head that you trust: SIZE:ROOT, or a checkpoint's file.")
@click.option("--log-key", metavar="VKEY", help="The log's verifier key.")
@click.option("--witness", "witnesses", metavar="VKEY", multiple=True, help="A witness that must have cosigned.")
@click.option("--quorum", type=click.IntRange(min=1), help="So many of the witnesses; all if not said.")
@click.option("--policy", "policy_file", type=click.File(encoding="utf-8"), help="Logs and witnesses (tlog-policy).")
@click.option("--rpc", "rpc_url", metavar="URL", help="A node of the chain that holds the log's heads.")
@click.option("--anchored-by", metavar="ACCOUNT", help="The account whose heads on the chain count.")
@click.option("--author", "authors", metavar="ACCOUNT=NAME", multiple=True, help="An account that you know.")
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
@click.pass_context
def verify(
    ctx: click.Context,
    *,
    bundle_file: Path,
    head_text: str | None,
    log_key: str | None,
    witnesses: tuple[str, ...],
    quorum: int | None,
    policy_file: TextIO | None,
    rpc_url: str | None,
    anchored_by: str | None,
    authors: tuple[str, ...],
    as_json: bool,
) -> None:
    """Check each fact of a proof bundle. Exit status 1 unless all are verified.

    Trust is named by --head, by --log-key (with --witness or --policy), by --rpc with --anchored-by, or by several of
    them: then each must vouch. Without --author, accounts have the names that the bundle gives them.
    """
    try:
        bundle = Bundle.parse(bundle_file.read_bytes())
        policy = _read_policy(policy_file, witnesses, quorum)
        log = Verifier.from_vkey(log_key) if log_key else _only_log(policy)
        if anchored_by is not None and rpc_url is None:
            raise click.UsageError("--anchored-by needs --rpc, which asks the chain")
        heads = [_read_head(head_text)] if head_text else []
        missing = []
        if rpc_url:
            on_chain, why_not = _head_on_chain(rpc_url, bundle, anchored_by)
            heads += on_chain
            missing += why_not
    except (BundleError, NoteError, PolicyError, RpcError, OSError) as error:
        raise click.ClickException(str(error)) from error
    if head_text is None and log is None and anchored_by is None:
        raise click.UsageError(
            "say what you trust: --head, --log-key, --policy, or --rpc with --anchored-by (anybody can anchor a log)"
        )
    report = check(bundle, Trust(tuple(heads), log, policy, _read_authors(authors), tuple(missing)))
    click.echo(json.dumps(_as_json(report), ensure_ascii=False, indent=1) if as_json else _as_text(report, bundle))
    ctx.exit(0 if report.ok else 1)


def _read_policy(file: TextIO | None, witnesses: tuple[str, ...], quorum: int | None) -> Policy:
    if file is not None:
        if witnesses:
            raise click.UsageError("--policy names the witnesses; --witness is for use without it")
        return parse_policy(file.read())
    if quorum is not None and quorum > len(witnesses):
        raise click.UsageError(f"a quorum of {quorum} is more than {len(witnesses)} witnesses")
    return policy_of([Verifier.from_vkey(vkey) for vkey in witnesses], quorum)


def _only_log(policy: Policy) -> Verifier | None:
    if len(policy.logs) > 1:
        raise click.UsageError("the policy knows several logs: choose one by --log-key")
    if policy.verifiers and not policy.logs:
        raise click.UsageError("witnesses cosign what a log signed: give --log-key too")
    return policy.logs[0].verifier if policy.logs else None


def _read_head(text: str) -> TrustedHead:
    found = re.fullmatch(r"([0-9]{1,19}):(?:0x)?([0-9a-f]{64})", text)
    if found:
        return TrustedHead(int(found[1]), bytes.fromhex(found[2]), "you")
    found = re.fullmatch(r"([0-9]{1,19}):([A-Za-z0-9+/]{43}=)", text)
    if found:
        return TrustedHead(int(found[1]), from_base64(found[2]), "you")
    body = CheckpointBody.parse(split_note(Path(text).read_text(encoding="utf-8"))[0])
    return TrustedHead(body.size, body.root, text)


def _head_on_chain(url: str, bundle: Bundle, account: str | None) -> tuple[list[TrustedHead], list[str]]:
    """The head that the chain has, or why it has none."""
    anchor = bundle.anchor
    if anchor is None:
        return [], ["no head of the log is on a chain yet"]
    if (anchor.chain_id, anchor.contract) != (bundle.domain.chain_id, bundle.domain.anchor):
        return [], ["the facts are signed for another contract than the one that holds the head"]
    if account is not None and account.lower() != to_hex(anchor.log):
        return [], [f"the head on the chain is by {to_hex(anchor.log)}, not by {account}"]
    try:
        with Rpc(url) as rpc:
            return [anchored_head(rpc, anchor)], []
    except NoSuchHead as why_not:
        return [], [str(why_not)]


def _read_authors(items: tuple[str, ...]) -> dict[str, str] | None:
    named = [item.partition("=") for item in items]
    return {account.lower(): name or account for account, _, name in named} or None


def _as_text(report: Report, bundle: Bundle) -> str:
    """The report for people. Words of the bundle do not get at the terminal, or at the lines around them."""
    lines = []
    if report.head is not None:
        lines.append(f"head of {report.head.size} facts by {_shown(report.head.origin)}: {report.head.root.hex()}")
    if bundle.anchor is not None:
        contract, account = to_hex(bundle.anchor.contract), to_hex(bundle.anchor.log)
        lines.append(f"said to be on chain {bundle.anchor.chain_id}, contract {contract}, by {account}")
    for fact in report.facts:
        when = datetime.fromtimestamp(fact.time, UTC).isoformat() if 0 < fact.time < YEAR_10000 else str(fact.time)
        who = f"{fact.author} ({_shown(fact.author_name)})" if fact.author_name else fact.author
        state = click.style(fact.state, fg=COLOURS.get(fact.state, "yellow"))
        lines.append(f"fact {fact.index}: {state}  {fact.kind or '?'}, {when}, by {who or '?'}")
        lines += [f"    {_shown(problem)}" for problem in fact.problems]
    verified = sum(fact.state is State.VERIFIED for fact in report.facts)
    lines.append(f"{verified} of {len(report.facts)} facts verified")
    return "\n".join(lines)


def _shown(text: str) -> str:
    return "".join(mark if mark.isprintable() else "\ufffd" for mark in text)


def _as_json(report: Report) -> dict[str, object]:
    head = report.head and {"origin": report.head.origin, "size": report.head.size, "root": to_hex(report.head.root)}
    return {"ok": report.ok, "head": head, "facts": [asdict(fact) for fact in report.facts]}
