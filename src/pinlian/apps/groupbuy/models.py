"""Groups and all that happens in them.

The chain writes PauseState, Group, Batch, Order and Case and the record RecordedDelivery, through projections.py alone;
people write the rest, through services.py alone. Ids, hashes and addresses are lowercase 0x-hex, times are seconds
since the Unix epoch.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from pinlian.domain.books import OrderStatus
from pinlian.domain.case import CaseStatus
from pinlian.domain.group import GroupStatus
from pinlian.indexer.fields import AmountField


class PauseState(models.Model):
    """The stop of new orders that came last; one row at most. Windows stand still while it lasts."""

    SINGLE_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True)
    stopped_seconds = models.BigIntegerField(default=0)
    started_at = models.BigIntegerField(default=0)
    ends_at = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.started_at} - {self.ends_at}"


class Group(models.Model):
    """A leader's call to the neighbours, in the state in which the chain has it."""

    id = models.CharField(max_length=66, primary_key=True)
    offer_id = models.CharField(max_length=66, db_index=True)
    leader = models.CharField(max_length=42, db_index=True)
    units_min = models.BigIntegerField()
    closes_at = models.BigIntegerField()
    deliver_by = models.BigIntegerField()
    pickup = models.CharField(max_length=66, db_index=True)
    salt = models.CharField(max_length=66)

    # domain.group.GroupStatus and FailReason; fail_reason is 0 unless the group failed.
    status = models.PositiveSmallIntegerField(default=GroupStatus.OPEN)
    fail_reason = models.PositiveSmallIntegerField(default=0)
    # Units of the orders that are in the group now; the contract's count, which refunds and cases lower.
    units = models.BigIntegerField(default=0)
    # Units and orders at the close or failure, for people to read; the running count while the group is open.
    units_ordered = models.BigIntegerField(default=0)
    orders_count = models.BigIntegerField(default=0)
    step = models.PositiveSmallIntegerField(default=0)
    # The price of the step reached; the first price until the group closes.
    price_minor = AmountField()
    units_unrebated = models.BigIntegerField(default=0)
    # By the contract's clock, which stands still in a pause; delivered_block_time is the wall clock's.
    delivered_at = models.BigIntegerField(default=0)
    delivered_block_time = models.BigIntegerField(default=0, db_index=True)
    # The last second for returns and claims by the contract's clock; 0 before the delivery.
    window_ends_at = models.BigIntegerField(default=0)
    settled_amount_minor = AmountField(default=0)
    refunded_minor = AmountField(default=0)
    rebated_minor = AmountField(default=0)
    opened_at = models.BigIntegerField()
    # 0 until it happens. A group may fail without ever having closed.
    closed_at = models.BigIntegerField(default=0)
    failed_at = models.BigIntegerField(default=0)
    settled_at = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("group")
        verbose_name_plural = _("groups")
        indexes = [
            models.Index(fields=["status", "closes_at"], name="groupbuy_group_due"),
            models.Index(fields=["status", "window_ends_at"], name="groupbuy_group_settle"),
            models.Index(
                fields=["id"],
                name="groupbuy_group_refund",
                condition=models.Q(status=GroupStatus.FAILED.value, units__gt=0),
            ),
            models.Index(fields=["id"], name="groupbuy_group_rebate", condition=models.Q(units_unrebated__gt=0)),
        ]

    def __str__(self) -> str:
        return self.id[:10]


class Batch(models.Model):
    """Orders that one transaction placed. `runs` are [group, count], in the order of the leaves."""

    number = models.BigIntegerField(primary_key=True)
    root = models.CharField(max_length=66)
    size = models.PositiveSmallIntegerField()
    runs = models.JSONField()
    tx_hash = models.CharField(max_length=66)
    block_number = models.BigIntegerField()
    block_hash = models.CharField(max_length=66)
    placed_at = models.BigIntegerField()

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return str(self.number)


class Order(models.Model):
    """One leaf of a batch. Its id is the hash of group, buyer and nonce; a case about it has the same id."""

    id = models.CharField(max_length=66, primary_key=True)
    batch = models.BigIntegerField()
    index = models.PositiveSmallIntegerField()
    group = models.ForeignKey(Group, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False)
    buyer = models.CharField(max_length=42)
    quantity = models.BigIntegerField()
    nonce = models.BigIntegerField()
    details = models.CharField(max_length=66)
    # domain.books.OrderStatus
    status = models.PositiveSmallIntegerField(default=OrderStatus.PLACED)
    # What was locked when the order was placed: quantity times the first price.
    amount_minor = AmountField()
    # What came back because the group reached a lower price.
    rebate_minor = AmountField(default=0)
    # What came back because of a cancellation, a failed group or a case.
    refunded_minor = AmountField(default=0)
    placed_at = models.BigIntegerField()
    rebated_at = models.BigIntegerField(default=0)
    # When the order was cancelled or refunded, or its case opened; 0 while it stands.
    left_at = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("order")
        verbose_name_plural = _("orders")
        constraints = [models.UniqueConstraint(fields=["batch", "index"], name="groupbuy_order_place")]
        indexes = [
            models.Index(fields=["group", "buyer"], name="groupbuy_order_member"),
            models.Index(fields=["buyer", "batch"], name="groupbuy_order_buyer"),
        ]

    def __str__(self) -> str:
        return self.id[:10]


