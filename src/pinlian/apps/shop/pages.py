"""The merchant's own pages across offers, groups, cases and payouts. This app owns no table."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from pinlian.apps.groupbuy.facade import (
    cases_answered,
    cases_for_merchants,
    cases_for_merchants_count,
    consolidated_orders,
    groups_by_id,
    groups_of_offers,
    running_groups_of_offers,
)
from pinlian.apps.market.facade import (
    MerchantView,
    OfferTerms,
    accounts_of_merchant,
    merchant_of_person,
    offer_terms,
    offer_words,
    offers_of_merchants,
    products_of,
    trade_rules,
)
from pinlian.apps.money.facade import payouts, payouts_total
from pinlian.apps.people.facade import display_names
from pinlian.apps.shop.merchant_books import group_share_minor, merchant_books
from pinlian.apps.shop.order_sheets import SheetStop, as_csv, as_xlsx, order_sheet, totals
from pinlian.chain.typed_data import message_json
from pinlian.domain.group import GroupStatus
from pinlian.domain.messages import AnswerCase, CancelGroup
from pinlian.domain.offer import BPS
from pinlian.relayer.facade import Kind, pending_of, status

GROUPS_MAX = 200
OFFERS_SHOWN = 6
PAYOUTS_A_PAGE = 50
# All that wait are shown: each has its time.
CASES_WAITING_MAX = 200
CASES_A_PAGE = 20
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

Arguments = ParamSpec("Arguments")
ShopPage = Callable[Concatenate[HttpRequest, MerchantView, Arguments], HttpResponse]


def with_shop(page: ShopPage[Arguments]) -> Callable[Concatenate[HttpRequest, Arguments], HttpResponse]:
    """Gives the page the shop of whoever is logged in; who has none is asked to open one."""

    @login_required
    @wraps(page)
    def with_own_shop(request: HttpRequest, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> HttpResponse:
        merchant = merchant_of_person(request.user.pk) if request.user.pk is not None else None
        if merchant is None:
            return redirect("market:shop-edit")
        return page(request, merchant, *args, **kwargs)

    return with_own_shop


def _offset(request: HttpRequest) -> int:
    """How many rows of a list come before the page that was asked for."""
    text = request.GET.get("offset", "")
    return int(text) if text.isdecimal() and len(text) < 7 else 0


def show(
    request: HttpRequest, template: str, tab: str, merchant: MerchantView, context: dict[str, object]
) -> HttpResponse:
    """A page within the merchant's own pages."""
    return render(request, f"shop/{template}.html", {"section": "merchant", "tab": tab, "shop": merchant, **context})


@with_shop
@require_GET
def overview(request: HttpRequest, merchant: MerchantView) -> HttpResponse:
    accounts = accounts_of_merchant(merchant.id)
    offers = offers_of_merchants(accounts)
    groups = running_groups_of_offers([offer.id for offer in offers])
    words = offer_words([offer.id for offer in offers])
    names = display_names({group.leader for group in groups})
    books = merchant_books(offers, groups)
    return show(
        request,
        "overview",
        "overview",
        merchant,
        {
            "books": books,
            "paid_minor": payouts_total(accounts),
            "stock_percent": 100 * books.units_sold // books.stock_cap if books.stock_cap else 0,
            "cases_count": cases_for_merchants_count(accounts),
            "running": [(group, words[group.offer.id], names.get(group.leader, "")) for group in books.open],
            "to_deliver": [(group, words[group.offer.id], names.get(group.leader, "")) for group in books.to_deliver],
            "offers": [(offer, words[offer.id]) for offer in offers if offer.units_left > 0][:OFFERS_SHOWN],
            "has_products": bool(products_of(merchant.id)),
        },
    )


