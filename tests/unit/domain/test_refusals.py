"""The refusals of contract and domain are the same, name by name and number by number."""

import re
from pathlib import Path

from pinlian.domain.refusals import CONTRACT_REFUSALS_END, Refusal, Refused

ESCROW = Path(__file__).resolve().parents[3] / "contracts" / "Escrow.vy"


def test_refusals__are_those_of_the_contract() -> None:
    source = ESCROW.read_text()
    block = source[source.index("# --- Constants ---") : source.index("# --- Immutables ---")]
    block = block[block.index("# Refusals.") :]
    of_contract: dict[str, int] = {}
    for name, number in re.findall(r"^([A-Z_]+): constant\(uint256\) = (\d+)$", block, re.MULTILINE):
        if int(number) != len(of_contract) + 1:
            break
        of_contract[name] = int(number)
    assert len(of_contract) > 40
    assert of_contract == {refusal.name: refusal.value for refusal in Refusal if refusal < CONTRACT_REFUSALS_END}


def test_refused__says_what_and_where() -> None:
    error = Refused(Refusal.UNDERFUNDED, "amount", "has 5, needs 7")
    assert str(error) == "UNDERFUNDED: amount: has 5, needs 7"
    assert (error.refusal, error.field) == (Refusal.UNDERFUNDED, "amount")
