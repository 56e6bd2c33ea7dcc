// Signed notes and checkpoints (c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature).
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { isSignedByKey } from "./ed25519";
import { sha256 } from "./sha256";
import { HASH_BYTES, sameHash } from "./tree";

const ED25519 = 1;
const COSIGNATURE_V1 = 4;
const KEY_ID_BYTES = 4;
const TIME_BYTES = 8;

/** The note or key is malformed, or not signed as it must be. */
export class NoteError extends Error {}

/** A log's or witness's key, from its `name+id+base64` form. */
export interface Verifier {
  vkey: string;
  name: string;
  kind: number;
  key: Uint8Array;
  id: Uint8Array;
}

/** A log's word on its number of entries and the root of their tree. */
export interface CheckpointBody {
  origin: string;
  size: number;
  root: Uint8Array;
}

export interface Checkpoint {
  body: CheckpointBody;
  /** Verifier keys of those that cosigned. */
  cosigners: string[];
}

interface Line {
  name: string;
  id: Uint8Array;
  signature: Uint8Array;
}

export function fromBase64(text: string): Uint8Array {
  let binary: string;
  try {
    binary = atob(text);
  } catch (error) {
    throw new NoteError(`not base64: ${text.slice(0, 80)}`, { cause: error });
  }
  if (btoa(binary) !== text) throw new NoteError(`not the usual spelling in base64: ${text.slice(0, 80)}`);
  return Uint8Array.from(binary, (unit) => unit.charCodeAt(0));
}

/** Throws NoteError unless it is the key of a log or witness under its own id. */
export async function readVerifier(vkey: string): Promise<Verifier> {
  const [, name, idText, material] = /^([^\s+]+)\+([0-9a-f]{8})\+(.+)$/u.exec(vkey) ?? [];
  if (name === undefined || idText === undefined || material === undefined) throw new NoteError(`not a verifier key: ${vkey}`);
  const bytes = fromBase64(material);
  const kind = bytes[0];
  if (bytes.length !== 33 || (kind !== ED25519 && kind !== COSIGNATURE_V1)) throw new NoteError(`not an Ed25519 key: ${vkey}`);
  const id = (await sha256(utf8ToBytes(`${name}\n`), bytes)).slice(0, KEY_ID_BYTES);
  if (Array.from(id, (byte) => byte.toString(16).padStart(2, "0")).join("") !== idText) throw new NoteError(`another key's id: ${vkey}`);
  return { vkey, name, kind, key: bytes.slice(1), id };
}

function splitNote(note: string): { text: string; lines: Line[] } {
  const end = note.lastIndexOf("\n\n");
  if (end < 0 || !note.endsWith("\n") || end + 2 >= note.length) throw new NoteError("not a note: a text, an empty line and signatures");
  const lines = note.slice(end + 2, -1).split("\n").map((line) => {
    const [, name, base64] = /^— ([^\s+]+) (\S+)$/u.exec(line) ?? [];
    const bytes = fromBase64(base64 ?? "");
    if (name === undefined || bytes.length <= KEY_ID_BYTES) throw new NoteError(`not a signature line: ${line.slice(0, 80)}`);
    return { name, id: bytes.slice(0, KEY_ID_BYTES), signature: bytes.slice(KEY_ID_BYTES) };
  });
  return { text: note.slice(0, end + 1), lines };
}

/** What a checkpoint says, whoever signed it. Throws NoteError if it is none. */
export function readBody(note: string): CheckpointBody {
  const [origin, size, root, ...rest] = splitNote(note).text.split("\n");
  if (!origin || root === undefined || rest.at(-1) !== "" || rest.slice(0, -1).includes("") || !/^(0|[1-9][0-9]*)$/.test(size ?? "")) {
    throw new NoteError("not a checkpoint: origin, size and root, a line each");
  }
  const body = { origin, size: Number(size), root: fromBase64(root) };
  if (!Number.isSafeInteger(body.size) || body.root.length !== HASH_BYTES) throw new NoteError("not a size and a root");
  return body;
}

async function isSignedBy(verifier: Verifier, text: string, { signature }: Line): Promise<boolean> {
  let message = text;
  let bare = signature;
  if (verifier.kind === COSIGNATURE_V1) {
    if (signature.length < TIME_BYTES) return false;
    const time = new DataView(signature.buffer, signature.byteOffset).getBigUint64(0);
    if (time >= 1n << 63n) return false;
    message = `cosignature/v1\ntime ${time}\n${text}`;
    bare = signature.slice(TIME_BYTES);
  }
  return isSignedByKey(bare, utf8ToBytes(message), verifier.key);
}

/** Check that `log` signed its own checkpoint, and which witnesses did. Throws NoteError otherwise. */
export async function openCheckpoint(note: string, log: Verifier, witnesses: Verifier[]): Promise<Checkpoint> {
  const { text, lines } = splitNote(note);
  const lineOf = (verifier: Verifier) => lines.find(({ name, id }) => name === verifier.name && sameHash(id, verifier.id));
  const signed = [log, ...witnesses].filter((verifier) => lineOf(verifier) !== undefined);
  await Promise.all(
    signed.map(async (verifier) => {
      const isTrue = await isSignedBy(verifier, text, lineOf(verifier) as Line);
      if (!isTrue) throw new NoteError(`false signature of ${verifier.name}`);
    }),
  );
  const body = readBody(note);
  if (body.origin !== log.name || !signed.includes(log)) throw new NoteError(`not a checkpoint that ${log.name} signed`);
  return { body, cosigners: signed.filter((verifier) => verifier !== log).map(({ vkey }) => vkey) };
}
