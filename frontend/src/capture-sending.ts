// From what the server prepared to the record: checked, signed, kept on the device until the record has it.
import { getBlob, postForm, postJson, Problem } from "./api";
import { describeEvents, type Prepared, type Signed } from "./capture-describe";
import { dropWaiting, exchangeWaiting, type Waiting, waitingOf } from "./device-store";
import { factDigest } from "./fact";
import { toHex } from "./hex";
import { text } from "./texts";
import { agreeAndUse, signingAddress, signWith } from "./wallet";

/** What a person filled in, to be prepared once there is a network. */
export interface Draft extends Waiting {
  state: "draft";
  url: string;
  title: string;
  fields: [string, string][];
  photo?: Blob;
  at: number;
}

/** What the device signed, until the record has it. */
export interface SignedWaiting extends Waiting, Signed {
  state: "signed";
  at: number;
}

export type Entry = Draft | SignedWaiting;

const PHOTO_SIDE_MAX = 1600;
const PHOTO_QUALITY = 0.85;

/** Whether a request failed because nobody answered. */
export function isOffline(error: unknown): boolean {
  // What Chromium, Firefox and Safari say; other TypeErrors are defects.
  return error instanceof TypeError && /fetch|network|load failed/i.test(error.message);
}

/** Whether trying again later may help, with nothing changed: no network, a server in trouble, or a log-in that ended. */
export function isForNow(error: unknown): boolean {
  return isOffline(error) || (error instanceof Problem && (error.status >= 500 || error.status === 401 || error.status === 429));
}

/** A photograph small enough for a slow network; as it is where the device cannot read it. */
export async function shrunk(photo: Blob): Promise<Blob> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(photo);
  } catch {
    // The server says what is wrong with the file.
    return photo;
  }
  const scale = Math.min(1, PHOTO_SIDE_MAX / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(bitmap.width * scale);
  canvas.height = Math.round(bitmap.height * scale);
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return new Promise((resolve) => canvas.toBlob((blob) => resolve(blob ?? photo), "image/jpeg", PHOTO_QUALITY));
}

/** A draft of what a form says now. */
export async function draftOf(who: string, form: HTMLFormElement, title: string): Promise<Draft> {
  const data = new FormData(form);
  const photo = data.get("photo");
  data.delete("photo");
  const now = new Date();
  data.set("happened_at", now.toISOString());
  return {
    state: "draft",
    id: `${now.toISOString()}-${crypto.randomUUID()}`,
    person: who,
    url: form.action,
    title,
    fields: [...data.entries()].filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    ...(photo instanceof File && photo.size > 0 && { photo: await shrunk(photo) }),
    at: Math.floor(now.getTime() / 1000),
  };
}

/**
 * Let the server write the events of a draft; the same draft gives the same events again. Throws FormErrors, Problem, and
 * TypeError while there is no network.
 */
export async function prepare(draft: Draft): Promise<Prepared> {
  const form = new FormData();
  for (const [name, value] of draft.fields) form.append(name, value);
  form.set("draft", draft.id);
  form.set("sent_at", new Date().toISOString());
  form.set("account", await signingAddress(draft.person));
  if (draft.photo) form.set("photo", draft.photo, "photo.jpg");
  const prepared = await postForm<Partial<Prepared>>(draft.url, form);
  // A page to log in is no answer.
  if (!Array.isArray(prepared.facts)) throw new Problem(401, text("capture_log_in"), "", "", undefined, undefined);
  return prepared as Prepared;
}

/** The photograph that the events name: fetched, and refused if it is another than they say, or they say more. */
async function pictureOf(prepared: Prepared[]): Promise<string | undefined> {
  let picture: string | undefined;
  for (const { photos, facts } of prepared) {
    const named = photos.map(({ digest }) => photoName(digest));
    const events = facts.filter(({ kind }) => kind === "epcis_event").map(({ body }) => body.event as { "pinlian:photo"?: string[] });
    if (events.some((event) => JSON.stringify(event["pinlian:photo"] ?? []) !== JSON.stringify(named))) throw photoDiffers();
    for (const { digest, url } of photos) {
      const bytes = await (await getBlob(url)).arrayBuffer();
      const found = toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))).slice(2);
      if (found !== digest) throw photoDiffers();
      picture ??= URL.createObjectURL(new Blob([bytes], { type: "image/webp" }));
    }
  }
  return picture;
}

function photoDiffers(): Problem {
  return new Problem(409, text("photo_differs"), "", "", undefined, undefined);
}

/** As events name a photograph (RFC 6920). */
function photoName(digest: string): string {
  const bytes = (digest.match(/../g) ?? []).map((pair) => Number.parseInt(pair, 16));
  return `ni:///sha-256;${btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "")}`;
}

/**
 * Show what was prepared; once the person agrees, sign it and keep it on this device, in the place of `drafts`, until
 * `deliver` has brought it to the record. Throws Declined if the person does not agree.
 */
export async function agreeAndSign(who: string, prepared: Prepared[], drafts: Draft[]): Promise<SignedWaiting[]> {
  const picture = await pictureOf(prepared);
  try {
    return await agreeAndUse(who, describeEvents(prepared, picture), async (secrets, author) => {
      const signed = prepared.map(({ facts, domain, submit }): SignedWaiting => ({
        state: "signed",
        id: `${new Date().toISOString()}-${crypto.randomUUID()}`,
        person: who,
        submit,
        at: Math.floor(Date.now() / 1000),
        facts: facts.map((unsigned) => {
          const fact = { ...unsigned, author };
          return { ...fact, signature: signWith(secrets, factDigest(fact, domain)) };
        }),
      }));
      await exchangeWaiting(drafts.map(({ id }) => id), signed);
      return signed;
    });
  } finally {
    if (picture) URL.revokeObjectURL(picture);
  }
}

/** Bring what was signed to the record; it leaves this device only once the record says that it has it. */
export async function deliver(entry: SignedWaiting): Promise<void> {
  const { recorded } = await postJson<{ recorded?: number }>(entry.submit, { facts: entry.facts });
  if (recorded !== entry.facts.length) throw new Problem(401, text("capture_log_in"), "", "", undefined, undefined);
  await dropWaiting(entry.id);
}

export function waitingEntries(who: string): Promise<Entry[]> {
  return waitingOf<Entry>(who);
}
