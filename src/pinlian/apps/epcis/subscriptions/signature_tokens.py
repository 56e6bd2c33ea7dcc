"""The subscriber's secret: sealed in the table, and what is signed with it."""

import hmac
import os

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

NONCE_BYTES = 12


def sealed(token: str) -> bytes:
    """A token as the table keeps it."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(_key()).encrypt(nonce, token.encode(), None)


def signature(sealed_token: bytes, body: bytes) -> str:
    """HMAC-SHA-256 of a body with the token as the key, in hexadecimal digits (GS1-Signature).

    Raises:
        cryptography.exceptions.InvalidTag: the instance's secret key is another one than when the token was sealed.
    """
    token = AESGCM(_key()).decrypt(sealed_token[:NONCE_BYTES], sealed_token[NONCE_BYTES:], None)
    return hmac.digest(token, body, "sha256").hex()


def _key() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"pinlian.epcis.signature_tokens", "sha256")
