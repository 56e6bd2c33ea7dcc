"""What a check found: plain facts, and the events they rest on. Pages make the words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum


class Severity(IntEnum):
    """How much a finding weighs; the more, the higher the number."""

    NOTICE = 1
    """The record has a hole; the goods may be all right."""
    WARNING = 2
    """Something does not fit; there may be an innocent reason."""
    SERIOUS = 3
    """What is recorded cannot all be true, or the goods are not fit as promised."""


class FindingKind(StrEnum):
    """What is wrong; docs/protocol/origin-checks.md says each in words and numbers."""

    SHIPPED_MORE_THAN_CAME_IN = "shipped_more_than_came_in"
    RECEIVED_MORE_THAN_SHIPPED = "received_more_than_shipped"
    UNPACKED_MORE_THAN_PACKED = "unpacked_more_than_packed"
    MADE_MORE_THAN_USED = "made_more_than_used"
    ARRIVAL_NOT_RECORDED = "arrival_not_recorded"
    DEPARTURE_NOT_RECORDED = "departure_not_recorded"
    AMOUNT_NOT_RECORDED = "amount_not_recorded"
    UNITS_NOT_COMPARABLE = "units_not_comparable"
    SEVERAL_ORIGINS = "several_origins"

    BEFORE_IT_WAS_MADE = "before_it_was_made"
    RECEIVED_BEFORE_SHIPPED = "received_before_shipped"
    RECORDED_BEFORE_IT_HAPPENED = "recorded_before_it_happened"
    FASTER_THAN_A_LORRY = "faster_than_a_lorry"

    CERTIFICATE_UNKNOWN = "certificate_unknown"
    CERTIFICATE_NOT_VALID_THAT_DAY = "certificate_not_valid_that_day"
    CERTIFICATE_WITHDRAWN = "certificate_withdrawn"
    CERTIFICATE_NOT_FOR_PRODUCT = "certificate_not_for_product"
    CERTIFICATE_NOT_FOR_PLACE = "certificate_not_for_place"
    CERTIFICATE_OF_ANOTHER = "certificate_of_another"
    CERTIFICATE_CLAIMED_AFTERWARDS = "certificate_claimed_afterwards"
    CERTIFICATE_NOT_OF_INGREDIENTS = "certificate_not_of_ingredients"
    CERTIFICATE_QUANTITY_EXCEEDED = "certificate_quantity_exceeded"

    TOO_WARM = "too_warm"
    TOO_COLD = "too_cold"
    TEMPERATURE_GAP = "temperature_gap"
    TEMPERATURE_NOT_RECORDED = "temperature_not_recorded"

    SCANNED_FAR_APART = "scanned_far_apart"
    SCANNED_IN_MANY_PLACES = "scanned_in_many_places"
    SCANNED_WHERE_NEVER_SENT = "scanned_where_never_sent"

    HISTORY_INCOMPLETE = "history_incomplete"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit.

    Attributes:
        subject: the thing it is about, by its canonical EPC, or `urn:pinlian:certificate:` and a certificate's id.
        parameters: plain facts for the words: text and whole numbers; quantities as decimal text with `uom`; times in
            Unix seconds (`_at`), durations in seconds (`_seconds`), distances in metres (`_metres`).
        events: indices in the record of the events that it rests on, ascending.
    """

    kind: FindingKind
    severity: Severity
    subject: str
    parameters: Mapping[str, str | int] = field(default_factory=dict)
    events: tuple[int, ...] = ()


def evidence(indices: Iterable[int]) -> tuple[int, ...]:
    """Event indices as a finding names them: each once, ascending."""
    return tuple(sorted(set(indices)))
