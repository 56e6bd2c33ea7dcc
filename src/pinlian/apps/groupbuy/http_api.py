"""Group buying over HTTP: signed messages in, groups, orders, cases and proofs out."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from ninja import Path, Query, Router
from ninja.responses import Status
from ninja.security import django_auth

from pinlian.apps.groupbuy import facade
from pinlian.apps.groupbuy.http_schemas import (
    AnswersOut,
    BuyerOut,
    CaseOut,
    CasesOut,
    ConsolidatedOut,
    DeliveryDetailsOut,
    GroupOut,
    GroupPageIn,
    GroupProofOut,
    GroupsOut,
    HandOutIn,
    HandOutListOut,
    Hash,
    MembersOut,
    MessageStateOut,
    OrderDetailOut,
    OrdersOut,
    PayoutsOut,
    PickupCodeOut,
    ProblemOut,
    PromiseOut,
    ProofOut,
    SealedIn,
    SignedMessageIn,
    SignedOrderIn,
    SignedOrdersIn,
)
from pinlian.apps.money.facade import payouts_of_group
from pinlian.apps.people.facade import addresses_of
from pinlian.domain.refusals import Refusal, Refused
from pinlian.indexer import facade as indexer
from pinlian.relayer import facade as relayer

router = Router()

Limit = Annotated[int, Query(ge=1, le=200)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]
HashPath = Annotated[Hash, Path()]

NOT_FOUND = {404: ProblemOut, 422: ProblemOut}
OWN = {401: ProblemOut, 403: ProblemOut, 422: ProblemOut}
REFUSED = dict.fromkeys((403, 404, 409, 413, 422, 429, 503), ProblemOut)


def own_accounts(request: HttpRequest) -> list[str]:
    """The accounts of whoever is logged in. Behind django_auth, which has turned everybody else away."""
    return addresses_of(request.user.pk) if request.user.pk is not None else []


def _opening(sealed: SealedIn | None) -> facade.Opening | None:
    return facade.Opening(sealed.salt, sealed.sealed) if sealed else None


# --- Signed messages ---


@router.post(
    "/messages", response={202: PromiseOut, **REFUSED}, operation_id="submit_message", tags=["signed messages"]
)
def submit_message(request: HttpRequest, payload: SignedMessageIn) -> Any:
    """Hand in a signed message of any kind. It is on disk when the answer comes; the same message again is harmless."""
    evidence = payload.evidence
    return Status(
        202,
        facade.submit_message(
            payload.kind,
            payload.message,
            payload.signature,
            payload.signer,
            details=_opening(payload.details),
            evidence=facade.Opening(evidence.salt, evidence.text) if evidence else None,
        ),
    )


@router.get(
    "/messages/{message_id}",
    response={200: MessageStateOut, **NOT_FOUND},
    operation_id="get_message",
    tags=["signed messages"],
)
def get_message(request: HttpRequest, message_id: HashPath) -> Any:
    """How far a message has come on its way to the chain."""
    state = relayer.status(message_id)
    if state is None:
        raise Refused(Refusal.MESSAGE_UNKNOWN, "message_id")
    return {
        "id": state.id,
        "kind": state.kind,
        "stage": state.stage.value,
        "refusal": state.refusal.name if state.refusal is not None else None,
        "tx_hash": state.tx_hash,
        "block_number": state.block_number,
        "is_indexed": _is_indexed(state),
        "received_at": state.received_at,
        "promised_by": state.promised_by,
    }


def _is_indexed(state: relayer.MessageState) -> bool:
    """A message is final only when the read model has its block."""
    if state.stage == relayer.Stage.PLACED and state.block_number is not None:
        return state.block_number <= indexer.position()[0]
    return state.stage == relayer.Stage.FINAL


@router.post("/orders", response={202: PromiseOut, **REFUSED}, operation_id="submit_order", tags=["orders"])
def submit_order(request: HttpRequest, payload: SignedOrderIn) -> Any:
    """Hand in one signed order."""
    return Status(
        202,
        facade.submit_message(
            "order",
            payload.message.dict(),
            payload.signature,
            payload.signer,
            details=_opening(payload.details),
        ),
    )


@router.post(
    "/orders/many",
    response={202: AnswersOut, 413: ProblemOut, 422: ProblemOut, 503: ProblemOut},
    operation_id="submit_orders",
    tags=["orders"],
)
def submit_orders(request: HttpRequest, payload: SignedOrdersIn) -> Any:
    """Hand in many signed orders by one request. Each is accepted or refused by itself; the answers are in order."""
    answers = relayer.submit_all(
        relayer.Submission("order", order.message.dict(), order.signature, order.signer) for order in payload.orders
    )
    return Status(202, {"answers": [_answer(answer) for answer in answers]})


def _answer(answer: relayer.Promise | Refused) -> dict[str, Any]:
    if isinstance(answer, Refused):
        return {"promise": None, "refused": import_string(settings.PROBLEM_DOCUMENT)(answer)}
    return {"promise": answer, "refused": None}


# --- Groups ---


@router.get("/groups", response={200: GroupsOut, 422: ProblemOut}, operation_id="list_groups", tags=["groups"])
def list_groups(
    request: HttpRequest,
    pickup: Annotated[list[Hash] | None, Query()] = None,
    offer: Annotated[list[Hash] | None, Query()] = None,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Any:
    """Groups that take orders now, those that close first before the others."""
    return {
        "groups": facade.groups_on_sale(int(time.time()), pickups=pickup, offer_ids=offer, limit=limit, offset=offset)
    }


@router.get("/groups/{group_id}", response={200: GroupOut, **NOT_FOUND}, operation_id="get_group", tags=["groups"])
def get_group(request: HttpRequest, group_id: HashPath) -> Any:
    """A group with its live progress."""
    return facade.group_card(group_id)


@router.get(
    "/groups/{group_id}/members",
    response={200: MembersOut, **NOT_FOUND},
    operation_id="list_members",
    tags=["groups"],
)
def list_members(request: HttpRequest, group_id: HashPath, limit: Limit = 50, offset: Offset = 0) -> Any:
    """The true member list: every order that was not cancelled, with the leaf that proves it."""
    facade.group_card(group_id)
    return {"members": facade.members(group_id, limit=limit, offset=offset)}


@router.get(
    "/groups/{group_id}/proof",
    response={200: GroupProofOut, **NOT_FOUND, 503: ProblemOut},
    operation_id="prove_group",
    tags=["proofs"],
)
def prove_group(request: HttpRequest, group_id: HashPath, after: Annotated[int, Query(ge=0, le=2**63 - 1)] = 0) -> Any:
    """A group's orders with the paths to the roots of their batches, some at once: nobody is invented or hidden."""
    return facade.group_proof(group_id, after=after)


