"""Making proof bundles: facts with all that a stranger needs to check them (record/verify.py does)."""

import json
from collections.abc import Collection, Iterable
from contextlib import suppress

from django.conf import settings
from django.utils.module_loading import import_string

from pinlian.chain.rpc import to_hex
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record import heads, identity, log
from pinlian.record.fact import FactDomain
from pinlian.record.heads import Head
from pinlian.record.verify import Anchor, Bundle, ProvenFact

FACTS_MAX = 1_000


def bundle(indices: Collection[int], *, head_size: int | None = None) -> Bundle:
    """The proof of these facts, under the head that most vouch for, with their authors' names for people to read.

    Args:
        head_size: that of a head which the reader knows from the chain; the bundle leads to it.

    Raises:
        Refused: FACT_UNKNOWN, there is no such fact or head; OVERSIZED, too many at once; UNAVAILABLE, nothing is
            deployed.
    """
    if len(indices) > FACTS_MAX:
        raise Refused(Refusal.OVERSIZED, None, f"{len(indices)} facts, at most {FACTS_MAX} in a bundle")
    domain = identity.domain()
    wanted = sorted(set(indices))
    head = _best_head(max(wanted[-1] + 1 if wanted else 1, head_size or 0))
    unknown = [index for index in wanted if not 0 <= index < head.size]
    if unknown:
        raise Refused(Refusal.FACT_UNKNOWN, "index", str(unknown[0]))
    anchored = heads.newest_anchored(head.size) if head_size is None else heads.of_size(head_size)
    if head_size is not None and (anchored is None or anchored.anchored_block is None):
        raise Refused(Refusal.FACT_UNKNOWN, "head_size", f"no head of {head_size} facts is on the chain")
    leaves = log.leaves_at(wanted)
    paths = log.inclusion_proofs(wanted, head.size)
    keeper = identity.keeper().address
    return Bundle(
        domain=domain,
        checkpoint=head.checkpoint,
        anchor=_anchor(anchored, domain, keeper) if anchored else None,
        consistency=tuple(log.consistency_proof(anchored.size, head.size)) if anchored else (),
        # Of a leaf that was lost the path is left, and whoever checks the bundle sees that something was there.
        facts=tuple(
            ProvenFact(index, leaves.get(index, b"").decode(errors="replace"), tuple(paths[index])) for index in wanted
        ),
        # The keeper is named after the log.
        authors=_names(leaves.values()) | {to_hex(keeper): identity.log_signer().name},
    )


def _names(leaves: Iterable[bytes]) -> dict[str, str]:
    """Of those authors whom this installation knows (settings.FACT_AUTHOR_NAMES)."""
    accounts = set()
    for leaf in leaves:
        # What was altered names nobody; whoever checks the bundle sees it.
        with suppress(ValueError, KeyError, TypeError, RecursionError):
            accounts.add(str(json.loads(leaf)["author"]))
    names: dict[str, str] = import_string(settings.FACT_AUTHOR_NAMES)(accounts)
    return names


def _anchor(head: Head, domain: FactDomain, keeper: bytes) -> Anchor:
    return Anchor(domain.chain_id, domain.anchor, keeper, head.anchored_block or 0, head.size, head.root)


def _best_head(size: int) -> Head:
    """The newest head of so many facts that is witnessed and anchored; else one that is witnessed; else the newest."""
    for anchored, witnessed in ((True, True), (False, True), (False, False)):
        found = heads.covering(size - 1, anchored=anchored, witnessed=witnessed)
        if found is not None:
            return found
    return heads.newest()
