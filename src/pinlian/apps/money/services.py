"""Top-ups: from a payment outside to balance in escrow, once."""

import secrets
from collections.abc import Mapping
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from pinlian.apps.money.gateways import gateway
from pinlian.apps.money.models import TopUp
from pinlian.apps.money.records import TopUpCard
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer import facade as relayer

TOP_UP_MINOR_MAX = 5_000_000
"""50,000 yuan: more in one payment is a slip of the finger."""
PAY_SECONDS = 30 * 60


def _card(row: TopUp) -> TopUpCard:
    payable = row.status == TopUp.Status.CREATED and row.expires_at > timezone.now()
    return TopUpCard(
        id=row.id,
        account=row.account,
        amount_minor=row.amount_minor,
        gateway=row.gateway,
        reference=row.gateway_reference,
        status=TopUp.Status(row.status),
        created_at=int(row.created_at.timestamp()),
        expires_at=int(row.expires_at.timestamp()),
        paid_at=int(row.paid_at.timestamp()) if row.paid_at else 0,
        credited_at=int(row.credited_at.timestamp()) if row.credited_at else 0,
        pay_url=gateway(row.gateway).pay_url(row.id, row.gateway_reference) if payable else "",
    )


def start_top_up(account: str, amount_minor: int, gateway_name: str) -> TopUpCard:
    """Ask a gateway for a payment that will be credited to `account`.

    Raises:
        Refused: AMOUNT_ZERO, AMOUNT_TOO_LARGE; MALFORMED for an unknown gateway; UNAVAILABLE.
    """
    if amount_minor <= 0:
        raise Refused(Refusal.AMOUNT_ZERO, "amount_minor")
    if amount_minor > TOP_UP_MINOR_MAX:
        raise Refused(Refusal.AMOUNT_TOO_LARGE, "amount_minor", f"at most {TOP_UP_MINOR_MAX} at once")
    top_up_id = f"PL{timezone.now():%Y%m%d}{secrets.token_hex(9)}"
    request = gateway(gateway_name).request_payment(top_up_id, amount_minor, PAY_SECONDS)
    row = TopUp.objects.create(
        id=top_up_id,
        account=account,
        amount_minor=amount_minor,
        gateway=gateway_name,
        gateway_reference=request.reference,
        expires_at=timezone.now() + timedelta(seconds=PAY_SECONDS),
    )
    return _card(row)


def receive_notice(gateway_name: str, headers: Mapping[str, str], body: bytes) -> TopUpCard:
    """Take in a gateway's callback. The same notice again changes nothing; a late one still counts: money came.

    Raises:
        Refused: SIGNATURE_INVALID, MESSAGE_EXPIRED, MALFORMED, PAYMENT_UNKNOWN, WRONG_AMOUNT.
    """
    notice = gateway(gateway_name).read_notice(headers, body)
    with transaction.atomic():
        row = TopUp.objects.select_for_update().filter(id=notice.top_up_id, gateway=gateway_name).first()
        if row is None or row.gateway_reference != notice.reference:
            raise Refused(Refusal.PAYMENT_UNKNOWN, "out_trade_no")
        if row.amount_minor != notice.amount_minor:
            raise Refused(Refusal.WRONG_AMOUNT, "amount_minor", f"{row.amount_minor} was asked for")
        if row.status in (TopUp.Status.CREATED, TopUp.Status.CLOSED):
            row.status = TopUp.Status.PAID
            row.paid_at = timezone.now()
            row.save(update_fields=["status", "paid_at"])
    _credit(row)
    return _card(row)


def _credit(row: TopUp) -> None:
    """Hand a paid top-up to the relayer, which credits it once whatever happens here before or after."""
    if row.status == TopUp.Status.PAID and not row.message_id:
        row.message_id = relayer.top_up(row.account, row.amount_minor, row.id)
        row.save(update_fields=["message_id"])


def _follow(row: TopUp) -> bool:
    """Hand over a paid top-up, or mark that it reached the chain; whether it changed."""
    handed_over = not row.message_id
    _credit(row)
    state = relayer.status(row.message_id)
    if state is None or state.stage not in (relayer.Stage.PLACED, relayer.Stage.FINAL):
        return handed_over
    paid = TopUp.objects.filter(pk=row.pk, status=TopUp.Status.PAID)
    return bool(paid.update(status=TopUp.Status.CREDITED, credited_at=timezone.now()))


def follow_top_up(top_up_id: str) -> None:
    """As follow_top_ups, for one payment that somebody waits for."""
    for row in TopUp.objects.filter(pk=top_up_id, status=TopUp.Status.PAID):
        _follow(row)


def follow_top_ups() -> int:
    """Hand over what was paid but not handed over, mark what reached the chain, close what was not paid in time.

    Call it now and then; how many top-ups changed.
    """
    changed = sum(_follow(row) for row in TopUp.objects.filter(status=TopUp.Status.PAID))
    # A closed top-up that is paid after all is taken up again by its notice.
    closing = timezone.now() - timedelta(seconds=PAY_SECONDS)
    unpaid = TopUp.objects.filter(status=TopUp.Status.CREATED, expires_at__lt=closing)
    # An update takes the write lock even if it finds nothing.
    return changed + (unpaid.update(status=TopUp.Status.CLOSED) if unpaid.exists() else 0)


def top_up(top_up_id: str) -> TopUpCard:
    """A top-up as it stands.

    Raises:
        Refused: PAYMENT_UNKNOWN.
    """
    row = TopUp.objects.filter(id=top_up_id).first()
    if row is None:
        raise Refused(Refusal.PAYMENT_UNKNOWN, "id")
    return _card(row)


def top_ups(accounts: list[str], *, limit: int = 20) -> list[TopUpCard]:
    """Payments into these accounts that were begun, newest first."""
    rows = TopUp.objects.filter(account__in=accounts).order_by("-created_at")
    return [_card(row) for row in rows[:limit]]
