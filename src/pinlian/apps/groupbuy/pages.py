"""What residents see: what is on, groups, and their own orders from signing to settlement."""

import secrets
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from csp.decorators import csp_update
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pinlian.apps.groupbuy import facade
from pinlian.apps.groupbuy.drawings import ladder_of_group, ladder_of_offer, progress_bar
from pinlian.apps.groupbuy.forms import ClaimForm, OrderForm, ReturnForm
from pinlian.apps.groupbuy.reading import (
    group_tiles,
    offer_tiles,
    offset_of,
    qr_svg,
    reader_addresses,
    reader_home,
    seconds_now,
    words_of,
)
from pinlian.apps.groupbuy.records import GroupCard, OrderDetail, OrderStage, OrderSummary
from pinlian.apps.market import facade as market
from pinlian.apps.money import facade as money
from pinlian.apps.people import facade as people
from pinlian.chain.rpc import hex_bytes
from pinlian.chain.typed_data import message_json
from pinlian.domain.case import CaseKind
from pinlian.domain.group import GroupStatus
from pinlian.domain.messages import CancelOrder, OpenCase
from pinlian.domain.order import Order, order_id
from pinlian.domain.refusals import Refusal, Refused
from pinlian.record import facade as record

MEMBERS_A_PAGE = 50
ORDERS_A_PAGE = 30
# After that an order that was refused is seen on its own page only.
REFUSED_SHOWN_SECONDS = 30 * 86_400
GROUPS_A_PAGE = 24
OFFERS_ON_HOME = 12
ORDER_VALID_SECONDS = 3600
# The result of the last poll (htmx): ask no more.
STOP_POLLING = 286


# --- Looking round ---


@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """What is on: open groups near the reader, and offers that wait for a leader."""
    query = request.GET.get("q", "").strip()[:40]
    category = request.GET.get("category", "")
    points = people.pickup_points()
    near = reader_home(request)
    if "near" in request.GET:
        near = next((point for point in points if str(point.id) == request.GET["near"]), None)
    offers = market.offers_on_sale(query=query, category=category)
    groups = facade.groups_on_sale(
        seconds_now(),
        pickups=[point.commitment for point in people.points_near(near.id)] if near else None,
        offer_ids=[offer.id for offer in offers] if query or category else None,
        limit=GROUPS_A_PAGE,
        offset=offset_of(request),
    )
    chosen = {"q": query, "category": category, "near": request.GET.get("near", ""), "offset": ""}
    if len(groups) == GROUPS_A_PAGE:
        chosen["offset"] = str(offset_of(request) + GROUPS_A_PAGE)
    in_groups = {group.offer.id for group in groups}
    return render(
        request,
        "groupbuy/home.html",
        {
            "section": "home",
            "query": query,
            "category": category,
            "categories": market.Category.choices,
            "points": points,
            "near": near,
            "groups": group_tiles(groups),
            "more": urlencode(chosen) if chosen["offset"] else "",
            "offers": offer_tiles([offer for offer in offers if offer.id not in in_groups][:OFFERS_ON_HOME]),
            "now": seconds_now(),
        },
    )


@require_GET
def offer(request: HttpRequest, offer_id: str) -> HttpResponse:
    """One offer, and the open groups with it."""
    terms = market.offer_terms([offer_id]).get(offer_id)
    if terms is None:
        raise Refused(Refusal.OFFER_UNKNOWN)
    return render(
        request,
        "groupbuy/offer.html",
        {
            "section": "home",
            "offer": terms,
            "terms_fact": market.fact_of_terms(offer_id),
            "words": words_of(offer_id),
            "ladder": ladder_of_offer(terms.ladder),
            "groups": group_tiles(facade.groups_on_sale(seconds_now(), offer_ids=[offer_id])),
            "now": seconds_now(),
        },
    )


def _group_context(group: GroupCard) -> dict[str, object]:
    return {
        "group": group,
        "words": words_of(group.offer.id),
        "bar": progress_bar(group),
        "ladder": ladder_of_group(group),
        "now": seconds_now(),
    }


