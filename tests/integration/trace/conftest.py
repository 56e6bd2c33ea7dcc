"""A record of its own for each test."""

from tests.integration.record.conftest import record

__all__ = ["record"]
