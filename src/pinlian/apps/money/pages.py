"""A person's money: balance, top-up, withdrawal and statement."""

import csv
from collections.abc import Collection
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pinlian.apps.money import facade, test_gateway
from pinlian.apps.money.deployment import pay_out_desk
from pinlian.apps.money.forms import TopUpForm, WithdrawForm
from pinlian.apps.money.records import AccountCard, StatementLine, TopUpCard
from pinlian.apps.people import facade as people
from pinlian.chain.typed_data import message_json
from pinlian.domain.messages import Withdraw
from pinlian.domain.money import format_minor
from pinlian.domain.refusals import Refusal, Refused

LINES_A_PAGE = 50
LINES_ON_BALANCE = 5
AMOUNTS_OFFERED_MINOR = (5_000, 10_000, 20_000, 50_000)
WITHDRAWAL_VALID_SECONDS = 3600


def _cards(addresses: Collection[str]) -> list[AccountCard]:
    return [facade.account_card(address) for address in addresses]


def _key_or_none(request: HttpRequest) -> str | None:
    return people.address_of(request.user.pk or 0)


def _to_key_page(request: HttpRequest) -> HttpResponse:
    return redirect(people.key_address(request.get_full_path()))


def _address_after(request: HttpRequest) -> str:
    """Where the person came from to top up, if that is on this site."""
    wanted = request.GET.get("next", "")
    allowed = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if allowed else reverse("money:balance")


def _query_after(request: HttpRequest) -> str:
    return urlencode({"next": _address_after(request)}, safe="/")


@login_required
@require_GET
def balance(request: HttpRequest) -> HttpResponse:
    """What the person has, and the last movements."""
    own = people.addresses_of(request.user.pk or 0)
    cards = _cards(own)
    top_ups = facade.top_ups(own)
    return render(
        request,
        "money/balance.html",
        {
            "section": "balance",
            "available_minor": sum(card.available_minor for card in cards),
            "reserved_minor": sum(card.reserved_minor for card in cards),
            "top_ups": [top_up for top_up in top_ups if top_up.status == facade.TopUpStatus.PAID or top_up.pay_url],
            "lines": facade.statement(own, limit=LINES_ON_BALANCE).lines,
        },
    )


@login_required
@require_http_methods(["GET", "POST"])
def top_up(request: HttpRequest) -> HttpResponse:
    """Choose an amount; a POST leads to the gateway's page."""
    address = _key_or_none(request)
    if address is None:
        return _to_key_page(request)
    form = TopUpForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        gateway = facade.gateway_names()[0]
        card = facade.start_top_up(address, form.cleaned_data["amount"], gateway)
        return redirect(f"{card.pay_url}?{_query_after(request)}")
    wanted = request.GET.get("amount_minor", "")
    if request.method == "GET" and wanted.isdecimal() and 0 < int(wanted[:12]) <= facade.TOP_UP_MINOR_MAX:
        form = TopUpForm(initial={"amount": format_minor(int(wanted))})
    status = HTTPStatus.UNPROCESSABLE_ENTITY if form.errors else HTTPStatus.OK
    return render(
        request,
        "money/top_up.html",
        {
            "section": "balance",
            "form": form,
            "amounts": [(format_minor(amount), amount) for amount in AMOUNTS_OFFERED_MINOR],
        },
        status=status,
    )


def _own_top_up(request: HttpRequest, top_up_id: str) -> TopUpCard:
    card = facade.top_up(top_up_id)
    if card.account not in people.addresses_of(request.user.pk or 0):
        raise Refused(Refusal.NOT_YOURS)
    return card


@login_required
@require_http_methods(["GET", "POST"])
def test_pay(request: HttpRequest, top_up_id: str) -> HttpResponse:
    """The test gateway's own page: where WeChat Pay or Alipay would ask for the payment. No money moves."""
    card = _own_top_up(request, top_up_id)
    if card.gateway != test_gateway.NAME:
        raise Refused(Refusal.PAYMENT_UNKNOWN)
    if request.method == "POST":
        notice = test_gateway.signed_notice(card.id, card.reference, card.amount_minor)
        facade.receive_notice(test_gateway.NAME, *notice)
        return redirect(f"{reverse('money:top-up-state', args=[top_up_id])}?{_query_after(request)}")
    return render(request, "money/test_pay.html", {"section": "balance", "top_up": card})


@login_required
@require_GET
def top_up_state(request: HttpRequest, top_up_id: str) -> HttpResponse:
    """Whether the payment has become balance; the page follows by itself."""
    _own_top_up(request, top_up_id)
    facade.follow_top_up(top_up_id)
    return render(
        request,
        "money/top_up_state.html",
        {"section": "balance", "top_up": facade.top_up(top_up_id), "next": _address_after(request)},
    )


@login_required
@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest) -> HttpResponse:
    """Take money out; a POST answers with the message to sign."""
    address = _key_or_none(request)
    if address is None:
        return _to_key_page(request)
    account = facade.account_card(address)
    form = WithdrawForm(request.POST if request.method == "POST" else None, account.available_minor)
    if request.method == "GET":
        return render(
            request,
            "money/withdraw.html",
            {"section": "balance", "form": form, "available_minor": account.available_minor},
        )
    if not form.is_valid():
        return JsonResponse({"errors": form.errors}, status=HTTPStatus.UNPROCESSABLE_ENTITY)
    if account.next_nonce is None:
        raise Refused(Refusal.NONCE_TOO_FAR)
    message = Withdraw(
        to=bytes.fromhex(form.cleaned_data["to"][2:]) if form.cleaned_data["to"] else pay_out_desk(),
        amount=form.cleaned_data["amount"],
        nonce=account.next_nonce,
        valid_until=int(timezone.now().timestamp()) + WITHDRAWAL_VALID_SECONDS,
    )
    return JsonResponse({"kind": "withdraw", "message": message_json(message), "next": reverse("money:balance")})


def _before(request: HttpRequest) -> int | None:
    text = request.GET.get("before", "")
    return int(text) if text.isdecimal() and len(text) <= 18 else None


@login_required
@require_GET
def statement(request: HttpRequest) -> HttpResponse:
    """Every movement, newest first."""
    page = facade.statement(people.addresses_of(request.user.pk or 0), before=_before(request), limit=LINES_A_PAGE)
    return render(request, "money/statement.html", {"section": "balance", "page": page})


@login_required
@require_GET
def statement_csv(request: HttpRequest) -> HttpResponse:
    """The whole statement as a table for spreadsheets: amounts in yuan, times in UTC."""
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="pinlian-statement.csv"'
    # Spreadsheets take a file for UTF-8 only by its first bytes.
    response.write("\ufeff")
    writer = csv.writer(response)
    writer.writerow([_("When"), _("What"), _("Amount"), _("Balance"), _("Group"), _("Order"), _("Transaction")])
    own = people.addresses_of(request.user.pk or 0)
    before: int | None = None
    while True:
        page = facade.statement(own, before=before, limit=200)
        writer.writerows(_csv_row(line) for line in page.lines)
        if page.next_before is None:
            return response
        before = page.next_before


def _csv_row(line: StatementLine) -> list[str]:
    return [
        datetime.fromtimestamp(line.at, UTC).isoformat(sep=" ", timespec="seconds"),
        str(line.kind.label),
        format_minor(line.amount_minor),
        format_minor(line.balance_minor),
        line.group_id,
        line.order_id,
        line.tx_hash,
    ]