def _takes_orders(group: GroupCard) -> bool:
    return group.status == GroupStatus.OPEN and seconds_now() < group.closes_at and group.units_left > 0


@require_GET
def group(request: HttpRequest, group_id: str) -> HttpResponse:
    """A group's page: progress, prices, who is in, and the way to order."""
    card = facade.group_card(group_id)
    own = reader_addresses(request)
    waiting = [
        order
        for order in facade.unplaced_orders(own)
        if order.group_id == group_id and order.stage == OrderStage.WAITING
    ]
    return render(
        request,
        "groupbuy/group.html",
        {
            "section": "home",
            **_group_context(card),
            **_members_context(card, 0),
            "my_orders": [(order.id, order.quantity) for order in waiting] + facade.own_members(group_id, own),
            "can_order": _takes_orders(card),
            "is_leader": card.leader in own,
            **_delivery_context(card),
        },
    )


def _delivery_context(group: GroupCard) -> dict[str, object]:
    """The delivery as the record has it, and who has to vouch for the record."""
    delivery = facade.deliveries([group.id]).get(group.id) if group.delivered_at else None
    return {"delivery": delivery, "policy": record.witness_policy()} if delivery else {}


def _members_context(group: GroupCard, offset: int) -> dict[str, object]:
    following = offset + MEMBERS_A_PAGE
    return {
        "members": facade.members(group.id, limit=MEMBERS_A_PAGE, offset=offset),
        "next_offset": following if following < group.orders_count else None,
    }


@require_GET
def group_members(request: HttpRequest, group_id: str) -> HttpResponse:
    """More of who is in: the rows that follow those of the group's page."""
    card = facade.group_card(group_id)
    context = {"group": card, **_members_context(card, offset_of(request))}
    return render(request, "groupbuy/member_rows.html", context)


@require_GET
def group_progress(request: HttpRequest, group_id: str) -> HttpResponse:
    """The moving part of a group's page; polling ends with the group's being open."""
    card = facade.group_card(group_id)
    status = HTTPStatus.OK if card.status == GroupStatus.OPEN else STOP_POLLING
    return render(request, "groupbuy/group_progress.html", _group_context(card), status=status)


@require_GET
def group_poster(request: HttpRequest, group_id: str) -> HttpResponse:
    """A page to print and hang up."""
    card = facade.group_card(group_id)
    address = request.build_absolute_uri(reverse("groupbuy:group", args=[group_id]))
    return render(request, "groupbuy/poster.html", {**_group_context(card), "address": address, "qr": qr_svg(address)})


# --- Ordering ---


@dataclass(frozen=True, slots=True)
class Rebate:
    """What comes back if the group reaches a step of the ladder."""

    units_min: int
    price_minor: int
    back_minor: int


@dataclass(frozen=True, slots=True)
class OrderAmounts:
    """What an order costs now, and what of it may come back."""

    pay_minor: int
    rebates: tuple[Rebate, ...]
    units_min: int
    balance_minor: int
    missing_minor: int
    top_up_url: str


def _amounts(request: HttpRequest, group: GroupCard, quantity: int) -> OrderAmounts:
    first = group.offer.first_price_minor
    pay = quantity * first
    address = people.address_of(request.user.pk or 0)
    balance = money.account_card(address).available_minor if address else 0
    missing = max(pay - balance, 0)
    back = f"{reverse('groupbuy:order-new', args=[group.id])}?quantity={quantity}"
    return OrderAmounts(
        pay_minor=pay,
        rebates=tuple(
            Rebate(step.units_min, step.price_minor, quantity * (first - step.price_minor)) for step in group.ladder[1:]
        ),
        units_min=group.units_min,
        balance_minor=balance,
        missing_minor=missing,
        top_up_url=f"{reverse('money:top-up')}?{urlencode({'amount_minor': missing, 'next': back}, safe='/')}",
    )


def _quantity(request: HttpRequest) -> int:
    text = request.GET.get("quantity", "1")
    return max(int(text), 1) if text.isdecimal() and len(text) <= 9 else 1