@router.get(
    "/groups/{group_id}/payouts",
    response={200: PayoutsOut, **NOT_FOUND},
    operation_id="list_group_payouts",
    tags=["groups"],
)
def list_group_payouts(request: HttpRequest, group_id: HashPath) -> Any:
    """Who was paid how much of a group."""
    facade.group_card(group_id)
    paid = payouts_of_group(group_id)
    return {"payouts": [{"account": account, "amount_minor": amount} for account, amount in paid.items()]}


@router.put(
    "/groups/{group_id}/page",
    auth=django_auth,
    response={204: None, **OWN, 404: ProblemOut, 413: ProblemOut},
    operation_id="write_group_page",
    tags=["groups"],
)
def write_group_page(request: HttpRequest, group_id: HashPath, payload: GroupPageIn) -> Any:
    """The leader's words on the group's page."""
    facade.write_group_page(group_id, own_accounts(request), note=payload.note, pickup_note=payload.pickup_note)
    return Status(204, None)


@router.get(
    "/groups/{group_id}/hand-outs",
    auth=django_auth,
    response={200: HandOutListOut, **OWN, 404: ProblemOut},
    operation_id="list_hand_outs",
    tags=["handing out"],
)
def list_hand_outs(request: HttpRequest, group_id: HashPath) -> Any:
    """Who collects what; for the leader and the merchant."""
    return facade.hand_out_list(group_id, own_accounts(request))


@router.post(
    "/groups/{group_id}/hand-outs",
    auth=django_auth,
    response={200: BuyerOut, **OWN, 404: ProblemOut, 409: ProblemOut, 429: ProblemOut},
    operation_id="hand_out",
    tags=["handing out"],
)
def hand_out(request: HttpRequest, group_id: HashPath, payload: HandOutIn) -> Any:
    """Record that a buyer collected, by the code on the buyer's phone or by the account of a known neighbour."""
    accounts = own_accounts(request)
    if payload.code is not None:
        return {"buyer": facade.hand_out_by_code(group_id, payload.code, accounts)}
    if payload.buyer is None:
        raise Refused(Refusal.MALFORMED, "code", "give a code or a buyer")
    facade.hand_out_without_code(group_id, payload.buyer, accounts)
    return {"buyer": payload.buyer}


