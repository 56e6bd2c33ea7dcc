"""What people write about groups and orders: pages, delivery details, evidence, hand-outs."""

import hmac
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from pinlian.apps.groupbuy.models import CaseEvidence, DeliveryDetails, GroupPage, HandOut, Order
from pinlian.apps.groupbuy.order_selectors import order_row
from pinlian.apps.groupbuy.selectors import group_row, require_deliverer
from pinlian.apps.market.facade import publish_offer
from pinlian.apps.people.facade import Limit, TooManyAttempts, count_attempt, take_back_attempt
from pinlian.domain.books import OrderStatus
from pinlian.domain.group import GroupStatus
from pinlian.domain.keccak import keccak256
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.facade import Kind, Promise, submit

NOTE_CHARACTERS_MAX = 500
PICKUP_NOTE_CHARACTERS_MAX = 200
SEALED_CHARACTERS_MAX = 8_000
EVIDENCE_CHARACTERS_MAX = 1_000
PICKUP_CODE_DIGITS = 6
_CODE_ATTEMPTS_MAX = 50
# Wrong codes of one group: enough for tired fingers, far too few to find one of a million.
_WRONG_CODES = Limit("pickup code of group", 20)


def write_group_page(group_id: str, leaders: Collection[str], *, note: str, pickup_note: str = "") -> None:
    """Say something on a group's page.

    Args:
        leaders: accounts of the person who writes; one of them must lead the group.

    Raises:
        Refused: GROUP_UNKNOWN, NOT_YOURS, OVERSIZED.
    """
    for field, text, characters_max in (
        ("note", note, NOTE_CHARACTERS_MAX),
        ("pickup_note", pickup_note, PICKUP_NOTE_CHARACTERS_MAX),
    ):
        if len(text) > characters_max:
            raise Refused(Refusal.OVERSIZED, field, f"at most {characters_max} characters")
    group = group_row(group_id)
    if group.leader not in leaders:
        raise Refused(Refusal.NOT_YOURS, None, "only the leader writes on a group's page")
    GroupPage.objects.update_or_create(group_id=group_id, defaults={"note": note, "pickup_note": pickup_note})


# --- Signed messages and what they commit to ---


def commitment_of(salt: str, text: str) -> str:
    """What an order or case says on the chain of a text that is kept here: the hash of salt (0x-hex) and text."""
    return f"0x{keccak256(bytes.fromhex(salt[2:]) + text.encode()).hex()}"


@dataclass(frozen=True, slots=True)
class Opening:
    """A text that a commitment was made of: salt (32 bytes, 0x-hex) and text."""

    salt: str
    text: str

    def require(self, field: str, commitment: object, characters_max: int) -> None:
        """Raises Refused: OVERSIZED; MALFORMED if this is not what the commitment was made of."""
        if len(self.text) > characters_max:
            raise Refused(Refusal.OVERSIZED, field, f"at most {characters_max} characters")
        # Half a surrogate pair has no bytes that a hash could be of, and PostgreSQL keeps no null character.
        with suppress(UnicodeEncodeError):
            if "\x00" not in self.text and commitment_of(self.salt, self.text) == commitment:
                return
        raise Refused(Refusal.MALFORMED, field, "salt and text are not what was signed")


def submit_message(
    kind: str,
    body: Mapping[str, Any],
    signature: str,
    signer: str,
    *,
    details: Opening | None = None,
    evidence: Opening | None = None,
) -> Promise:
    """Hand a signed message to the relayer, which keeps with it what it commits to.

    Args:
        details: with an order, the delivery details as a JWE, which the server cannot open.
        evidence: with an opened case, the buyer's words.

    Raises:
        Refused: as relayer.facade.submit, or market.facade.publish_offer for an offer; OVERSIZED or MALFORMED for the
            openings. Nothing is stored then.
    """
    if details is not None:
        details.require("details", body.get("details"), SEALED_CHARACTERS_MAX)
    if evidence is not None:
        evidence.require("evidence", body.get("evidence"), EVIDENCE_CHARACTERS_MAX)
    if kind == Kind.OFFER:
        return publish_offer(body, signature, signer=signer)
    attachments: list[DeliveryDetails | CaseEvidence] = []
    if details is not None:
        attachments.append(DeliveryDetails(commitment=body["details"], salt=details.salt, sealed=details.text))
    if evidence is not None:
        attachments.append(CaseEvidence(commitment=body["evidence"], salt=evidence.salt, text=evidence.text))
    return submit(kind, body, signature, signer=signer, attachments=tuple(attachments))


def read_delivery_details(order_id: str, readers: Collection[str]) -> str | None:
    """The JWE of an order; None if it was never stored here or was erased.

    Args:
        readers: accounts of the person who asks: the buyer, the group's leader or the offer's merchant.

    Raises:
        Refused: ORDER_UNKNOWN, NOT_YOURS.
    """
    order = order_row(order_id)
    if order.buyer not in readers:
        require_deliverer(order.group, readers)
    row = DeliveryDetails.objects.filter(commitment=order.details, erased_at=None).first()
    return row.sealed if row else None


