// Delivery details: encrypted on the buyer's device to those who deliver; the order carries only their hash.
import { GeneralEncrypt, generalDecrypt, importJWK, type GeneralJWE, type JWK } from "jose";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { fromHex, type Hex, toHex } from "./hex";

export interface Sealed {
  salt: Hex;
  sealed: string;
}

/** Encrypt `details` so that each of `readers` (public P-256 keys) can read them: a JWE for several recipients. */
export async function sealDetails(details: unknown, readers: JWK[]): Promise<Sealed> {
  const encryption = new GeneralEncrypt(utf8ToBytes(JSON.stringify(details))).setProtectedHeader({ enc: "A256GCM" });
  for (const reader of readers) {
    encryption.addRecipient(await importJWK(reader, "ECDH-ES+A256KW")).setUnprotectedHeader({ alg: "ECDH-ES+A256KW" });
  }
  return { salt: toHex(randomBytes(32)), sealed: canonical(await encryption.encrypt()) };
}

/** What the order commits to: keccak-256 of the salt and the sealed text. */
export function commitment({ salt, sealed }: Sealed): Hex {
  return toHex(keccak_256(concatBytes(fromHex(salt, 32), utf8ToBytes(sealed))));
}

/** Throws if the key is not one of the readers'. */
export async function openDetails<T>(sealed: string, privateKey: JsonWebKey): Promise<T> {
  const key = await importJWK(privateKey as JWK, "ECDH-ES+A256KW");
  const { plaintext } = await generalDecrypt(JSON.parse(sealed) as GeneralJWE, key);
  return JSON.parse(new TextDecoder().decode(plaintext)) as T;
}

/** JSON with sorted names and no spaces (RFC 8785 for texts and objects, which is all that a JWE has). */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(",")}}`;
  }
  return JSON.stringify(value);
}
