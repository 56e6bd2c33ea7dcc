"""What the HTTP API remembers of requests."""

from django.db import models


class IdempotentAnswer(models.Model):
    """The answer to a request that came with an idempotency key; `status` is null while it is being made.

    The key is hashed with who asked: the same key of another person is another key.
    """

    key = models.CharField(max_length=64, primary_key=True)
    # SHA-256 of method, path and body.
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField(null=True)
    content_type = models.CharField(max_length=100, blank=True)
    body = models.BinaryField(default=b"")
    asked_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key[:8]
