"""What is refused for its form alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from pinlian.chain.signatures import address_of, sign
from pinlian.chain.typed_data import Message, digest, domain_separator, message_json
from pinlian.domain.messages import BumpNonce, CancelOrder
from pinlian.domain.offer import Offer, Payee, Step
from pinlian.domain.order import Order
from pinlian.domain.refusals import Refusal, Refused
from pinlian.relayer.candidate import Submission, compact, read_candidate

SEPARATOR = domain_separator(31337, b"\xee" * 20)
BUYER_KEY = bytes(31) + b"\x01"
BUYER = address_of(BUYER_KEY)
ORDER = Order(b"\x01" * 32, b"\x02" * 32, 3, 2_970, 0, 1_700_000_000, b"\x03" * 32)


def submission(message: Message = ORDER, kind: str = "order", key: bytes = BUYER_KEY) -> Submission:
    signature = "0x" + sign(key, digest(message, SEPARATOR)).hex()
    return Submission(kind, message_json(message), signature, "0x" + address_of(key).hex())


def refused(submitted: Submission) -> tuple[Refusal, str | None]:
    with pytest.raises(Refused) as caught:
        read_candidate(submitted, SEPARATOR)
    return caught.value.refusal, caught.value.field


def with_body(changes: Mapping[str, Any]) -> Submission:
    good = submission()
    return replace(good, body={**good.body, **changes})


def test_read_candidate__signed_order__is_read() -> None:
    candidate = read_candidate(submission(), SEPARATOR)
    assert candidate.message == ORDER
    assert candidate.signer == BUYER


def test_read_candidate__same_words_of_two_signers__have_two_ids() -> None:
    message = CancelOrder(b"\x01" * 32, 0)
    one = read_candidate(submission(message, "cancel_order"), SEPARATOR)
    other = read_candidate(submission(message, "cancel_order", bytes(31) + b"\x02"), SEPARATOR)
    assert one.digest == other.digest
    assert one.message_id != other.message_id


@pytest.mark.parametrize("kind", ["", "Order", "close_group", "top_up", "nonsense"])
def test_read_candidate__kind_that_nobody_signs__is_malformed(kind: str) -> None:
    assert refused(replace(submission(), kind=kind)) == (Refusal.MALFORMED, "kind")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": "three"}, "quantity"),
        ({"quantity": -1}, "quantity"),
        ({"quantity": 1.5}, "quantity"),
        ({"quantity": True}, "quantity"),
        ({"quantity": str(2**256)}, "quantity"),
        ({"group": "0x12"}, "group"),
        ({"details": "0x" + "zz" * 32}, "details"),
        ({"details": "0x" + "03" * 31 + "\n\t"}, "details"),
        ({"tip": 1}, "tip"),
    ],
)
def test_read_candidate__field_of_the_wrong_form__names_it(changes: dict[str, Any], field: str) -> None:
    assert refused(with_body(changes)) == (Refusal.MALFORMED, field)


def test_read_candidate__field_absent__names_it() -> None:
    good = submission()
    body = {field: value for field, value in good.body.items() if field != "nonce"}
    assert refused(replace(good, body=body)) == (Refusal.MALFORMED, "nonce")


@pytest.mark.parametrize("signer", ["", "0x12", "buyer", "0x" + "zz" * 20, "0x" + "11" * 19 + "  "])
def test_read_candidate__signer_of_the_wrong_form__is_malformed(signer: str) -> None:
    assert refused(replace(submission(), signer=signer)) == (Refusal.MALFORMED, "signer")


@pytest.mark.parametrize("field", ["quantity", "amount", "nonce", "valid_until"])
def test_read_candidate__tampered_number__is_signature_invalid(field: str) -> None:
    assert refused(with_body({field: 7})) == (Refusal.SIGNATURE_INVALID, "signature")


def test_read_candidate__signature_of_somebody_else__is_signature_invalid() -> None:
    other = submission(key=bytes(31) + b"\x02")
    assert refused(replace(other, signer="0x" + BUYER.hex())) == (Refusal.SIGNATURE_INVALID, "signature")


@pytest.mark.parametrize("signature", ["0x", "0x" + "00" * 64, "0x" + "ff" * 64, "0x" + "11" * 63, "0x" + "11" * 66])
def test_read_candidate__garbage_signature__is_signature_invalid(signature: str) -> None:
    assert refused(replace(submission(), signature=signature)) == (Refusal.SIGNATURE_INVALID, "signature")


def test_read_candidate__giant_signature__is_oversized() -> None:
    assert refused(replace(submission(), signature="0x" + "11" * 513)) == (Refusal.OVERSIZED, "signature")


def test_read_candidate__ladder_of_too_many_steps__is_oversized() -> None:
    ladder = tuple(Step(1 + step, 100 - step) for step in range(6))
    offer = Offer(BUYER, BUYER, 10, 0, 0, 0, ladder, (Payee(BUYER, 1),), bytes(32), 0)
    assert refused(submission(offer, "offer")) == (Refusal.OVERSIZED, "ladder")


@pytest.mark.parametrize("offset", [0, 27])
def test_compact__of_65_bytes__is_the_signature_of_64(offset: int) -> None:
    for nonce_base in range(8):
        signature = sign(BUYER_KEY, digest(BumpNonce(nonce_base), SEPARATOR))
        parity = signature[32] >> 7
        long_form = signature[:32] + bytes([signature[32] & 0x7F]) + signature[33:] + bytes([offset + parity])
        assert compact(long_form) == signature
