// What stays on this device (IndexedDB): the sealed key, the unlocked one for a while, and what waits to be sent.
import type { Keystore, Secrets } from "./keystore";

export interface StoredKey {
  person: string;
  address: string;
  keystore: Keystore;
}

interface Unlocked {
  person: string;
  address: string;
  key: CryptoKey;
  iv: Uint8Array<ArrayBuffer>;
  sealed: ArrayBuffer;
  expires_at: number;
}

/** How long a passphrase holds after it was last needed. */
const UNLOCKED_MS = 15 * 60 * 1000;

const DATABASE = "pinlian";
const STORES = ["keys", "unlocked", "waiting"] as const;
type Store = (typeof STORES)[number];

let opening: Promise<IDBDatabase> | undefined;

function database(): Promise<IDBDatabase> {
  opening ??= new Promise((resolve, reject) => {
    const request = indexedDB.open(DATABASE, 2);
    request.onupgradeneeded = () => {
      const { objectStoreNames } = request.result;
      for (const store of STORES) if (!objectStoreNames.contains(store)) request.result.createObjectStore(store);
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  return opening;
}

async function run<T>(store: Store, mode: IDBTransactionMode, act: (store: IDBObjectStore) => IDBRequest<T>): Promise<T> {
  const transaction = (await database()).transaction(store, mode);
  const request = act(transaction.objectStore(store));
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error);
  });
}

export async function findKey(person: string): Promise<StoredKey | undefined> {
  return run("keys", "readonly", (store) => store.get(person));
}

export async function keepKey(key: StoredKey): Promise<void> {
  await run("keys", "readwrite", (store) => store.put(key, key.person));
}

/** Keep opened secrets for a while, under a key that scripts can use but nobody can read out of the browser's files. */
export async function keepUnlocked(person: string, address: string, secrets: Secrets): Promise<void> {
  const key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, new TextEncoder().encode(JSON.stringify(secrets)));
  const unlocked: Unlocked = { person, address, key, iv, sealed, expires_at: Date.now() + UNLOCKED_MS };
  await run("unlocked", "readwrite", (store) => store.put(unlocked, person));
}

export async function findUnlocked(person: string): Promise<{ address: string; secrets: Secrets } | undefined> {
  const unlocked: Unlocked | undefined = await run("unlocked", "readonly", (store) => store.get(person));
  if (unlocked === undefined) return undefined;
  if (unlocked.expires_at <= Date.now()) {
    await lock(person);
    return undefined;
  }
  const { key, iv, sealed, address } = unlocked;
  const plain = await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed);
  await run("unlocked", "readwrite", (store) => store.put({ ...unlocked, expires_at: Date.now() + UNLOCKED_MS }, person));
  return { address, secrets: JSON.parse(new TextDecoder().decode(plain)) as Secrets };
}

export async function lock(person: string): Promise<void> {
  await run("unlocked", "readwrite", (store) => store.delete(person));
}

/** Forget whatever has been unlocked for too long, or for somebody who is not logged in here now. */
export async function lockExpired(person: string | undefined): Promise<void> {
  const all: Unlocked[] = await run("unlocked", "readonly", (store) => store.getAll());
  for (const unlocked of all) {
    if (unlocked.expires_at <= Date.now() || unlocked.person !== person) await lock(unlocked.person);
  }
}

/** What waits on this device to be sent: `id` orders it, `person` may send it. */
export interface Waiting {
  id: string;
  person: string;
}

export async function keepWaiting(entry: Waiting): Promise<void> {
  await run("waiting", "readwrite", (store) => store.put(entry, entry.id));
}

/** What waits for this person, oldest first. */
export async function waitingOf<Entry extends Waiting>(person: string): Promise<Entry[]> {
  const all: Entry[] = await run("waiting", "readonly", (store) => store.getAll());
  return all.filter((entry) => entry.person === person);
}

/** Put `entries` in the place of others, all or nothing: whoever is cut off has either those or these. */
export async function exchangeWaiting(others: string[], entries: Waiting[]): Promise<void> {
  const transaction = (await database()).transaction("waiting", "readwrite", { durability: "strict" });
  const store = transaction.objectStore("waiting");
  for (const id of others) store.delete(id);
  for (const entry of entries) store.put(entry, entry.id);
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error);
  });
}

export async function dropWaiting(id: string): Promise<void> {
  await run("waiting", "readwrite", (store) => store.delete(id));
}
