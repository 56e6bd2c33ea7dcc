// Texts that the device shows come with the page, in its language.
let texts: Record<string, string> | undefined;

/** The text `name` with {named} places filled in. */
export function text(name: string, values: Record<string, string | number> = {}): string {
  texts ??= JSON.parse(document.getElementById("device-texts")?.textContent ?? "{}") as Record<string, string>;
  return (texts[name] ?? name).replace(/\{(\w+)\}/g, (_, key: string) => String(values[key] ?? ""));
}

/** Minor units of the settlement currency as `¥12.34`. */
export function money(minor: bigint | number | string): string {
  const amount = BigInt(minor);
  const digits = (amount < 0n ? -amount : amount).toString().padStart(3, "0");
  return `${amount < 0n ? "−" : ""}¥${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/** Seconds since the epoch as day and time of day, on the same calendar as the page. */
export function moment(seconds: number): string {
  return new Intl.DateTimeFormat(document.documentElement.lang || "zh-Hans", {
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    hour12: false,
    ...(document.body.dataset.timeZone && { timeZone: document.body.dataset.timeZone }),
  }).format(new Date(seconds * 1000));
}
