import { exportJWK, generateKeyPair } from "jose";
import { expect, test } from "vitest";

import { canonical, commitment, openDetails, sealDetails } from "../src/sealed-details";

const pair = async () => {
  const { publicKey, privateKey } = await generateKeyPair("ECDH-ES+A256KW", { crv: "P-256", extractable: true });
  return { publicKey: await exportJWK(publicKey), privateKey: (await exportJWK(privateKey)) as JsonWebKey };
};

test("each reader opens the details, nobody else does", async () => {
  const [leader, buyer, stranger] = await Promise.all([pair(), pair(), pair()]);
  const details = { name: "王奶奶", phone: "138" };
  const { sealed } = await sealDetails(details, [leader.publicKey, buyer.publicKey]);
  expect(await openDetails(sealed, leader.privateKey)).toEqual(details);
  expect(await openDetails(sealed, buyer.privateKey)).toEqual(details);
  await expect(openDetails(sealed, stranger.privateKey)).rejects.toThrow();
  expect(sealed).not.toContain("138");
});

test("the commitment is keccak-256 of salt and sealed text", () => {
  const salt = `0x${"00".repeat(32)}` as const;
  expect(commitment({ salt, sealed: "" })).toBe("0x290decd9548b62a8d60345a988386fc84ba6bc95484008f6362f93160ef3e563");
});

test("canonical JSON sorts names and leaves no spaces", () => {
  expect(canonical({ b: [1, { d: "x", c: true }], a: "é" })).toBe('{"a":"é","b":[1,{"c":true,"d":"x"}]}');
});
