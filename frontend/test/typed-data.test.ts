import { describe, expect, test } from "vitest";

import { fromHex, toHex } from "../src/hex";
import { addressOf, signDigest } from "../src/signing-key";
import { digest, domainSeparator, hashStruct, type Message } from "../src/typed-data";
import examples from "./generated/examples.json" with { type: "json" };

const key = fromHex(examples.private_key, 32);

test("the domain and the address are the server's", () => {
  expect(toHex(domainSeparator(examples.domain))).toBe(examples.separator);
  expect(addressOf(key)).toBe(examples.address);
});

describe.each(examples.messages)("$kind", (example) => {
  const signed = digest(example.kind, example.message as unknown as Message, examples.domain);

  test("has the digest that the server computes", () => expect(toHex(signed)).toBe(example.digest));

  test("is signed as the server signs", () => expect(signDigest(key, signed)).toBe(example.signature));
});

test("numbers may be JSON numbers or decimal text", () => {
  const message = { nonce_base: 8 };
  expect(hashStruct("BumpNonce", message)).toEqual(hashStruct("BumpNonce", { nonce_base: "8" }));
});

test.each([
  ["a number that JSON cannot carry", { nonce_base: 2 ** 53 }],
  ["a negative number", { nonce_base: -1 }],
  ["a fraction", { nonce_base: 1.5 }],
  ["a missing field", {}],
])("refuses %s", (_, message) => {
  expect(() => hashStruct("BumpNonce", message as Message)).toThrow();
});
