"""Keys of demo people, in the form in which a browser makes them, so that whoever logs in as one can sign.

A real person's key is made on the person's own device (frontend/src/wallet.ts) and the server never sees it open.
"""

import json
import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from joserfc.jwe import GeneralJSONEncryption, encrypt_json
from joserfc.jwk import ECKey

from pinlian.chain.keys import Key, new_key
from pinlian.chain.signatures import sign
from pinlian.domain.canonical_json import Json, canonical_json
from pinlian.domain.keccak import keccak256

MEMORY_KIB = 19_456
PASSES = 2
SALT_BYTES = 16
IV_BYTES = 12
DETAILS_SALT_BYTES = 32


@dataclass(frozen=True)
class DemoWallet:
    """A signing key and the key that opens delivery details."""

    signing: Key
    encryption: ECKey

    @classmethod
    def new(cls, name: str) -> "DemoWallet":
        return cls.of(new_key(name))

    @classmethod
    def of(cls, signing: Key) -> "DemoWallet":
        """A wallet around a signing key that is there already."""
        return cls(signing, ECKey.generate_key("P-256"))

    @property
    def address(self) -> bytes:
        return self.signing.address

    def sign(self, digest: bytes) -> bytes:
        """A compact signature, 64 bytes."""
        return sign(self.signing.private_key, digest)

    def public_encryption_key(self) -> dict[str, Any]:
        """The JWK to which others encrypt."""
        return _only_curve_members(self.encryption.as_dict(private=False))

    def keystore(self, passphrase: str, *, salt: bytes | None = None, iv: bytes | None = None) -> dict[str, Any]:
        """Both keys sealed under `passphrase`, as frontend/src/keystore.ts seals and opens them.

        Args:
            salt, iv: for test vectors; random otherwise.
        """
        salt, iv = salt or os.urandom(SALT_BYTES), iv or os.urandom(IV_BYTES)
        sealing_key = hash_secret_raw(
            unicodedata.normalize("NFKC", passphrase).encode(),
            salt,
            time_cost=PASSES,
            memory_cost=MEMORY_KIB,
            parallelism=1,
            hash_len=32,
            type=Type.ID,
        )
        secrets = {
            "signing": f"0x{self.signing.private_key.hex()}",
            "encryption": _only_curve_members(self.encryption.as_dict(private=True)),
        }
        address = f"0x{self.address.hex()}".encode()
        ciphertext = AESGCM(sealing_key).encrypt(iv, json.dumps(secrets, separators=(",", ":")).encode(), address)
        return {
            "version": 1,
            "kdf": {
                "name": "argon2id",
                "memory_kib": MEMORY_KIB,
                "passes": PASSES,
                "lanes": 1,
                "salt": f"0x{salt.hex()}",
            },
            "cipher": {"name": "AES-256-GCM", "iv": f"0x{iv.hex()}"},
            "ciphertext": f"0x{ciphertext.hex()}",
        }


def _only_curve_members(jwk: dict[str, Any]) -> dict[str, Any]:
    return {name: jwk[name] for name in ("kty", "crv", "x", "y", "d") if name in jwk}


@dataclass(frozen=True, slots=True)
class SealedDetails:
    """Delivery details for some readers' eyes, as frontend/src/sealed-details.ts makes them."""

    salt: bytes
    sealed: str

    @property
    def commitment(self) -> bytes:
        """What the order holds of them."""
        return keccak256(self.salt + self.sealed.encode())


def seal_details(details: dict[str, str], readers: Sequence[dict[str, Any]]) -> SealedDetails:
    """Encrypt `details` so that each of `readers` (public P-256 JWKs) can read them: a JWE for several recipients."""
    encryption = GeneralJSONEncryption({"enc": "A256GCM"}, json.dumps(details, ensure_ascii=False).encode())
    for reader in readers:
        encryption.add_recipient({"alg": "ECDH-ES+A256KW"}, ECKey.import_key(reader))
    sealed = canonical_json(cast(Json, encrypt_json(encryption, None)))
    return SealedDetails(os.urandom(DETAILS_SALT_BYTES), sealed.decode())
