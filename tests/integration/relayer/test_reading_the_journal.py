"""Reading the journal costs what it finds, however many messages of others it holds: every page asks it something."""

from collections.abc import Callable

import pytest
from django.db import connections

from pinlian.relayer import facade
from pinlian.relayer.models import Message

pytestmark = [
    pytest.mark.django_db(databases=["default", "journal", "record"]),
    pytest.mark.skipif("connections['journal'].vendor != 'sqlite'", reason="counts the steps of SQLite's machine"),
]

SIGNER, OFFER = "0x" + "5a" * 20, "0x" + "0f" * 32
STEPS_COUNTED = 500


def message(number: int, status: Message.Status, *, signer: str = "0x", offer: str = "0x") -> Message:
    return Message(
        message_id=f"0x{number:064x}",
        kind="order",
        digest=f"0x{number:064x}",
        signer=signer,
        group="0x" + "09" * 32,
        offer=offer,
        nonce=number,
        quantity=1,
        amount="990",
        body="{}",
        status=status,
        received_at_ms=1,
        promised_by=2**40,
    )


def steps_of(call: Callable[[], object]) -> int:
    """How often SQLite's machine did STEPS_COUNTED steps."""
    counted: list[None] = []
    connection = connections["journal"].connection
    connection.set_progress_handler(lambda: counted.append(None), STEPS_COUNTED)
    try:
        call()
    finally:
        connection.set_progress_handler(None, 0)
    return len(counted)


@pytest.mark.parametrize(
    "read",
    [
        lambda: facade.pending_of(SIGNER),
        lambda: facade.refused_of(SIGNER, "order"),
        lambda: facade.pending_units_by_group([OFFER]),
        facade.health,
    ],
    ids=["pending_of", "refused_of", "pending_units_by_group", "health"],
)
def test_reading__with_many_messages_of_others__does_no_more_steps(read: Callable[[], object]) -> None:
    Message.objects.bulk_create(
        [
            message(0, Message.Status.WAITING, signer=SIGNER, offer=OFFER),
            message(1, Message.Status.SENT, signer=SIGNER, offer=OFFER),
        ]
    )
    steps_of(read)
    few = steps_of(read)
    Message.objects.bulk_create([message(number, Message.Status.FINAL) for number in range(2, 2_002)])

    assert steps_of(read) <= few + 1


def test_pending_of__names_what_waits_and_what_is_sent() -> None:
    statuses = (Message.Status.WAITING, Message.Status.SENT, Message.Status.FINAL, Message.Status.REFUSED)
    Message.objects.bulk_create([message(number, status, signer=SIGNER) for number, status in enumerate(statuses)])

    assert [found.nonce for found in facade.pending_of(SIGNER)] == [0, 1]
