// One spelling of the names of things and places, so that statements can be held against each other. It is
// src/pinlian/gs1/epc.py for the names that goods have on their way; the tests hold both to the same examples.

/** Keys in the paths of Digital Links, each with the qualifiers that are part of a name, the finest first. */
const FINEST: Record<string, string[]> = {
  "00": [],
  "01": ["21", "10", "235"],
  "414": ["254"],
  "417": [],
  "8003": [],
  "8004": [],
};

/** `01/09521234000013/10/A-1` of a Digital Link at any host and of an EPC URN; undefined for other spellings. */
export function nameOf(text: string): string | undefined {
  return text.startsWith("urn:epc:") ? ofUrn(text) : ofLink(text);
}

function ofLink(text: string): string | undefined {
  const path = /^https?:\/\/[^/?#]+\/([^?#]*)/i.exec(text)?.[1]?.split("/") ?? [];
  const start = path.findIndex((part, at) => part in FINEST && (path.length - at) % 2 === 0 && /^[0-9]/.test(path[at + 1] ?? ""));
  const key = path[start];
  if (start < 0 || key === undefined) return undefined;
  const value = path[start + 1] as string;
  const qualifiers = new Map<string, string>();
  for (let at = start + 2; at < path.length; at += 2) qualifiers.set(path[at] as string, path[at + 1] as string);
  const finest = FINEST[key]?.find((name) => qualifiers.has(name));
  const parts = [key, key === "01" ? value.padStart(14, "0") : value];
  if (finest !== undefined) parts.push(finest, qualifiers.get(finest) as string);
  try {
    return parts.map(decodeURIComponent).join("/");
  } catch {
    return undefined;
  }
}

function ofUrn(text: string): string | undefined {
  const [, scheme, rest] = /^urn:epc:(?:id|class):([a-z]+):(.+)$/s.exec(text) ?? [];
  const [prefix, reference, ...more] = (rest ?? "").split(".");
  if (scheme === undefined || prefix === undefined || reference === undefined) return undefined;
  const serial = decoded(more.join("."));
  const indicated = () => withCheckDigit(reference.slice(0, 1) + prefix + reference.slice(1));
  switch (scheme) {
    case "sgtin":
      return `01/${indicated()}/21/${serial}`;
    case "lgtin":
      return `01/${indicated()}/10/${serial}`;
    case "sscc":
      return `00/${indicated()}`;
    case "sgln":
      return `414/${withCheckDigit(prefix + reference)}${serial === "0" ? "" : `/254/${serial}`}`;
    case "grai":
      return `8003/0${withCheckDigit(prefix + reference)}${serial}`;
    case "giai":
      return `8004/${prefix}${decoded([reference, ...more].join("."))}`;
    default:
      return undefined;
  }
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function withCheckDigit(digits: string): string {
  let sum = 0;
  for (let at = 0; at < digits.length; at++) sum += Number(digits[digits.length - 1 - at]) * (at % 2 === 0 ? 3 : 1);
  return digits + ((10 - (sum % 10)) % 10);
}