# --- Orders ---


@router.get(
    "/me/orders", auth=django_auth, response={200: OrdersOut, **OWN}, operation_id="list_my_orders", tags=["orders"]
)
def list_my_orders(request: HttpRequest, limit: Limit = 50, offset: Offset = 0) -> Any:
    """My orders, newest first; on the first page those before others that are not on the chain: waiting or refused."""
    accounts = own_accounts(request)
    unplaced = facade.unplaced_orders(accounts) if offset == 0 else []
    return {"orders": [*unplaced, *facade.placed_orders(accounts, limit=limit, offset=offset)]}


@router.get(
    "/orders/{order_id}",
    response={200: OrderDetailOut, **NOT_FOUND, 503: ProblemOut},
    operation_id="get_order",
    tags=["orders"],
)
def get_order(request: HttpRequest, order_id: HashPath) -> Any:
    """An order with its timeline, proof and case: what the chain says, open to all. Delivery details are not in it."""
    return facade.order_detail(order_id, int(time.time()))


@router.get(
    "/orders/{order_id}/proof",
    response={200: ProofOut, **NOT_FOUND, 503: ProblemOut},
    operation_id="prove_order",
    tags=["proofs"],
)
def prove_order(request: HttpRequest, order_id: HashPath) -> Any:
    """Leaf, place, siblings and root: what a phone needs to check by itself that the order is on the chain."""
    return facade.proof_of(order_id)


@router.get(
    "/orders/{order_id}/pickup-code",
    auth=django_auth,
    response={200: PickupCodeOut, **OWN, 404: ProblemOut},
    operation_id="get_pickup_code",
    tags=["handing out"],
)
def get_pickup_code(request: HttpRequest, order_id: HashPath) -> Any:
    """The code that the buyer shows to collect."""
    return {"code": facade.pickup_code(order_id, own_accounts(request))}


@router.get(
    "/orders/{order_id}/delivery-details",
    auth=django_auth,
    response={200: DeliveryDetailsOut, **OWN, 404: ProblemOut},
    operation_id="read_delivery_details",
    tags=["orders"],
)
def read_delivery_details(request: HttpRequest, order_id: HashPath) -> Any:
    """The encrypted delivery details, for the buyer, the leader and the merchant to open on their device."""
    return {"sealed": facade.read_delivery_details(order_id, own_accounts(request))}


@router.delete(
    "/orders/{order_id}/delivery-details",
    auth=django_auth,
    response={204: None, **OWN, 404: ProblemOut},
    operation_id="erase_delivery_details",
    tags=["orders"],
)
def erase_delivery_details(request: HttpRequest, order_id: HashPath) -> Any:
    """Forget my delivery details of this order."""
    facade.erase_delivery_details(order_id, own_accounts(request))
    return Status(204, None)


# --- Cases and consolidated orders ---


@router.get("/cases/{case_id}", response={200: CaseOut, **NOT_FOUND}, operation_id="get_case", tags=["cases"])
def get_case(request: HttpRequest, case_id: HashPath) -> Any:
    """A return or claim."""
    return facade.case_card(case_id)


@router.get(
    "/me/cases", auth=django_auth, response={200: CasesOut, **OWN}, operation_id="list_my_cases", tags=["cases"]
)
def list_my_cases(request: HttpRequest, waiting_for_me: bool = False, limit: Limit = 50, offset: Offset = 0) -> Any:
    """Cases that I opened; or those that wait for me as merchant, arbiter or leader, the most urgent first."""
    read = facade.cases_to_decide if waiting_for_me else facade.cases_of_buyers
    return {"cases": read(own_accounts(request), limit=limit, offset=offset)}


@router.get(
    "/me/consolidated-orders",
    auth=django_auth,
    response={200: ConsolidatedOut, **OWN},
    operation_id="list_consolidated_orders",
    tags=["merchants"],
)
def list_consolidated_orders(request: HttpRequest, offer: Annotated[Hash | None, Query()] = None) -> Any:
    """What I have to bring where, a line for each group."""
    lines: Sequence[facade.ConsolidatedLine] = facade.consolidated_orders(own_accounts(request), offer_id=offer)
    return {"lines": lines}
