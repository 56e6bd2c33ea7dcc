"""A promise can be checked by anyone who knows EIP-712."""

from eth_account import Account
from eth_account.messages import encode_typed_data

from pinlian.chain.signatures import address_of
from pinlian.relayer.promise import promise_domain_separator, promise_signer, sign_promise

KEY = bytes(31) + b"\x07"
ESCROW = b"\xee" * 20
SIGNER = b"\x51" * 20
DIGEST = b"\xd1" * 32
SEPARATOR = promise_domain_separator(31337, ESCROW)


def test_promise__checked_with_another_library__names_the_relayer() -> None:
    typed_data = {
        "types": {
            "EIP712Domain": [
                {"name": "name", "type": "string"},
                {"name": "version", "type": "string"},
                {"name": "chainId", "type": "uint256"},
                {"name": "verifyingContract", "type": "address"},
            ],
            "InclusionPromise": [
                {"name": "digest", "type": "bytes32"},
                {"name": "signer", "type": "address"},
                {"name": "promised_by", "type": "uint256"},
            ],
        },
        "primaryType": "InclusionPromise",
        "domain": {
            "name": "Pinlian Relayer",
            "version": "1",
            "chainId": 31337,
            "verifyingContract": "0x" + ESCROW.hex(),
        },
        "message": {"digest": DIGEST, "signer": "0x" + SIGNER.hex(), "promised_by": 1_700_000_000},
    }
    signature = sign_promise(KEY, SEPARATOR, DIGEST, SIGNER, 1_700_000_000)
    s_and_parity = int.from_bytes(signature[32:], "big")
    vrs = (27 + (s_and_parity >> 255), int.from_bytes(signature[:32], "big"), s_and_parity & ~(1 << 255))
    recovered = Account.recover_message(encode_typed_data(full_message=typed_data), vrs=vrs)
    assert bytes.fromhex(recovered[2:]) == address_of(KEY)


def test_promise__any_part_changed__does_not_name_the_relayer() -> None:
    signature = sign_promise(KEY, SEPARATOR, DIGEST, SIGNER, 100)
    assert promise_signer(SEPARATOR, DIGEST, SIGNER, 100, signature) == address_of(KEY)
    assert promise_signer(SEPARATOR, DIGEST, SIGNER, 101, signature) != address_of(KEY)
    assert promise_signer(SEPARATOR, DIGEST, b"\x52" * 20, 100, signature) != address_of(KEY)
    assert promise_signer(SEPARATOR, b"\xd2" * 32, SIGNER, 100, signature) != address_of(KEY)
    assert promise_signer(promise_domain_separator(1, ESCROW), DIGEST, SIGNER, 100, signature) != address_of(KEY)
