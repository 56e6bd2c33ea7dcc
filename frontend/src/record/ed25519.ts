// Ed25519 by the browser itself where it offers it (in secure contexts), else by the library, which comes only then.

type Library = typeof import("./ed25519-library");

let library = (): Promise<Library> => import("./ed25519-library.js");

/** Where the library is, for a script that does not lie beside it. */
export function libraryIsAt(address: string): void {
  library = () => import(address);
}

/** Whether `signature` is the key's under `message`; false for a key or a signature that is none. */
export async function isSignedByKey(signature: Uint8Array, message: Uint8Array, key: Uint8Array): Promise<boolean> {
  const own = await crypto.subtle?.importKey("raw", key as Uint8Array<ArrayBuffer>, "Ed25519", false, ["verify"]).catch(() => undefined);
  if (own !== undefined) {
    return crypto.subtle.verify("Ed25519", own, signature as Uint8Array<ArrayBuffer>, message as Uint8Array<ArrayBuffer>);
  }
  const { verify } = await library();
  return verify(signature, message, key);
}
