"""The journal: what was acknowledged, and what was sent for it. It survives every rebuilding of the read model.

Ids, hashes and accounts are lowercase 0x-hex, times are seconds since the Unix epoch unless their name says _ms.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class ChainTx(models.Model):
    """A transaction with the nonce that it alone may use. It is in the journal before any node hears of it."""

    class Status(models.TextChoices):
        SENT = "sent", _("On its way")
        MINED = "mined", _("In a block")
        FINAL = "final", _("In a block for good")
        DISPLACED = "displaced", _("Another transaction used its nonce")

    sender = models.CharField(max_length=42)
    nonce = models.BigIntegerField()
    kind = models.CharField(max_length=16)
    to = models.CharField(max_length=42)
    data = models.TextField()
    gas_limit = models.BigIntegerField()
    status = models.CharField(max_length=9, choices=Status, default=Status.SENT)
    # What mined it: the hash of one of the attempts; empty and 0 before.
    tx_hash = models.CharField(max_length=66, blank=True)
    block_number = models.BigIntegerField(default=0)
    block_hash = models.CharField(max_length=66, blank=True)
    block_time = models.BigIntegerField(default=0)
    # [position, refusal] of each message that the chain refused; null: the whole call came to nothing.
    refused = models.JSONField(null=True, default=list)
    rejections = models.PositiveIntegerField(default=0)
    created_at = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["sender", "nonce"], name="relayer_tx_nonce")]
        indexes = [
            models.Index(
                fields=["sender", "status"], name="relayer_tx_open", condition=models.Q(status__in=["sent", "mined"])
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.sender[:10]} {self.nonce}"


class Attempt(models.Model):
    """One signed form of a transaction: the first, one with a higher fee, or a filler that only uses the nonce up."""

    tx = models.ForeignKey(ChainTx, on_delete=models.CASCADE, related_name="attempts")
    tx_hash = models.CharField(max_length=66, unique=True)
    raw = models.TextField()
    # Wei for a unit of gas.
    fee_max = models.BigIntegerField()
    priority_fee_max = models.BigIntegerField()
    is_filler = models.BooleanField(default=False)
    signed_at = models.BigIntegerField()

    def __str__(self) -> str:
        return self.tx_hash[:10]


class Message(models.Model):
    """A message that was acknowledged. Its stage while in a block but not final is that of its transaction."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Accepted")
        SENT = "sent", _("On its way")
        FINAL = "final", _("On the chain")
        REFUSED = "refused", _("Refused by the chain")

    # The order of arrival.
    number = models.BigAutoField(primary_key=True)
    # keccak(digest, signer): two buyers may sign the same words, and then share a digest.
    message_id = models.CharField(max_length=66, unique=True)
    kind = models.CharField(max_length=16)
    digest = models.CharField(max_length=66)
    signer = models.CharField(max_length=42, blank=True)
    group = models.CharField(max_length=66, blank=True)
    offer = models.CharField(max_length=66, blank=True)
    # What it will take when it is placed: a nonce of the signer's account, units of the offer, minor units (in digits:
    # SQLite has no integer above 63 bits).
    nonce = models.BigIntegerField(null=True)
    quantity = models.BigIntegerField(default=0)
    amount = models.CharField(max_length=39, default="0")
    body = models.TextField()
    signature = models.TextField(blank=True)
    status = models.CharField(max_length=7, choices=Status, default=Status.WAITING)
    # domain.refusals.Refusal
    refusal = models.PositiveSmallIntegerField(null=True)
    received_at_ms = models.BigIntegerField()
    promised_by = models.BigIntegerField()
    promise_broken = models.BooleanField(default=False)
    # How often its transaction came to nothing, and until when it rests after that.
    tries = models.PositiveSmallIntegerField(default=0)
    not_before_ms = models.BigIntegerField(default=0)
    tx = models.ForeignKey(ChainTx, on_delete=models.PROTECT, null=True, related_name="messages")
    position = models.PositiveSmallIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "number"], name="relayer_msg_waiting", condition=models.Q(status="waiting")),
            models.Index(
                fields=["signer"], name="relayer_msg_signer", condition=models.Q(status__in=["waiting", "sent"])
            ),
            models.Index(
                fields=["offer"], name="relayer_msg_offer", condition=models.Q(status__in=["waiting", "sent"])
            ),
            models.Index(
                fields=["promised_by"],
                name="relayer_msg_promised",
                condition=models.Q(status__in=["waiting", "sent"]),
            ),
            models.Index(fields=["signer"], name="relayer_msg_refused", condition=models.Q(status="refused")),
            models.Index(fields=["number"], name="relayer_msg_broken", condition=models.Q(promise_broken=True)),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id[:10]}"
