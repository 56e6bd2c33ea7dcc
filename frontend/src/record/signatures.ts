// Who signed many facts. To recover a key is the dearest thing that is done here, so it is done once an author: all other
// signatures are checked together, as one sum over the curve.
import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

import { canonicalJson, type FactDomain, factDigest, type SignedFact } from "../fact";
import { fromHex, toHex } from "../hex";
import { sha256 } from "./sha256";

type Point = WeierstrassPoint<bigint>;

const WEIGHT_BYTES = 16;

const { Point: Curve } = secp256k1;
const { Fn } = Curve;

/** A signature with all that belongs to it: r, s, the point that r is of, and what was signed. */
interface Signature {
  digest: Uint8Array;
  r: bigint;
  s: bigint;
  point: Point;
}

/** A signature and the key that it is said to be of. */
interface Claim {
  key: Point;
  signature: Signature;
}

/** For each fact whether the account that it names signed it for this record (ERC-2098, low s). */
export async function areSignedByAuthors(facts: SignedFact[], domain: FactDomain): Promise<boolean[]> {
  const digests = await Promise.all(facts.map((fact) => digestOf(fact, domain)));
  const isSigned = facts.map(() => false);
  const keys = new Map<string, Point>();
  const claims = new Map<number, Claim>();
  facts.forEach(({ author, signature: compact }, at) => {
    const signature = readSignature(compact, digests[at] as Uint8Array);
    if (signature === undefined) return;
    const key = keys.get(author) ?? signerOf(signature);
    if (key !== undefined && keys.has(author)) {
      claims.set(at, { key, signature });
    } else if (key !== undefined && accountOf(key) === author) {
      keys.set(author, key);
      isSigned[at] = true;
    }
  });
  const areAllTrue = areTrue([...claims.values()]);
  for (const [at, claim] of claims) isSigned[at] = areAllTrue || areTrue([claim]);
  return isSigned;
}

async function digestOf(fact: SignedFact, domain: FactDomain): Promise<Uint8Array> {
  return factDigest(fact, domain, await sha256(utf8ToBytes(canonicalJson(fact.body))));
}

function readSignature(compactHex: string, digest: Uint8Array): Signature | undefined {
  try {
    const compact = fromHex(compactHex, 64);
    const isOdd = (compact[32] as number) >> 7;
    compact[32] = (compact[32] as number) & 0x7f;
    const signature = secp256k1.Signature.fromBytes(compact, "compact");
    if (signature.hasHighS()) return undefined;
    const point = Curve.fromBytes(Uint8Array.of(2 + isOdd, ...compact.subarray(0, 32)));
    return { digest, r: signature.r, s: signature.s, point };
  } catch {
    return undefined;
  }
}

/** The key Q with s⋅R = z⋅G + r⋅Q. */
function signerOf({ digest, r, s, point }: Signature): Point | undefined {
  const inverse = Fn.inv(r);
  const key = Curve.BASE.mulAddUnsafe(Fn.neg(Fn.mul(numberOf(digest), inverse)), point, Fn.mul(s, inverse));
  return key.is0() ? undefined : key;
}

/**
 * Whether R = (z/s)⋅G + (r/s)⋅Q for all: with a weight for each that nobody can know before, the sum of the differences
 * is zero for false ones once in 2^128 times.
 */
function areTrue(claims: Claim[]): boolean {
  let ofBase = 0n;
  const ofKeys = new Map<Point, bigint>();
  const weights = claims.map(() => BigInt(`0x${bytesToHex(crypto.getRandomValues(new Uint8Array(WEIGHT_BYTES)))}`));
  claims.forEach(({ key, signature: { digest, r, s } }, at) => {
    const weighted = Fn.mul(weights[at] as bigint, Fn.inv(s));
    ofBase = Fn.add(ofBase, Fn.mul(weighted, numberOf(digest)));
    ofKeys.set(key, Fn.add(ofKeys.get(key) ?? 0n, Fn.mul(weighted, r)));
  });
  const points = claims.map(({ signature: { point } }) => point.negate());
  return mulAddUnsafe(Curve, [Curve.BASE, ...ofKeys.keys(), ...points], [ofBase, ...ofKeys.values(), ...weights]).is0();
}

function numberOf(digest: Uint8Array): bigint {
  return Fn.create(BigInt(toHex(digest)));
}

function accountOf(key: Point): string {
  return toHex(keccak_256(key.toBytes(false).slice(1)).slice(12));
}
