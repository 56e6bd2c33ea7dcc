// Reading a fact from its leaf, and who signed a digest.
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { canonicalJson, type SignedFact } from "../fact";
import { fromHex, toHex } from "../hex";

const LEAF_BYTES_MAX = 60_000;
const NAMES = "author,body,kind,signature,time";

/** The fact that a leaf is the RFC 8785 form of; undefined if it is none. */
export function readLeaf(leaf: string): SignedFact | undefined {
  if (utf8ToBytes(leaf).length > LEAF_BYTES_MAX) return undefined;
  let fact: SignedFact;
  try {
    fact = JSON.parse(leaf, refuseHalfCharacters);
    if (canonicalJson(fact as never) !== leaf || Object.keys(fact).sort().join() !== NAMES) return undefined;
  } catch {
    return undefined;
  }
  const { kind, time, author, body, signature } = fact;
  const isFact =
    /^[a-z][a-z0-9_]{0,39}$/.test(String(kind)) &&
    Number.isSafeInteger(time) &&
    time >= 0 &&
    /^0x[0-9a-f]{40}$/.test(String(author)) &&
    /^0x[0-9a-f]{128}$/.test(String(signature)) &&
    typeof body === "object" &&
    body !== null &&
    !Array.isArray(body);
  return isFact ? fact : undefined;
}

function refuseHalfCharacters(name: string, value: unknown): unknown {
  if (/\p{Surrogate}/u.test(name) || (typeof value === "string" && /\p{Surrogate}/u.test(value))) throw new Error("half a character");
  return value;
}

/** The account whose key signed a digest (ERC-2098: 64 bytes as 0x-hex, low s); undefined if that is no signature. */
export function signerOf(digest: Uint8Array, compactHex: string): string | undefined {
  const compact = fromHex(compactHex, 64);
  const recovery = (compact[32] as number) >> 7;
  compact[32] = (compact[32] as number) & 0x7f;
  try {
    const signature = secp256k1.Signature.fromBytes(compact, "compact");
    if (signature.hasHighS()) return undefined;
    const point = signature.addRecoveryBit(recovery).recoverPublicKey(digest).toBytes(false);
    return toHex(keccak_256(point.slice(1)).slice(12));
  } catch {
    return undefined;
  }
}
