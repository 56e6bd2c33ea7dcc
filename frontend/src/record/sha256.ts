// SHA-256 by the browser itself where it offers it (in secure contexts), else by the library.
import { sha256 as slower } from "@noble/hashes/sha2.js";
import { concatBytes } from "@noble/hashes/utils.js";

export async function sha256(...parts: Uint8Array[]): Promise<Uint8Array> {
  const bytes = concatBytes(...parts);
  if (globalThis.crypto?.subtle === undefined) return slower(bytes);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>));
}
