// Who signed many facts. To recover a key is the dearest thing that this page does, so it is done once an author: his
// other signatures are checked together, as one sum over the curve.
import { mulAddUnsafe } from "@noble/curves/abstract/curve.js";
import type { WeierstrassPoint } from "@noble/curves/abstract/weierstrass.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

import { canonicalJson, type FactDomain, factDigest, type SignedFact } from "../fact";
import { fromHex, toHex } from "../hex";
import { sha256 } from "./sha256";

type Point = WeierstrassPoint<bigint>;

/** So many signatures go into one sum, that the page is not held up for long. */
const TOGETHER_MAX = 16;
const WEIGHT_BYTES = 16;
/** So long may the page wait for its next picture. */
const BUSY_MS_MAX = 8;

const { Point: Curve } = secp256k1;
const { Fn } = Curve;

/** A signature with all that belongs to it: r, s, the point that r is of, and what was signed. */
interface Signature {
  digest: Uint8Array;
  r: bigint;
  s: bigint;
  point: Point;
}

/** For each fact whether the account that it names signed it for this record (ERC-2098, low s). */
export async function areSignedByAuthors(facts: SignedFact[], domain: FactDomain): Promise<boolean[]> {
  const pause = pauses();
  const digests = await Promise.all(facts.map((fact) => digestOf(fact, domain)));
  const signatures = facts.map(({ signature }, at) => readSignature(signature, digests[at] as Uint8Array));
  const isSigned = facts.map(() => false);
  for (const author of new Set(facts.map((fact) => fact.author))) {
    const own = [...facts.keys()].filter((at) => facts[at]?.author === author && signatures[at] !== undefined);
    let key: Point | undefined;
    for (let at = own.shift(); at !== undefined && key === undefined; at = key === undefined ? own.shift() : undefined) {
      const found = signerOf(signatures[at] as Signature);
      if (found !== undefined && accountOf(found) === author) {
        key = found;
        isSigned[at] = true;
      }
      await pause();
    }
    while (key !== undefined && own.length > 0) {
      const together = own.splice(0, TOGETHER_MAX);
      const all = areAllBy(key, together.map((at) => signatures[at] as Signature));
      for (const at of together) isSigned[at] = all || areAllBy(key, [signatures[at] as Signature]);
      await pause();
    }
  }
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
function areAllBy(key: Point, signatures: Signature[]): boolean {
  let [ofBase, ofKey] = [0n, 0n];
  const weights = signatures.map(() => BigInt(`0x${bytesToHex(crypto.getRandomValues(new Uint8Array(WEIGHT_BYTES)))}`));
  signatures.forEach(({ digest, r, s }, at) => {
    const weighted = Fn.mul(weights[at] as bigint, Fn.inv(s));
    ofBase = Fn.add(ofBase, Fn.mul(weighted, numberOf(digest)));
    ofKey = Fn.add(ofKey, Fn.mul(weighted, r));
  });
  const points = signatures.map(({ point }) => point.negate());
  return mulAddUnsafe(Curve, [Curve.BASE, key, ...points], [ofBase, ofKey, ...weights]).is0();
}

function numberOf(digest: Uint8Array): bigint {
  return Fn.create(BigInt(toHex(digest)));
}

function accountOf(key: Point): string {
  return toHex(keccak_256(key.toBytes(false).slice(1)).slice(12));
}

/** Lets the page go on when it was held up long enough. */
function pauses(): () => Promise<void> {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < BUSY_MS_MAX) return;
    await new Promise((resume) => setTimeout(resume));
    began = performance.now();
  };
}
