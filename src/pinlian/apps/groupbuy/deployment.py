"""Which escrow this installation works with."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class EscrowPlace(Protocol):
    """Where the escrow is: the chain's id and the contract's address, 20 bytes."""

    @property
    def chain_id(self) -> int: ...

    @property
    def escrow(self) -> bytes: ...


def current_deployment() -> EscrowPlace:
    """The deployment that the settings name."""
    place: EscrowPlace = import_string(settings.ESCROW_DEPLOYMENT)()
    return place
