// A file of its own in the built pages (see build:js): most browsers never need it.
import { ed25519 } from "@noble/curves/ed25519.js";

export function verify(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean {
  try {
    return ed25519.verify(signature, message, key, { zip215: false });
  } catch {
    return false;
  }
}
