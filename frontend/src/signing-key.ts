// The key that signs for a person: secp256k1, as the contract recovers it.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { type Hex, toHex } from "./hex";

export function makeSigningKey(): Uint8Array {
  return secp256k1.utils.randomSecretKey();
}

export function addressOf(secret: Uint8Array): Hex {
  const point = secp256k1.getPublicKey(secret, false);
  return toHex(keccak_256(point.slice(1)).slice(12));
}

/** A compact signature (ERC-2098): r, then s with the recovery bit on top; 64 bytes. */
export function signDigest(secret: Uint8Array, digest: Uint8Array): Hex {
  const signature = secp256k1.sign(digest, secret, { prehash: false, format: "recovered" });
  const recovery = signature[0] as number;
  const compact = signature.slice(1);
  compact[32] = (compact[32] as number) | (recovery << 7);
  return toHex(compact);
}

/** What a personal message (EIP-191) signs. */
export function personalDigest(text: string): Uint8Array {
  const bytes = utf8ToBytes(text);
  return keccak_256(concatBytes(utf8ToBytes(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes));
}