@login_required
@require_http_methods(["GET", "POST"])
def order_new(request: HttpRequest, group_id: str) -> HttpResponse:
    """The order before it is signed; a POST answers with the message to sign."""
    card = facade.group_card(group_id)
    if request.method == "POST":
        return _prepare_order(request, card)
    if people.address_of(request.user.pk or 0) is None:
        return redirect(people.key_address(request.get_full_path()))
    if not _takes_orders(card):
        return redirect("groupbuy:group", group_id)
    quantity = _quantity(request)
    return render(
        request,
        "groupbuy/order_new.html",
        {
            "section": "home",
            **_group_context(card),
            "quantity": quantity,
            "amounts": _amounts(request, card, quantity),
        },
    )


@login_required
@require_GET
def order_amounts(request: HttpRequest, group_id: str) -> HttpResponse:
    """What the chosen quantity costs."""
    amounts = _amounts(request, facade.group_card(group_id), _quantity(request))
    return render(request, "groupbuy/order_amounts.html", {"amounts": amounts})


def _prepare_order(request: HttpRequest, group: GroupCard) -> JsonResponse:
    form = OrderForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    quantity = form.cleaned_data["quantity"]
    address = people.address_of(request.user.pk or 0)
    account = money.account_card(address) if address else None
    if address is None or account is None or account.next_nonce is None:
        return JsonResponse(
            {"errors": {"__all__": [_("Too many of your orders are waiting. Try again in a moment.")]}},
            status=HTTPStatus.UNPROCESSABLE_ENTITY,
        )
    message = Order(
        group=hex_bytes(group.id),
        offer=hex_bytes(group.offer.id),
        quantity=quantity,
        amount=quantity * group.offer.first_price_minor,
        nonce=account.next_nonce,
        valid_until=min(seconds_now() + ORDER_VALID_SECONDS, group.closes_at),
        details=bytes(32),
    )
    readers = [people.encryption_key_of(reader) for reader in dict.fromkeys((group.leader, address))]
    placed = order_id(message.group, hex_bytes(address), message.nonce)
    return JsonResponse(
        {
            "kind": "order",
            "message": message_json(message),
            "next": reverse("groupbuy:order", args=[f"0x{placed.hex()}"]),
            "readers": [key for key in readers if key is not None],
        }
    )


# --- My orders ---


@login_required
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """The reader's orders: what is ready to collect, then the newest."""
    own = reader_addresses(request)
    offset = offset_of(request)
    unplaced = facade.unplaced_orders(own, refused_since=seconds_now() - REFUSED_SHOWN_SECONDS) if offset == 0 else []
    placed = facade.placed_orders(own, limit=ORDERS_A_PAGE, offset=offset)
    ready = facade.orders_to_collect(own)
    others = [order for order in (*unplaced, *placed) if order not in ready]
    others.sort(key=lambda order: -order.placed_at)
    shown = [*ready, *others] if offset == 0 else others
    words = market.offer_words({order.offer_id for order in shown})
    return render(
        request,
        "groupbuy/orders.html",
        {
            "section": "orders",
            "waiting": any(order.stage == OrderStage.WAITING for order in unplaced),
            "rows": [{"order": order, "words": words[order.offer_id]} for order in shown],
            "next_offset": offset + ORDERS_A_PAGE if len(placed) == ORDERS_A_PAGE else None,
        },
    )


def _own_order(request: HttpRequest, identifier: str) -> tuple[OrderDetail, list[str]]:
    own = reader_addresses(request)
    detail = facade.order_detail(identifier, seconds_now())
    if detail.order.buyer not in own:
        raise Refused(Refusal.NOT_YOURS)
    return detail, own


def _order_context(detail: OrderDetail) -> dict[str, object]:
    return {
        "section": "orders",
        "detail": detail,
        "order": detail.order,
        "group": detail.group,
        "words": words_of(detail.order.offer_id),
    }