def erase_delivery_details(order_id: str, buyers: Collection[str]) -> None:
    """Forget a buyer's delivery details: salt and text go, so that nobody can tell what the commitment was of.

    Raises:
        Refused: ORDER_UNKNOWN, NOT_YOURS.
    """
    order = order_row(order_id)
    if order.buyer not in buyers:
        raise Refused(Refusal.NOT_YOURS, None, "only the buyer may erase these details")
    _erase([order.details])


def erase_all_delivery_details(buyers: Collection[str]) -> int:
    """Forget the delivery details of every order of these accounts; how many there were."""
    return _erase(list(Order.objects.filter(buyer__in=set(buyers)).values_list("details", flat=True)))


def _erase(commitments: Collection[str]) -> int:
    rows = DeliveryDetails.objects.filter(commitment__in=commitments, erased_at=None)
    return rows.update(salt="", sealed="", erased_at=timezone.now())


# --- Handing out ---


def _keyed(purpose: str, text: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"pinlian.groupbuy.{purpose}:{text}".encode(), sha256)


def _code(group_id: str, buyer: str, attempt: int) -> str:
    number = int.from_bytes(_keyed("pickup-code", f"{group_id}:{buyer}:{attempt}")[:8], "big")
    return str(number % 10**PICKUP_CODE_DIGITS).zfill(PICKUP_CODE_DIGITS)


def _lookup(group_id: str, code: str) -> str:
    return _keyed("pickup-lookup", f"{group_id}:{code}").hex()


def pickup_code(order_id: str, buyers: Collection[str]) -> str:
    """The six digits that the buyer shows to collect; one code for all of a buyer's orders in a group.

    Raises:
        Refused: ORDER_UNKNOWN, NOT_YOURS.
    """
    order = order_row(order_id)
    if order.buyer not in buyers:
        raise Refused(Refusal.NOT_YOURS, None, "only the buyer sees the pickup code")
    row = HandOut.objects.filter(group_id=order.group_id, buyer=order.buyer).first()
    if row is None:
        row = _assign_code(order.group_id, order.buyer)
    return _code(row.group_id, row.buyer, row.attempt)


def _assign_code(group_id: str, buyer: str) -> HandOut:
    """A row with the first code that nobody else in the group has."""
    for attempt in range(_CODE_ATTEMPTS_MAX):
        try:
            with transaction.atomic():
                row, _ = HandOut.objects.get_or_create(
                    group_id=group_id,
                    buyer=buyer,
                    defaults={
                        "attempt": attempt,
                        "code_lookup": _lookup(group_id, _code(group_id, buyer, attempt)),
                    },
                )
        except IntegrityError:
            continue
        return row
    raise Refused(Refusal.UNAVAILABLE, None, "no free pickup code in this group")


def hand_out_by_code(group_id: str, code: str, handers: Collection[str]) -> str:
    """Record that the buyer with this code collected; recording it twice keeps the first time.

    Args:
        handers: accounts of the person who hands out: the leader of the group or the merchant of its offer.

    Returns:
        The buyer's account.

    Raises:
        Refused: GROUP_UNKNOWN, NOT_YOURS, GROUP_NOT_DELIVERED; PICKUP_CODE_UNKNOWN; RATE_LIMITED after many of these,
            for right codes too.
    """
    _require_handing_out(group_id, handers)
    try:
        count_attempt(_WRONG_CODES, group_id)
    except TooManyAttempts as error:
        raise Refused(Refusal.RATE_LIMITED, "code", f"again in {error.minutes} minutes") from error
    row = HandOut.objects.filter(group_id=group_id, code_lookup=_lookup(group_id, code.strip())).first()
    if row is None:
        raise Refused(Refusal.PICKUP_CODE_UNKNOWN, "code", "nobody in this group has this code")
    take_back_attempt(_WRONG_CODES, group_id)
    _record(row, handers, with_code=True)
    return row.buyer


def hand_out_without_code(
    group_id: str, buyer: str, handers: Collection[str], *, handed_at: datetime | None = None
) -> None:
    """Record that a buyer whom the leader knows collected without showing a code.

    Args:
        handed_at: when that was; now, if absent.

    Raises:
        Refused: GROUP_UNKNOWN, NOT_YOURS, GROUP_NOT_DELIVERED; ORDER_UNKNOWN if the buyer has nothing to collect.
    """
    _require_handing_out(group_id, handers)
    standing = Order.objects.filter(
        group_id=group_id, buyer=buyer, status__in=[OrderStatus.PLACED, OrderStatus.IN_CASE]
    )
    if not standing.exists():
        raise Refused(Refusal.ORDER_UNKNOWN, "buyer", "this account has nothing to collect here")
    row = HandOut.objects.filter(group_id=group_id, buyer=buyer).first() or _assign_code(group_id, buyer)
    _record(row, handers, with_code=False, handed_at=handed_at)


def _require_handing_out(group_id: str, handers: Collection[str]) -> None:
    group = group_row(group_id)
    require_deliverer(group, handers)
    if group.status not in (GroupStatus.DELIVERED, GroupStatus.SETTLED):
        raise Refused(Refusal.GROUP_NOT_DELIVERED, "group", "goods are handed out after the delivery")


def _record(row: HandOut, handers: Collection[str], *, with_code: bool, handed_at: datetime | None = None) -> None:
    HandOut.objects.filter(pk=row.pk, handed_at=None).update(
        handed_at=handed_at or timezone.now(), handed_by=min(handers), with_code=with_code
    )
