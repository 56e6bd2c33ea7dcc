"""Runs the escrow's life against its two models: the fourteen invariants of the protocol after every step.

HYPOTHESIS_PROFILE says how long: `quick`, `ci` (the default) or `deep`. A failing run says how to repeat it.
"""

import os
import secrets
import sys

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.contracts.stateful.forbidden_moves import EscrowLifeWithForbiddenMoves
from tests.contracts.stateful.tally import TALLY
from tests.contracts.stateful.town import deployed

PROFILES = {
    "quick": settings(max_examples=10, stateful_step_count=100, phases=[Phase.generate]),
    "ci": settings(max_examples=30, stateful_step_count=100),
    "deep": settings(max_examples=1_000, stateful_step_count=200),
}


@pytest.mark.timeout(0)
def test_escrow__any_order_of_actions__models_and_contract_agree() -> None:
    profile = os.environ.get("HYPOTHESIS_PROFILE", "ci")
    number = int(os.environ.get("PINLIAN_SEED") or secrets.randbits(32))
    # Shown by pytest when the test fails.
    sys.stdout.write(f"to repeat: HYPOTHESIS_PROFILE={profile} PINLIAN_SEED={number} make test-contracts\n")
    deployed()
    run_state_machine_as_test(
        seed(number)(EscrowLifeWithForbiddenMoves),
        settings=settings(PROFILES[profile], deadline=None, database=None, suppress_health_check=list(HealthCheck)),
    )
    sys.stdout.write(f"{TALLY}\n")
    assert TALLY.defects() == []
