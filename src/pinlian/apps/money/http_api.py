"""Money over HTTP: accounts, statements, top-ups."""

from enum import IntEnum
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema
from ninja.responses import Status
from ninja.security import django_auth
from pydantic import BeforeValidator

from pinlian.apps.money import facade
from pinlian.apps.people.facade import addresses_of
from pinlian.domain.refusals import Refusal, Refused

router = Router(tags=["money"])

Address = Annotated[str, Field(pattern=r"^0x[0-9a-f]{40}$", examples=["0x" + "b7" * 20])]
AddressPath = Annotated[Address, Path()]
Limit = Annotated[int, Query(ge=1, le=200)]
Minor = Annotated[int, Field(description="Minor units.", examples=[2580])]
Seconds = Annotated[int, Field(description="Seconds since the Unix epoch; 0: not yet.", examples=[1_790_000_000])]


def _name(value: Any) -> Any:
    return value.name.lower() if isinstance(value, IntEnum) else value


class ProblemOut(Schema):
    """RFC 9457 problem details, in the language of the request."""

    type: str
    title: str
    status: int
    refusal: str | None
    field: str | None
    detail: str | None = None
    remedy: str


class AccountOut(Schema):
    """What an account has, and what it may sign next. One that the chain has not heard of has nothing."""

    address: Address
    balance_minor: Minor
    reserved_minor: Minor = Field(description="Promised to messages that are on their way to the chain.")
    available_minor: Minor
    nonce_base: int
    next_nonce: int | None = Field(description="Sign the next order with this; null: too many wait.")


class StatementLineOut(Schema):
    id: int
    account: Address
    kind: Annotated[
        Literal["deposit", "withdrawal", "order", "cancellation", "refund", "rebate", "award", "payout"],
        BeforeValidator(_name),
    ]
    amount_minor: Minor
    balance_minor: Minor = Field(description="The balance after this line.")
    group_id: str
    order_id: str
    counterparty: str
    tx_hash: str
    at: Seconds


class StatementOut(Schema):
    lines: list[StatementLineOut]
    next_before: int | None = Field(description="`before` of the next page; null at the end.")


class PayoutOut(Schema):
    account: Address
    group_id: str
    amount_minor: Minor
    last_at: Seconds


class PayoutsOut(Schema):
    payouts: list[PayoutOut]


class TopUpIn(Schema):
    account: Address
    amount_minor: int = Field(ge=1, le=facade.TOP_UP_MINOR_MAX, examples=[10_000])
    gateway: str = Field("test", max_length=16)


class TopUpOut(Schema):
    id: str
    account: Address
    amount_minor: Minor
    gateway: str
    status: Literal["created", "paid", "credited", "closed"]
    created_at: Seconds
    expires_at: Seconds
    paid_at: Seconds
    credited_at: Seconds
    pay_url: str = Field(description="Where to pay; empty when that is over.")


class TopUpsOut(Schema):
    top_ups: list[TopUpOut]


INVALID = {422: ProblemOut}
OWN = {401: ProblemOut, 403: ProblemOut, 422: ProblemOut}


def _own_accounts(request: HttpRequest) -> list[str]:
    return addresses_of(request.user.pk) if request.user.pk is not None else []


@router.get("/accounts/{address}", response={200: AccountOut, **INVALID}, operation_id="get_account")
def get_account(request: HttpRequest, address: AddressPath) -> Any:
    """Balance, what is promised, and the nonce to sign with next."""
    return facade.account_card(address)


@router.get("/accounts/{address}/statement", response={200: StatementOut, **INVALID}, operation_id="get_statement")
def get_statement(
    request: HttpRequest,
    address: AddressPath,
    before: Annotated[int | None, Query(ge=0, le=2**63 - 1)] = None,
    limit: Limit = 50,
) -> Any:
    """Every movement of the account, newest first. The amounts add up to the balance."""
    return facade.statement([address], before=before, limit=limit)


@router.get("/accounts/{address}/payouts", response={200: PayoutsOut, **INVALID}, operation_id="list_payouts")
def list_payouts(
    request: HttpRequest,
    address: AddressPath,
    limit: Limit = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Any:
    """What the account was paid as merchant, leader or payee, a line for each group."""
    return {"payouts": facade.payouts([address], limit=limit, offset=offset)}


@router.post(
    "/top-ups",
    auth=django_auth,
    response={201: TopUpOut, 409: ProblemOut, 503: ProblemOut, **OWN},
    operation_id="start_top_up",
)
def start_top_up(request: HttpRequest, payload: TopUpIn) -> Any:
    """Begin a payment. Send the buyer to `pay_url`; the balance grows when the gateway has told us."""
    return Status(201, facade.start_top_up(payload.account, payload.amount_minor, payload.gateway))


@router.get("/me/top-ups", auth=django_auth, response={200: TopUpsOut, **OWN}, operation_id="list_my_top_ups")
def list_my_top_ups(request: HttpRequest, limit: Limit = 20) -> Any:
    """Payments into my accounts, newest first."""
    return {"top_ups": facade.top_ups(_own_accounts(request), limit=limit)}


@router.get(
    "/top-ups/{top_up_id}",
    auth=django_auth,
    response={200: TopUpOut, 404: ProblemOut, **OWN},
    operation_id="get_top_up",
)
def get_top_up(request: HttpRequest, top_up_id: Annotated[str, Path(max_length=32, pattern=r"^[A-Za-z0-9]+$")]) -> Any:
    """How far a payment of mine is."""
    card = facade.top_up(top_up_id)
    if card.account not in _own_accounts(request):
        raise Refused(Refusal.NOT_YOURS, "top_up_id")
    return card


@router.post(
    "/payments/{gateway}/notices",
    response={204: None, 404: ProblemOut, 422: ProblemOut},
    operation_id="receive_payment_notice",
)
def receive_payment_notice(request: HttpRequest, gateway: Annotated[str, Path(pattern=r"^[a-z0-9-]{1,16}$")]) -> Any:
    """A gateway's signed callback. Told once or more than once, a payment is credited once."""
    facade.receive_notice(gateway, request.headers, request.body)
    return Status(204, None)
