"""How far the chain has been read, and what is needed to go back when it is reorganised."""

from django.db import models


class Cursor(models.Model):
    """The last block whose events are in the read model. There is one row at most."""

    SINGLE_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLE_ID)
    escrow = models.CharField(max_length=42)
    block_number = models.BigIntegerField()
    block_hash = models.CharField(max_length=66)
    block_time = models.BigIntegerField()

    def __str__(self) -> str:
        return f"block {self.block_number}"


class Fault(models.Model):
    """Why indexing stands still. There is one row at most; it goes away with the next success."""

    SINGLE_ID = 1

    id = models.PositiveSmallIntegerField(primary_key=True, default=SINGLE_ID)
    message = models.TextField()
    since = models.DateTimeField()

    def __str__(self) -> str:
        return self.message


class ChainBlock(models.Model):
    """A block that was indexed. `undo` is what Rows needs to take its changes back; empty once it is final."""

    number = models.BigIntegerField(primary_key=True)
    hash = models.CharField(max_length=66)
    time = models.BigIntegerField()
    undo = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"block {self.number}"


class ChainEvent(models.Model):
    """An event of the escrow, as domain.chain_events.event_body writes it."""

    block_number = models.BigIntegerField(db_index=True)
    block_hash = models.CharField(max_length=66)
    log_index = models.IntegerField()
    tx_hash = models.CharField(max_length=66)
    name = models.CharField(max_length=32)
    body = models.JSONField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["block_hash", "log_index"], name="indexer_event_place")]

    def __str__(self) -> str:
        return f"{self.name} in block {self.block_number}"