class Case(models.Model):
    """A return or claim about one order, from its opening to the outcome. Its id is the order's."""

    id = models.CharField(max_length=66, primary_key=True)
    group = models.ForeignKey(Group, on_delete=models.DO_NOTHING, db_constraint=False)
    buyer = models.CharField(max_length=42, db_index=True)
    # domain.case.CaseKind, CaseStatus and Decided; decided is 0 until the case is closed.
    kind = models.PositiveSmallIntegerField()
    status = models.PositiveSmallIntegerField(default=CaseStatus.OPENED)
    amount_minor = AmountField()
    asked_minor = AmountField()
    award_minor = AmountField(default=0)
    evidence = models.CharField(max_length=66)
    decided = models.PositiveSmallIntegerField(default=0)
    decide_by = models.BigIntegerField()
    opened_at = models.BigIntegerField()
    rejected_at = models.BigIntegerField(default=0)
    closed_at = models.BigIntegerField(default=0)

    class Meta:
        verbose_name = _("case")
        verbose_name_plural = _("cases")
        indexes = [models.Index(fields=["status", "decide_by"], name="groupbuy_case_due")]

    def __str__(self) -> str:
        return self.id[:10]


class RecordedDelivery(models.Model):
    """A delivery that is in the record; `body` is that of its fact."""

    group_id = models.CharField(max_length=66, primary_key=True)
    delivered_at = models.BigIntegerField(db_index=True)
    index = models.BigIntegerField()
    body = models.JSONField()

    def __str__(self) -> str:
        return f"{self.group_id[:10]} in fact {self.index}"


class GroupPage(models.Model):
    """What the leader says on the group's page."""

    group_id = models.CharField(max_length=66, primary_key=True)
    note = models.CharField(_("note"), max_length=500, blank=True)
    pickup_note = models.CharField(_("how to collect"), max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("group page")
        verbose_name_plural = _("group pages")

    def __str__(self) -> str:
        return self.group_id[:10]


class DeliveryDetails(models.Model):
    """Name, telephone and wishes for one order, encrypted on the buyer's device for those who deliver.

    The order on the chain holds only `commitment`, the hash of salt and cipher text. An erased one keeps neither. The
    table is in the journal's database: the commit that acknowledges an order keeps its details.
    """

    commitment = models.CharField(max_length=66, primary_key=True)
    salt = models.CharField(max_length=66, blank=True)
    sealed = models.TextField(blank=True)
    stored_at = models.DateTimeField(auto_now_add=True)
    erased_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("delivery details")
        verbose_name_plural = _("delivery details")

    def __str__(self) -> str:
        return self.commitment[:10]


class HandOut(models.Model):
    """One buyer's collecting in one group: the keyed hash of the pickup code, and when the goods were handed over."""

    group_id = models.CharField(max_length=66)
    buyer = models.CharField(max_length=42)
    # The code is derived from group, buyer and attempt; the attempt goes up until the code is unique in the group.
    attempt = models.PositiveSmallIntegerField(default=0)
    code_lookup = models.CharField(max_length=64)
    handed_at = models.DateTimeField(null=True)
    handed_by = models.CharField(max_length=42, blank=True)
    with_code = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("hand-out")
        verbose_name_plural = _("hand-outs")
        constraints = [
            models.UniqueConstraint(fields=["group_id", "buyer"], name="groupbuy_handout_buyer"),
            models.UniqueConstraint(fields=["group_id", "code_lookup"], name="groupbuy_handout_code"),
        ]

    def __str__(self) -> str:
        return f"{self.group_id[:10]} {self.buyer[:10]}"


class CaseEvidence(models.Model):
    """What a buyer says with a return or claim. The case on the chain holds `commitment`, the hash of salt and text.

    In the journal's database, as DeliveryDetails.
    """

    commitment = models.CharField(max_length=66, primary_key=True)
    salt = models.CharField(max_length=66)
    text = models.CharField(max_length=1000)
    stored_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")

    def __str__(self) -> str:
        return self.commitment[:10]
