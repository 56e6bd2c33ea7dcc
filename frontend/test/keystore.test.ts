import { expect, test } from "vitest";

import { isWeak, type Keystore, open, seal, WrongPassphrase } from "../src/keystore";

const address = "0x00112233445566778899aabbccddeeff00112233";
const secrets = { signing: `0x${"07".repeat(32)}`, encryption: { kty: "EC", crv: "P-256", x: "x", y: "y", d: "d" } };
const sealed: Promise<Keystore> = seal(secrets, "菜篮子 happy 42", address);

test("the passphrase opens what it sealed", async () => {
  expect(await open(await sealed, "菜篮子 happy 42", address)).toEqual(secrets);
});

test("another passphrase, or another address, does not", async () => {
  await expect(open(await sealed, "菜篮子 happy 43", address)).rejects.toBeInstanceOf(WrongPassphrase);
  await expect(open(await sealed, "菜篮子 happy 42", `${address.slice(0, -1)}4`)).rejects.toBeInstanceOf(WrongPassphrase);
});

test("a keystore with weakened costs is refused before the passphrase is used", async () => {
  const keystore = await sealed;
  const weakened = { ...keystore, kdf: { ...keystore.kdf, memory_kib: 8 } };
  await expect(open(weakened, "菜篮子 happy 42", address)).rejects.toThrow("out of bounds");
});

test.each(["12345678", "20250101123", "aaaaaaaaaaaa", "abc12", "菜篮"])("%s is too easy to guess", (passphrase) => {
  expect(isWeak(passphrase)).toBe(true);
});

test.each(["green-basket", "西红柿炒鸡蛋", "fresh fish 9"])("%s is good enough", (passphrase) => {
  expect(isWeak(passphrase)).toBe(false);
});
