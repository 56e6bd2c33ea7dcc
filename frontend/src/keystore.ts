// A person's secrets under a passphrase: argon2id makes the key, AES-256-GCM seals. The server keeps a copy it cannot open.
import { argon2idAsync } from "@noble/hashes/argon2.js";
import { randomBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { fromHex, toHex } from "./hex";

/** What is sealed: the signing key in hexadecimal and the private P-256 key that opens delivery details. */
export interface Secrets {
  signing: string;
  encryption: JsonWebKey;
}

export interface Keystore {
  version: 1;
  kdf: { name: "argon2id"; memory_kib: number; passes: number; lanes: number; salt: string };
  cipher: { name: "AES-256-GCM"; iv: string };
  ciphertext: string;
}

// OWASP's first choice for argon2id; about a second on a modest telephone.
const COST = { memory_kib: 19_456, passes: 2, lanes: 1 };

// A keystore comes from the server on a new device: refuse costs that would weaken it or hang the page.
const MEMORY_KIB_MIN = 19_456;
const MEMORY_KIB_MAX = 262_144;
const PASSES_MAX = 10;

export class WrongPassphrase extends Error {}

type Progress = (done: number) => void;

async function sealingKey(passphrase: string, kdf: Keystore["kdf"], progress?: Progress): Promise<CryptoKey> {
  if (kdf.name !== "argon2id" || kdf.memory_kib < MEMORY_KIB_MIN || kdf.memory_kib > MEMORY_KIB_MAX) {
    throw new Error("keystore: key derivation out of bounds");
  }
  if (kdf.passes < 2 || kdf.passes > PASSES_MAX || kdf.lanes !== 1) throw new Error("keystore: cost out of bounds");
  // NFKC: the same characters give the same bytes on every keyboard.
  const raw = await argon2idAsync(utf8ToBytes(passphrase.normalize("NFKC")), fromHex(kdf.salt), {
    m: kdf.memory_kib,
    t: kdf.passes,
    p: kdf.lanes,
    dkLen: 32,
    ...(progress && { onProgress: progress }),
  });
  return crypto.subtle.importKey("raw", raw as BufferSource, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function cipher(iv: Uint8Array, address: string): AesGcmParams {
  return { name: "AES-GCM", iv: iv as BufferSource, additionalData: utf8ToBytes(address) as BufferSource };
}

export async function seal(secrets: Secrets, passphrase: string, address: string, progress?: Progress): Promise<Keystore> {
  const kdf = { name: "argon2id" as const, ...COST, salt: toHex(randomBytes(16)) };
  const iv = randomBytes(12);
  const key = await sealingKey(passphrase, kdf, progress);
  const plain = utf8ToBytes(JSON.stringify(secrets));
  const sealed = await crypto.subtle.encrypt(cipher(iv, address), key, plain as BufferSource);
  return {
    version: 1,
    kdf,
    cipher: { name: "AES-256-GCM", iv: toHex(iv) },
    ciphertext: toHex(new Uint8Array(sealed)),
  };
}

/** Throws WrongPassphrase if the passphrase does not open this keystore of this address. */
export async function open(keystore: Keystore, passphrase: string, address: string, progress?: Progress): Promise<Secrets> {
  const key = await sealingKey(passphrase, keystore.kdf, progress);
  try {
    const plain = await crypto.subtle.decrypt(
      cipher(fromHex(keystore.cipher.iv, 12), address),
      key,
      fromHex(keystore.ciphertext) as BufferSource,
    );
    return JSON.parse(new TextDecoder().decode(plain)) as Secrets;
  } catch (error) {
    if (error instanceof DOMException) throw new WrongPassphrase();
    throw error;
  }
}

/** Whether a passphrase is too easy to guess for somebody who got hold of the keystore. */
export function isWeak(passphrase: string): boolean {
  const characters = [...passphrase.normalize("NFKC")];
  const chinese = characters.filter((character) => /\p{Script=Han}/u.test(character)).length;
  const weight = characters.length + chinese;
  return weight < 8 || /^\d{0,11}$/.test(passphrase) || new Set(characters).size < 4;
}
