"""Accounts in escrow, their statements, and the payments that fill them.

The chain writes Account and Entry, through projections.py alone; people and gateways write TopUp, through services.py
alone.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from pinlian.indexer.fields import AmountField


class Account(models.Model):
    """What one address owns in escrow and which of its nonces are used."""

    address = models.CharField(max_length=42, primary_key=True)
    balance_minor = AmountField(default=0)
    nonce_base = models.BigIntegerField(default=0)
    # 64 bits as 0x-hex: bit i stands for nonce_base + i. It is wider than a signed database integer.
    nonce_bitmap = models.CharField(max_length=18, default="0x0")
    # How many entries the statement has.
    entries = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("account")
        verbose_name_plural = _("accounts")

    def __str__(self) -> str:
        return self.address


class Entry(models.Model):
    """One line of an account's statement. Amounts of an account add up to its balance.

    The id orders lines as the chain does: block << 28 | log << 8 | position within the event.
    """

    class Kind(models.IntegerChoices):
        DEPOSIT = 1, _("Top-up")
        WITHDRAWAL = 2, _("Withdrawal")
        ORDER = 3, _("Order")
        CANCELLATION = 4, _("Order cancelled")
        REFUND = 5, _("Refund of a failed group")
        REBATE = 6, _("Price difference returned")
        AWARD = 7, _("Return or claim")
        PAYOUT = 8, _("Share of a group")

    id = models.BigIntegerField(primary_key=True)
    account = models.CharField(max_length=42)
    kind = models.PositiveSmallIntegerField(choices=Kind)
    amount_minor = AmountField()
    # The account's balance after this line.
    balance_minor = AmountField()
    group_id = models.CharField(max_length=66, blank=True)
    order_id = models.CharField(max_length=66, blank=True)
    # Where a withdrawal went or a deposit came from.
    counterparty = models.CharField(max_length=42, blank=True)
    tx_hash = models.CharField(max_length=66)
    at = models.BigIntegerField()

    class Meta:
        verbose_name = _("statement line")
        verbose_name_plural = _("statement lines")
        indexes = [
            models.Index(fields=["account", "id"], name="money_entry_statement"),
            # Kind.PAYOUT: who was paid how much of a group.
            models.Index(fields=["group_id"], name="money_entry_payout", condition=models.Q(kind=8)),
        ]

    def __str__(self) -> str:
        return f"{self.account[:10]} {self.amount_minor}"


class TopUp(models.Model):
    """A payment through a gateway that becomes balance in escrow, once."""

    class Status(models.TextChoices):
        CREATED = "created", _("Waits for payment")
        PAID = "paid", _("Paid, on its way to your balance")
        CREDITED = "credited", _("In your balance")
        CLOSED = "closed", _("Not paid in time")

    id = models.CharField(max_length=32, primary_key=True)
    account = models.CharField(max_length=42, db_index=True)
    amount_minor = AmountField()
    gateway = models.CharField(max_length=16)
    gateway_reference = models.CharField(max_length=64, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.CREATED)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    paid_at = models.DateTimeField(null=True)
    credited_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=66, blank=True)

    class Meta:
        verbose_name = _("top-up")
        verbose_name_plural = _("top-ups")
        constraints = [
            models.UniqueConstraint(
                fields=["gateway", "gateway_reference"],
                condition=~models.Q(gateway_reference=""),
                name="money_topup_reference",
            ),
        ]

    def __str__(self) -> str:
        return self.id
