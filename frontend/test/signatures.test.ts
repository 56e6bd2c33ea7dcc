import { secp256k1 } from "@noble/curves/secp256k1.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { expect, test } from "vitest";

import { type FactDomain, factDigest, type SignedFact } from "../src/fact";
import { fromHex, toHex } from "../src/hex";
import { areSignedByAuthors } from "../src/record/signatures";

const DOMAIN: FactDomain = { name: "Pinlian Record", version: "1", chainId: 31337, verifyingContract: `0x${"01".repeat(20)}` };
const FARM = 1;
const CARRIER = 2;

function keyOf(who: number): Uint8Array {
  return new Uint8Array(32).fill(who);
}

function accountOf(who: number): string {
  return toHex(keccak_256(secp256k1.getPublicKey(keyOf(who), false).slice(1)).slice(12));
}

/** A fact of `author`, signed with the key of `signer`. */
function signed(author: number, time: number, signer = author): SignedFact {
  const fact = { kind: "note", time, author: accountOf(author), body: { said: `at ${time}` } };
  const signature = secp256k1.sign(factDigest(fact, DOMAIN), keyOf(signer), { prehash: false, format: "recovered" });
  const compact = signature.slice(1);
  compact[32] = (compact[32] as number) | ((signature[0] as number) << 7);
  return { ...fact, signature: toHex(compact) };
}

/** Numbers of the facts that are found to be false. */
async function falseOnes(facts: SignedFact[]): Promise<number[]> {
  const found = await areSignedByAuthors(facts, DOMAIN);
  expect(found).toHaveLength(facts.length);
  return found.flatMap((isSigned, at) => (isSigned ? [] : [at]));
}

const many = (author: number, count: number) => Array.from({ length: count }, (_, time) => signed(author, 100 * author + time));

test("facts of several authors are signed by them", async () => {
  expect(await falseOnes([])).toEqual([]);
  expect(await falseOnes([...many(FARM, 20), ...many(CARRIER, 3), signed(3, 1)])).toEqual([]);
});

test("a false one among true ones of the same author is found, wherever it is", async () => {
  for (const at of [0, 5, 19]) {
    for (const spoil of [
      (fact: SignedFact) => ({ ...fact, time: fact.time + 1 }),
      (fact: SignedFact) => ({ ...fact, body: { said: "something else" } }),
      (fact: SignedFact) => signed(FARM, fact.time, CARRIER),
      (fact: SignedFact) => ({ ...fact, signature: flipped(fact.signature, 0, 1) }),
      (fact: SignedFact) => ({ ...fact, signature: flipped(fact.signature, 32, 0x80) }),
      (fact: SignedFact) => ({ ...fact, signature: flipped(fact.signature, 63, 1) }),
      (fact: SignedFact) => ({ ...fact, signature: `0x${"00".repeat(64)}` }),
    ]) {
      const facts = many(FARM, 20);
      facts[at] = spoil(facts[at] as SignedFact);
      expect(await falseOnes(facts)).toEqual([at]);
    }
  }
});

test("a false one of one author leaves those of the others true", async () => {
  const [first, one, other] = many(CARRIER, 3) as [SignedFact, SignedFact, SignedFact];
  expect(await falseOnes([...many(FARM, 3), first, { ...one, time: one.time + 1 }, other])).toEqual([4]);
});

test("two false ones that make up for each other are both found", async () => {
  const [first, one, other] = many(FARM, 3) as [SignedFact, SignedFact, SignedFact];
  const swapped = [first, { ...one, signature: other.signature }, { ...other, signature: one.signature }];
  expect(await falseOnes(swapped)).toEqual([1, 2]);
});

test("facts that all name an account which signed none of them are all false", async () => {
  const facts = many(CARRIER, 5).map((fact) => ({ ...fact, author: accountOf(FARM) }));
  expect(await falseOnes(facts)).toEqual([0, 1, 2, 3, 4]);
  expect(await falseOnes([...facts, signed(FARM, 7)])).toEqual([0, 1, 2, 3, 4]);
});

test("a signature for another record is none for this one", async () => {
  const other = await areSignedByAuthors(many(FARM, 3), { ...DOMAIN, chainId: 1 });
  expect(other).toEqual([false, false, false]);
});

function flipped(signature: string, at: number, bits: number): string {
  const bytes = fromHex(signature);
  bytes[at] = (bytes[at] as number) ^ bits;
  return toHex(bytes);
}
