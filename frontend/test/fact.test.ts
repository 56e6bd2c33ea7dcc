import { expect, test } from "vitest";

import { canonicalJson, type Fact, factDigest } from "../src/fact";
import { fromHex, toHex } from "../src/hex";
import { signDigest } from "../src/signing-key";
import examples from "./generated/examples.json" with { type: "json" };

const { domain, fact, digest, signature } = examples.fact;

test("the device signs the same bytes of a fact as the server checks", () => {
  expect(toHex(factDigest(fact as Fact, domain))).toBe(digest);
  expect(signDigest(fromHex(examples.private_key), fromHex(digest))).toBe(signature);
});

test("a fact with another body, time or kind has another digest", () => {
  for (const change of [{ body: {} }, { time: fact.time + 1 }, { kind: "lot" }]) {
    expect(toHex(factDigest({ ...(fact as Fact), ...change }, domain))).not.toBe(digest);
  }
});

test("names are sorted by their UTF-16 units, and what is not a number is refused", () => {
  expect(canonicalJson({ "\u{1f600}": 1, "\ufb33": 2, a: 1e21 })).toBe('{"a":1e+21,"\u{1f600}":1,"\ufb33":2}');
  expect(() => canonicalJson([Number.NaN])).toThrow();
});
