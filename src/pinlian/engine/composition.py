"""Puts the engine together from what config/wiring.py knows."""

from pinlian.apps.capture.facade import Tidying
from pinlian.apps.epcis import facade as epcis
from pinlian.apps.groupbuy import facade as groupbuy
from pinlian.apps.market import facade as market
from pinlian.apps.money import facade as money
from pinlian.apps.trace import facade as trace
from pinlian.config import wiring
from pinlian.engine.loop import Engine
from pinlian.record.facade import follow_step
from pinlian.record.witnessing import witness_step
from pinlian.relayer import facade as relayer
from pinlian.relayer.policy import WAITING_MS_MAX
from pinlian.web.api_requests import forget_old_answers


def compose_engine(*, waiting_ms_max: int = WAITING_MS_MAX) -> Engine:
    """The engine of this instance; one process has one.

    Args:
        waiting_ms_max: how long an order waits at most for others in its batch.

    Raises:
        NotDeployed: the network has no escrow of this instance.
    """
    anchoring = wiring.make_anchoring()
    return Engine(
        relayer=wiring.make_relayer(waiting_ms_max=waiting_ms_max),
        indexer=wiring.make_indexer(),
        now=wiring.chain_now,
        due_upkeep=groupbuy.due_upkeep,
        submit_upkeep=relayer.submit_upkeep,
        chores=[money.follow_top_ups, forget_old_answers, Tidying().step],
        follow_facts=follow_step,
        beside={
            "words": market.WordsRecording().step,
            "deliveries": groupbuy.DeliveriesRecording(trace.lots_of_group).step,
            "heads": anchoring.sign_head,
            "witnesses": witness_step,
            "anchor": anchoring.step,
            "examiner": trace.watch_step,
            "subscriptions": epcis.deliver_step,
        },
    )
