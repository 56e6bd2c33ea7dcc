// A person's key on this device: made, recovered, unlocked, used.
import { getJson, postJson } from "./api";
import { confirmDialog, type Summary } from "./confirm-dialog";
import { findKey, findUnlocked, keepKey, keepUnlocked, type StoredKey } from "./device-store";
import { type Hex, fromHex, toHex } from "./hex";
import { type Keystore, type Secrets, open, seal } from "./keystore";
import { addressOf, makeSigningKey, personalDigest, signDigest } from "./signing-key";

const KEYS_URL = "/api/v1/people/me/keys";

interface ServerKey {
  address: string;
  keystore: Keystore | null;
}

/** There is no key for this person, neither here nor on the server. */
export class NoKey extends Error {}

/** Who is logged in on this page. */
export function person(): string | undefined {
  return document.body.dataset.person;
}

/**
 * Make a key, seal it under `passphrase`, give the server the sealed copy and keep one here.
 * `challenge` is the server's text that the new key signs to show that it is ours.
 */
export async function makeKey(
  who: string,
  passphrase: string,
  challenge: string,
  label: string,
  progress?: (done: number) => void,
): Promise<Hex> {
  const signing = makeSigningKey();
  const address = addressOf(signing);
  const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
  const secrets: Secrets = {
    signing: toHex(signing),
    encryption: await crypto.subtle.exportKey("jwk", pair.privateKey),
  };
  const { kty, crv, x, y } = secrets.encryption;
  const keystore = await seal(secrets, passphrase, address, progress);
  await postJson(KEYS_URL, {
    address,
    keystore,
    encryption_key: { kty, crv, x, y },
    label,
    proof: signDigest(signing, personalDigest(challenge)),
  });
  await keepKey({ person: who, address, keystore });
  await keepUnlocked(who, address, secrets);
  return address;
}

/** The person's sealed key: this device's, or else the server's copy, which needs the passphrase like any other. */
async function sealedKey(who: string): Promise<StoredKey> {
  const { keys } = await getJson<{ keys: ServerKey[] }>(KEYS_URL);
  const here = await findKey(who);
  if (here !== undefined && keys.some((key) => key.address === here.address)) return here;
  // The newest that can be recovered.
  const there = keys.filter((key) => key.keystore !== null).at(-1);
  if (there?.keystore == null) throw new NoKey();
  return { person: who, address: there.address, keystore: there.keystore };
}

/** The address that will sign for the person. Throws NoKey if there is no key. */
export async function signingAddress(who: string): Promise<string> {
  return (await findUnlocked(who))?.address ?? (await sealedKey(who)).address;
}

/**
 * Ask the person to agree to `summary`, with the passphrase if the key is locked, then `use` the secrets.
 * Throws Declined if the person does not agree and NoKey if there is no key.
 */
export async function agreeAndUse<T>(
  who: string,
  summary: Summary,
  use: (secrets: Secrets, address: string) => Promise<T>,
): Promise<T> {
  const unlocked = await findUnlocked(who);
  if (unlocked !== undefined) {
    return confirmDialog(summary, false, () => use(unlocked.secrets, unlocked.address));
  }
  const stored = await sealedKey(who);
  return confirmDialog(summary, true, async (passphrase, progress) => {
    const secrets = await open(stored.keystore, passphrase, stored.address, progress);
    await keepKey(stored);
    await keepUnlocked(who, stored.address, secrets);
    return use(secrets, stored.address);
  });
}

export function signWith(secrets: Secrets, digest: Uint8Array): Hex {
  return signDigest(fromHex(secrets.signing, 32), digest);
}