@with_shop
@require_GET
def offer(request: HttpRequest, merchant: MerchantView, offer_id: str) -> HttpResponse:
    """One of the merchant's offers; while it is on its way to the chain, or if that refused it, a page that says so."""
    found = offer_terms([offer_id]).get(offer_id)
    accounts = accounts_of_merchant(merchant.id)
    if found is None:
        # The device puts the message that it sent into the page's address.
        identifier = request.GET.get("message", "")
        state = status(identifier) if identifier.isalnum() else None
        if state is not None and state.kind == Kind.OFFER and state.refusal is not None:
            return show(request, "offer_waiting", "offers", merchant, {"refusal": state.refusal})
        if any(message.kind == Kind.OFFER for account in accounts for message in pending_of(account)):
            return show(request, "offer_waiting", "offers", merchant, {})
        raise Http404
    if found.merchant not in accounts:
        raise Http404
    shares = [(rule.name, rule.share_bps) for rule in trade_rules().payees if _is_payee(rule.account, found)]
    groups = groups_of_offers([offer_id], limit=GROUPS_MAX)
    names = display_names({group.leader for group in groups})
    return show(
        request,
        "offer",
        "offers",
        merchant,
        {
            "offer": found,
            "words": offer_words([offer_id])[offer_id],
            "merchant_bps": BPS - found.leader_bps - sum(payee.share_bps for payee in found.payees),
            "payees": shares,
            "groups": [
                {
                    "card": group,
                    "leader_name": names.get(group.leader, ""),
                    "share_minor": group_share_minor(group),
                    "cancel": message_json(CancelGroup(bytes.fromhex(group.id[2:])))
                    if group.status in (GroupStatus.OPEN, GroupStatus.CLOSED)
                    else None,
                }
                for group in groups
            ],
        },
    )


def _is_payee(account: str, terms: OfferTerms) -> bool:
    return any(f"0x{payee.account.hex()}" == account for payee in terms.payees)


def _sheet(merchant: MerchantView) -> list[SheetStop]:
    lines = consolidated_orders(accounts_of_merchant(merchant.id), statuses=(GroupStatus.OPEN, GroupStatus.CLOSED))
    return order_sheet(lines, offer_words({line.offer_id for line in lines}))


@with_shop
@require_GET
def orders(request: HttpRequest, merchant: MerchantView) -> HttpResponse:
    stops = _sheet(merchant)
    return show(request, "orders", "orders", merchant, {"stops": stops, "totals": totals(stops)})


@with_shop
@require_GET
def orders_file(request: HttpRequest, merchant: MerchantView, suffix: str) -> HttpResponse:
    stops = _sheet(merchant)
    write, media_type = {"csv": (as_csv, "text/csv; charset=utf-8"), "xlsx": (as_xlsx, XLSX_TYPE)}[suffix]
    title = pgettext("consolidated", "orders")
    name = f"{title}-{timezone.localdate().isoformat()}.{suffix}"
    return HttpResponse(
        write(stops),
        content_type=media_type,
        headers={"Content-Disposition": content_disposition_header(as_attachment=True, filename=name) or "attachment"},
    )


@with_shop
@require_GET
def cases(request: HttpRequest, merchant: MerchantView) -> HttpResponse:
    """Returns and claims: those that wait, with both answers ready to sign, and what became of the others."""
    accounts = accounts_of_merchant(merchant.id)
    offset = _offset(request)
    found = cases_for_merchants(accounts, limit=CASES_WAITING_MAX) if offset == 0 else []
    answered = cases_answered(accounts, limit=CASES_A_PAGE + 1, offset=offset)
    words = offer_words({case.offer_id for case in (*found, *answered)})
    rows = [
        {
            "case": case,
            "words": words[case.offer_id],
            "accept": message_json(AnswerCase(bytes.fromhex(case.id[2:]), accepted=True)),
            "reject": message_json(AnswerCase(bytes.fromhex(case.id[2:]), accepted=False)),
        }
        for case in found
    ]
    context: dict[str, object] = {
        "rows": rows,
        "answered": [{"case": case, "words": words[case.offer_id]} for case in answered[:CASES_A_PAGE]],
        "next_offset": offset + CASES_A_PAGE if len(answered) > CASES_A_PAGE else None,
    }
    return show(request, "cases", "cases", merchant, context)


@with_shop
@require_GET
def paid(request: HttpRequest, merchant: MerchantView) -> HttpResponse:
    accounts = accounts_of_merchant(merchant.id)
    offset = _offset(request)
    lines = payouts(accounts, limit=PAYOUTS_A_PAGE + 1, offset=offset)
    groups = groups_by_id({line.group_id for line in lines})
    words = offer_words({group.offer.id for group in groups.values()})
    rows = [(line, words[groups[line.group_id].offer.id]) for line in lines[:PAYOUTS_A_PAGE]]
    context = {
        "rows": rows,
        "total_minor": payouts_total(accounts),
        "next_offset": offset + PAYOUTS_A_PAGE if len(lines) > PAYOUTS_A_PAGE else None,
    }
    return show(request, "payouts", "payouts", merchant, context)
