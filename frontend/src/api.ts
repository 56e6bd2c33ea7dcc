// Requests to the server that the page came from.

/** The server's refusal of a request, as problem+json (RFC 9457) in the reader's language. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly remedy: string,
    readonly field: string | undefined,
    readonly refusal: string | undefined,
  ) {
    super(title);
  }
}

/** A form's fields that must be put right: texts by field name. */
export class FormErrors extends Error {
  constructor(readonly errors: Record<string, string[]>) {
    super("form");
  }
}

/** What requests carry of the page that they are sent for. */
export interface Asker {
  language: string;
  csrf: string;
}

let asker: Asker | undefined;

/** In a worker, which has no page of its own: ask for this one. */
export function askFor(page: Asker): void {
  asker = page;
}

export function thisPage(): Asker {
  const csrf = /(?:^|; )pinlian_csrf=([^;]+)/.exec(document.cookie)?.[1] ?? "";
  return { language: document.documentElement.lang, csrf };
}

export function csrfToken(): string {
  return (asker ?? thisPage()).csrf;
}

async function read<T>(response: Response): Promise<T> {
  const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
  const body = (isJson ? await response.json() : {}) as Record<string, unknown>;
  if (response.ok) return body as T;
  if (typeof body.errors === "object" && body.errors !== null) throw new FormErrors(body.errors as Record<string, string[]>);
  const part = (name: string) => (typeof body[name] === "string" ? (body[name] as string) : "");
  const title = part("title");
  throw new Problem(response.status, title, part("detail"), part("remedy"), part("field") || undefined, part("refusal") || undefined);
}

function headers(extra: Record<string, string> = {}): Record<string, string> {
  return { Accept: "application/json", "Accept-Language": (asker ?? thisPage()).language, ...extra };
}

export async function getJson<T>(url: string): Promise<T> {
  return read(await fetch(url, { headers: headers(), credentials: "same-origin" }));
}

/** Idempotent: a request that is sent again after a broken connection keeps its key and has one effect. */
export async function postJson<T>(url: string, body: unknown): Promise<T> {
  const key = crypto.randomUUID();
  const send = () =>
    fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: headers({ "Content-Type": "application/json", "X-CSRFToken": csrfToken(), "Idempotency-Key": key }),
      body: JSON.stringify(body),
    });
  let response: Response;
  try {
    response = await send();
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    response = await send();
  }
  return read(response);
}

export async function postForm<T>(url: string, form: FormData): Promise<T> {
  return read(
    await fetch(url, {
      method: "POST",
      credentials: "same-origin",
      headers: headers({ "X-CSRFToken": csrfToken() }),
      body: form,
    }),
  );
}

/** What is at an address of this site; throws Problem if there is nothing. */
export async function getBlob(url: string): Promise<Blob> {
  const response = await fetch(url, { credentials: "same-origin" });
  return response.ok ? response.blob() : read(response);
}
