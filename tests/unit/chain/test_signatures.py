"""Recovery of garbage never raises and never gives an account that did not sign."""

from hypothesis import given, settings
from hypothesis import strategies as st

from pinlian.chain.signatures import address_of, recover, sign
from tests.unit.chain.strategies import private_keys
from tests.unit.domain.strategies import hashes

CURVE_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@settings(deadline=None)
@given(private_key=private_keys, digest=hashes)
def test_recover__the_malleable_twin__is_none(private_key: bytes, digest: bytes) -> None:
    signature = sign(private_key, digest)
    assert recover(digest, signature) == address_of(private_key)
    vs = int.from_bytes(signature[32:], "big")
    twin_s = CURVE_ORDER - (vs & (2**255 - 1))
    twin = signature[:32] + (twin_s % 2**255 | (1 - (vs >> 255)) << 255).to_bytes(32, "big")
    assert recover(digest, twin) != address_of(private_key)


@settings(deadline=None)
@given(private_key=private_keys, digest=hashes, signature=st.binary(min_size=64, max_size=64))
def test_recover__garbage__is_not_the_signer(private_key: bytes, digest: bytes, signature: bytes) -> None:
    assert recover(digest, signature) != address_of(private_key)


@given(digest=hashes, signature=st.binary(max_size=130).filter(lambda value: len(value) != 64))
def test_recover__wrong_length__is_none(digest: bytes, signature: bytes) -> None:
    assert recover(digest, signature) is None


def test_recover__zeros__is_none() -> None:
    assert recover(bytes(32), bytes(64)) is None
    assert recover(bytes(32), b"\xff" * 64) is None
