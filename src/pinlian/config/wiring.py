"""What feeds what: events to projections, the chain to the relayer and the indexer, the read model to the relayer."""

import time
from collections.abc import Callable
from functools import cache

from django.conf import settings
from django.db.models import Model

from pinlian.apps.capture import models as capture_models
from pinlian.apps.capture import projections as capture
from pinlian.apps.epcis import master_data as epcis_master_data
from pinlian.apps.epcis import models as epcis_models
from pinlian.apps.epcis import projections as epcis
from pinlian.apps.epcis.facade import admit_fact as admit_event
from pinlian.apps.groupbuy import models as groupbuy_models
from pinlian.apps.groupbuy import projections as groupbuy
from pinlian.apps.groupbuy.chain_view import ReadModelView
from pinlian.apps.market import models as market_models
from pinlian.apps.market import projections as market
from pinlian.apps.money import models as money_models
from pinlian.apps.money import projections as money
from pinlian.apps.trace import models as trace_models
from pinlian.apps.trace import projections as trace
from pinlian.apps.trace.facade import admit as admit_about_goods
from pinlian.chain.contract_wallets import ContractWallets
from pinlian.chain.deployment import Deployment, load
from pinlian.chain.escrow import Escrow
from pinlian.chain.keys import read_or_create
from pinlian.chain.record_anchor import RecordAnchor
from pinlian.chain.rpc import Rpc, RpcError
from pinlian.chain.transactions import Sender
from pinlian.chain.yuan import Yuan
from pinlian.domain import chain_events as events
from pinlian.domain.refusals import Refusal, Refused
from pinlian.indexer.follow import Indexer, Projections
from pinlian.record import identity
from pinlian.record.anchoring import Anchoring
from pinlian.record.follow import Projections as FactProjections
from pinlian.record.http_api import Admissions as FactAdmissions
from pinlian.relayer.intake import Intake
from pinlian.relayer.loop import Relayer, RelayerSettings
from pinlian.relayer.policy import WAITING_MS_MAX, Policy

RELAYER_KEY, TREASURY_KEY = "relayer", "treasury"

PROJECTIONS: Projections = {
    events.Deposited: [money.on_deposited],
    events.Withdrawn: [money.on_withdrawn],
    events.NonceBumped: [money.on_nonce_bumped],
    events.PaidOut: [money.on_paid_out],
    events.OfferPublished: [market.on_offer_published],
    events.GroupOpened: [groupbuy.on_group_opened],
    events.OrdersPlaced: [groupbuy.on_orders_placed],
    events.OrderCancelled: [groupbuy.on_order_cancelled],
    events.GroupClosed: [groupbuy.on_group_closed],
    events.GroupFailed: [groupbuy.on_group_failed],
    events.RunRefunded: [groupbuy.on_run_refunded],
    events.RunRebated: [groupbuy.on_run_rebated],
    events.GroupDelivered: [groupbuy.on_group_delivered],
    events.CaseOpened: [groupbuy.on_case_opened],
    events.CaseRejected: [groupbuy.on_case_rejected],
    events.CaseClosed: [groupbuy.on_case_closed],
    events.GroupSettled: [groupbuy.on_group_settled],
    events.Paused: [groupbuy.on_paused],
}
"""GroupsRefused changes nothing: the relayer reads it from the receipt."""

PROJECTED_MODELS: tuple[type[Model], ...] = (
    market_models.Offer,
    groupbuy_models.PauseState,
    groupbuy_models.Group,
    groupbuy_models.Batch,
    groupbuy_models.Order,
    groupbuy_models.Case,
    money_models.Account,
    money_models.Entry,
)
"""Every table that the chain writes."""


FACT_PROJECTIONS: FactProjections = {
    "offer_terms": [market.on_offer_terms],
    "product_version": [market.on_product_version],
    "delivery": [groupbuy.on_delivery],
    "epcis_event": [epcis.on_epcis_event, capture.on_epcis_event, trace.on_epcis_event],
    "epcis_master_data": [epcis_master_data.on_master_data],
    "lot": [trace.on_lot],
    "place": [trace.on_place],
    "certificate": [trace.on_certificate],
    "recall": [trace.on_recall],
}
"""Kind of fact -> who makes rows of it."""

FACT_ADMISSIONS: FactAdmissions = {
    "epcis_event": admit_event,
    "lot": admit_about_goods,
    "place": admit_about_goods,
    "certificate": admit_about_goods,
    "recall": admit_about_goods,
}
"""Kind of fact -> who refuses facts of it that somebody hands in by the HTTP API; others are not taken there."""

