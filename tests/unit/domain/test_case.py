"""Who may open, answer and rule a case, and what silence decides."""

from dataclasses import replace

import pytest

from pinlian.domain.case import (
    CaseKind,
    CaseState,
    CaseStatus,
    answer_refusal,
    opening_refusal,
    ruling_refusal,
)
from pinlian.domain.offer import WindowKind
from pinlian.domain.refusals import Refusal

MERCHANT, LEADER, OTHER = (bytes([number]) * 20 for number in (1, 2, 3))
RETURN = CaseState(b"\4" * 32, OTHER, CaseKind.RETURN, CaseStatus.OPENED, 1_000, 500, 500)
CLAIM = replace(RETURN, kind=CaseKind.CLAIM, asked=200)


@pytest.mark.parametrize(
    ("kind", "asked", "window_kind", "refusal"),
    [
        (CaseKind.RETURN, 500, WindowKind.NO_REASON, None),
        (CaseKind.RETURN, 500, WindowKind.FRESHNESS, Refusal.RETURN_NOT_ADMITTED),
        (CaseKind.RETURN, 499, WindowKind.NO_REASON, Refusal.ASKED_INVALID),
        (CaseKind.CLAIM, 1, WindowKind.FRESHNESS, None),
        (CaseKind.CLAIM, 0, WindowKind.FRESHNESS, Refusal.ASKED_INVALID),
        (CaseKind.CLAIM, 501, WindowKind.NO_REASON, Refusal.ASKED_INVALID),
        (3, 500, WindowKind.NO_REASON, Refusal.KIND_INVALID),
    ],
)
def test_opening_refusal(kind: int, asked: int, window_kind: WindowKind, refusal: Refusal | None) -> None:
    assert opening_refusal(kind, asked, 500, window_kind) is refusal


@pytest.mark.parametrize(
    ("case", "accepted", "signer", "now", "refusal"),
    [
        (RETURN, True, MERCHANT, 1_000, None),
        (RETURN, False, MERCHANT, 1_000, None),
        (RETURN, True, LEADER, 1_000, None),
        (RETURN, False, LEADER, 1_000, Refusal.SIGNER_NOT_ALLOWED),
        (CLAIM, True, LEADER, 1_000, Refusal.SIGNER_NOT_ALLOWED),
        (CLAIM, True, OTHER, 1_000, Refusal.SIGNER_NOT_ALLOWED),
        (CLAIM, True, MERCHANT, 1_001, Refusal.TOO_LATE),
        (replace(CLAIM, status=CaseStatus.REJECTED), True, MERCHANT, 1_000, Refusal.CASE_NOT_OPEN),
    ],
)
def test_answer_refusal(case: CaseState, accepted: bool, signer: bytes, now: int, refusal: Refusal | None) -> None:
    found = answer_refusal(case, accepted=accepted, signer=signer, merchant=MERCHANT, leader=LEADER, now=now)
    assert found is refusal


def test_ruling_refusal__only_a_rejected_case_in_time_and_within_what_was_asked() -> None:
    rejected = replace(CLAIM, status=CaseStatus.REJECTED)
    assert ruling_refusal(rejected, 200, 1_000) is None
    assert ruling_refusal(rejected, 201, 1_000) is Refusal.AWARD_EXCEEDED
    assert ruling_refusal(rejected, 0, 1_001) is Refusal.TOO_LATE
    assert ruling_refusal(CLAIM, 0, 1_000) is Refusal.CASE_NOT_REJECTED
