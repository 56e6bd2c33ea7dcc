"""What merchants sell.

The chain writes Offer, through projections.py alone; people write the rest, through services.py alone. Ids, hashes and
addresses are lowercase 0x-hex, times are seconds since the Unix epoch.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

from pinlian.indexer.fields import AmountField


class Offer(models.Model):
    """A merchant's terms as the chain has them, and how many units are sold."""

    id = models.CharField(max_length=66, primary_key=True)
    merchant = models.CharField(max_length=42, db_index=True)
    arbiter = models.CharField(max_length=42)
    stock_cap = models.BigIntegerField()
    # domain.offer.WindowKind
    window_kind = models.PositiveSmallIntegerField()
    window_seconds = models.BigIntegerField()
    leader_bps = models.PositiveIntegerField()
    # [units_min, price_minor] a step
    ladder = models.JSONField()
    # [account, share_bps] a payee
    payees = models.JSONField()
    terms = models.CharField(max_length=66, db_index=True)
    salt = models.CharField(max_length=66)
    # The first price, which every order locks.
    price_minor = AmountField()
    units_sold = models.BigIntegerField(default=0)
    published_at = models.BigIntegerField(db_index=True)

    class Meta:
        verbose_name = _("offer")
        verbose_name_plural = _("offers")

    def __str__(self) -> str:
        return self.id[:10]
