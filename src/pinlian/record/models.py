"""What the record keeps. Nothing here is ever changed or deleted but partial tiles, which grow, and superseded heads.

All of it is in the `record` database, except how far the read model has followed it, which changes with the read model.
"""

from django.db import models


class Entry(models.Model):
    """A fact's leaf, at its place in the log."""

    # From 0 on, without a gap.
    index = models.BigAutoField(primary_key=True)
    leaf = models.BinaryField()
    # SHA-256 of 0x00 and the leaf. The same leaf is taken once.
    leaf_hash = models.BinaryField(unique=True)
    appended_at_ms = models.BigIntegerField()

    def __str__(self) -> str:
        return f"entry {self.index}"


class Tile(models.Model):
    """Up to 256 neighbouring hashes of a level of the tree (C2SP tlog-tiles); see record/tiles.py."""

    # level << 48 | number
    id = models.BigIntegerField(primary_key=True)
    hashes = models.BinaryField()

    def __str__(self) -> str:
        return f"tile {self.id >> 48}/{self.id & (1 << 48) - 1}"


class Head(models.Model):
    """A signed checkpoint, the cosignatures that it got, and where the chain holds it."""

    # Number of entries.
    size = models.BigIntegerField(primary_key=True)
    root = models.BinaryField()
    # A C2SP signed note.
    checkpoint = models.TextField()
    signed_at = models.BigIntegerField()
    # Whether the witnesses of the policy cosigned it.
    witnessed = models.BooleanField(default=False)
    # The signed transaction that anchors it, from before it is sent; empty if it was not chosen for that.
    anchor_tx_hash = models.CharField(max_length=66, blank=True)
    anchor_tx = models.TextField(blank=True)
    # The block that holds the anchor; null before.
    anchored_block = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["size"], name="record_head_witnessed", condition=models.Q(witnessed=True)),
            models.Index(
                fields=["size"], name="record_head_anchored", condition=models.Q(anchored_block__isnull=False)
            ),
            models.Index(
                fields=["size"],
                name="record_head_anchoring",
                condition=models.Q(anchored_block__isnull=True) & ~models.Q(anchor_tx_hash=""),
            ),
        ]

    def __str__(self) -> str:
        return f"head of {self.size}"


class FollowCursor(models.Model):
    """How far the projections have read the record. There is one row at most. It is in the default database."""

    SINGLE_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLE_ID)
    # Of the first fact that was not read yet.
    next_index = models.BigIntegerField()
    # Of the leaf before it; empty where it was read by an older version.
    last_leaf_hash = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return f"read up to {self.next_index}"