FACT_PROJECTED_MODELS: tuple[type[Model], ...] = (
    market_models.RecordedOffer,
    market_models.RecordedProduct,
    groupbuy_models.RecordedDelivery,
    epcis_models.MasterDataAttribute,
    epcis_models.MasterDataChild,
    epcis_models.MasterData,
    epcis_models.EventEpc,
    epcis_models.Event,
    trace_models.Lot,
    trace_models.Place,
    trace_models.Certificate,
    trace_models.LotCertificate,
    trace_models.Recall,
    trace_models.GroupLink,
    trace_models.Attachment,
    trace_models.Finding,
    trace_models.Examination,
    trace_models.ExaminationCursor,
    capture_models.Holding,
    capture_models.UnitContent,
    capture_models.BoundPhoto,
)
"""Every table that facts of the record write; one that refers to another comes first."""

EXAMINED_MODELS: tuple[type[Model], ...] = (
    trace_models.Finding,
    trace_models.Examination,
    trace_models.ExaminationCursor,
)
"""Those of them that the examiner writes, later than the projections; last, how far it is."""

FACT_FOLLOWING_MODELS = tuple(model for model in FACT_PROJECTED_MODELS if model not in EXAMINED_MODELS)
"""Those of them that change with the cursor: all but the examiner's."""


@cache
def rpc() -> Rpc:
    """The node that this instance works with."""
    return Rpc(settings.PINLIAN_RPC_URL)


@cache
def deployment() -> Deployment:
    """Where the contracts are.

    Raises:
        Refused: UNAVAILABLE, the node does not answer or nothing is deployed; asking again later may help.
    """
    try:
        found = load(settings.PINLIAN_HOME, rpc().chain_id())
    except RpcError as error:
        raise Refused(Refusal.UNAVAILABLE, None, str(error)) from error
    if found is None:
        raise Refused(Refusal.UNAVAILABLE, None, "no escrow is deployed: run `pinlian deploy`")
    return found


def escrow() -> Escrow:
    """The escrow of this instance."""
    place = deployment()
    return Escrow(rpc(), place.escrow, place.chain_id)


def _real_time() -> int:
    return int(time.time())


_clock: Callable[[], int] = _real_time


def chain_now() -> int:
    """The time that the next block will have at the earliest, Unix seconds."""
    return _clock()


def use_clock(clock: Callable[[], int]) -> None:
    """Let this process live by another clock than the real one: that of a node whose blocks are laid in the past."""
    global _clock
    _clock = clock


def make_intake() -> Intake:
    """The relayer's door (settings.RELAYER_INTAKE)."""
    place = deployment()
    return Intake(
        view=ReadModelView(),
        chain_id=place.chain_id,
        escrow=place.escrow,
        relayer_key=read_or_create(settings.PINLIAN_HOME, RELAYER_KEY).private_key,
        clock=chain_now,
        vouches=ContractWallets(settings.PINLIAN_RPC_URL, place.escrow).vouches,
    )


def make_relayer(*, waiting_ms_max: int = WAITING_MS_MAX) -> Relayer:
    """The relayer's loop; one a journal.

    Args:
        waiting_ms_max: how long an order waits at most for others in its batch.
    """
    place = deployment()
    is_issuer = place.treasury is not None
    return Relayer(
        rpc=rpc(),
        escrow=escrow(),
        yuan=Yuan(rpc(), place.token) if is_issuer else None,
        relayer=read_or_create(settings.PINLIAN_HOME, RELAYER_KEY),
        treasury=read_or_create(settings.PINLIAN_HOME, TREASURY_KEY) if is_issuer else None,
        view=ReadModelView(),
        clock=chain_now,
        settings=RelayerSettings(
            policy=Policy(age_ms_max=waiting_ms_max), confirmations=settings.PINLIAN_CONFIRMATIONS
        ),
    )


def make_anchoring() -> Anchoring:
    """What writes the record's heads on the chain; one a record."""
    return Anchoring(
        RecordAnchor(rpc(), identity.anchor_account()),
        Sender(rpc(), identity.keeper(), deployment().chain_id),
        first_block=deployment().block,
        interval_seconds=settings.PINLIAN_ANCHOR_SECONDS,
        confirmations=settings.PINLIAN_CONFIRMATIONS,
    )


def make_indexer() -> Indexer:
    """The indexer; one a read model."""
    return Indexer(
        rpc(),
        escrow(),
        PROJECTIONS,
        start_block=deployment().block,
        confirmations=settings.PINLIAN_CONFIRMATIONS,
    )