def _unplaced_order(request: HttpRequest, identifier: str) -> OrderSummary:
    own = facade.unplaced_orders(reader_addresses(request))
    found = next((order for order in own if order.id == identifier), None)
    if found is None:
        raise Refused(Refusal.ORDER_UNKNOWN)
    return found


@login_required
@require_GET
def order(request: HttpRequest, identifier: str) -> HttpResponse:
    """One order: where it stands, what can be done about it, and the code to collect."""
    try:
        detail, own = _own_order(request, identifier)
    except Refused as refused:
        if refused.refusal != Refusal.ORDER_UNKNOWN:
            raise
        unplaced = _unplaced_order(request, identifier)
        return render(
            request,
            "groupbuy/order_unplaced.html",
            {"section": "orders", "order": unplaced, "words": words_of(unplaced.offer_id)},
        )
    context = _order_context(detail)
    if detail.order.stage == OrderStage.DELIVERED:
        code = facade.pickup_code(identifier, own)
        context |= {"collect_code": code, "collect_qr": qr_svg(f"{detail.group.id}/{code}")}
    if detail.can_cancel:
        message = CancelOrder(group=hex_bytes(detail.order.group_id), order_nonce=detail.order.nonce)
        context["cancel_message"] = message_json(message)
    return render(request, "groupbuy/order.html", context)


# The decorator's types know only views without further arguments.
@csp_update({"connect-src": ["https:", "http://localhost:*", "http://127.0.0.1:*"]})  # type: ignore[arg-type]
@login_required
@require_GET
def proof(request: HttpRequest, identifier: str) -> HttpResponse:
    """Check an order against the chain, through any node that the reader trusts: hence the wider connect-src."""
    detail, _own = _own_order(request, identifier)
    return render(request, "groupbuy/proof.html", _order_context(detail))


@login_required
@require_GET
def receipt(request: HttpRequest, identifier: str) -> HttpResponse:
    """A page to print, with all that a stranger needs to check it."""
    detail, _own = _own_order(request, identifier)
    address = request.build_absolute_uri(reverse("api-1:prove_order", args=[identifier]))
    return render(
        request, "groupbuy/receipt.html", {**_order_context(detail), "proof": detail.proof, "qr": qr_svg(address)}
    )


@login_required
@require_POST
def erase_details(request: HttpRequest, identifier: str) -> HttpResponse:
    """Forget what the buyer wrote for those who hand out."""
    facade.erase_delivery_details(identifier, reader_addresses(request))
    messages.success(request, _("Erased. Nobody can read them any more."))
    return redirect("groupbuy:order", identifier)


# --- Returns and claims ---


@login_required
@require_http_methods(["GET", "POST"])
def case_new(request: HttpRequest, identifier: str) -> HttpResponse:
    """Ask for money back; a POST answers with the message to sign."""
    detail, _own = _own_order(request, identifier)
    kind = request.GET.get("kind")
    if kind not in {"return", "claim"} or not (detail.can_return if kind == "return" else detail.can_claim):
        raise Http404
    amount_minor = detail.order.quantity * detail.group.price_minor
    data = request.POST if request.method == "POST" else None
    form = ReturnForm(data) if kind == "return" else ClaimForm(data, amount_minor)
    if request.method == "GET":
        return render(request, "groupbuy/case_new.html", {**_order_context(detail), "form": form, "kind": kind})
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    text = form.words() if isinstance(form, ClaimForm) else form.cleaned_data["text"]
    salt = f"0x{secrets.token_hex(32)}"
    message = OpenCase(
        group=hex_bytes(detail.order.group_id),
        order_nonce=detail.order.nonce,
        kind=CaseKind.RETURN if kind == "return" else CaseKind.CLAIM,
        asked=amount_minor if kind == "return" else form.cleaned_data["asked"],
        evidence=hex_bytes(facade.commitment_of(salt, text)),
    )
    return JsonResponse(
        {
            "kind": "open_case",
            "message": message_json(message),
            "extra": {"evidence": {"salt": salt, "text": text}},
        }
    )
