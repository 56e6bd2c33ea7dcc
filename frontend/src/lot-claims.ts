// What the page behind the code says, held against what was signed. Texts that stand in a fact carry its index
// (data-fact) and where in its body they are (data-said); src/pinlian/apps/trace/lot_page.py writes them.
import type { SignedFact } from "./fact";
import { nameOf } from "./gs1-names";
import type { FactReport } from "./record/verify";

type Facts = Map<number, SignedFact>;

/** A text of the page that is not what was signed; `recorded` is, if that can be said in short. */
export interface Difference {
  shown: HTMLElement;
  recorded: string;
}

/** What the page says and the facts do not, or the other way round. */
export interface Comparison {
  differences: Difference[];
  /** Statements that the page shows without a proof. */
  unproven: Set<number>;
}

interface Event {
  [field: string]: unknown;
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const YEAR_MS = 366 * 24 * 3_600_000;
const SINGLE_LISTS = ["epcList", "childEPCs", "inputEPCList", "outputEPCList"];
const QUANTITY_LISTS = ["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"];
const CELSIUS: Record<string, (degrees: number) => number> = {
  CEL: (degrees) => degrees,
  FAH: (degrees) => ((degrees - 32) * 5) / 9,
  KEL: (degrees) => degrees - 273.15,
};
/** The page rounds what was measured in other degrees. */
const CELSIUS_TOLERANCE = 0.01;

/**
 * The facts that are not about the goods `subject` (as gs1-names has it) nor anything that these were made of, packed
 * in or came out of: true statements, of something else. Names in spellings that this device cannot read count for it.
 */
export function ofOtherGoods(facts: Facts, subject: string): Set<number> {
  const all = [...facts].map(([index, { kind, body }]) => ({ index, kind, body, event: (body.event ?? {}) as Event }));
  const reached = new Set([subject]);
  const isOfThem = (names: (string | undefined)[]) => names.some((name) => name === undefined || reached.has(name));
  let waiting = all.filter(({ kind }) => kind === "epcis_event");
  for (;;) {
    const found = waiting.filter(({ event }) => isOfThem(thingsOf(event)));
    if (found.length === 0) break;
    for (const { event } of found) for (const name of thingsOf(event)) if (name !== undefined) reached.add(name);
    waiting = waiting.filter((each) => !found.includes(each));
  }
  const described = all.filter(({ kind, body }) => (kind === "lot" || kind === "recall") && isOfThem([nameOf(String(body.epc))]));
  const certificates = new Set(described.flatMap(({ body }) => listOf(body.certificates).map(String)));
  const others = all.filter(({ index, kind, body }) => {
    if (kind === "lot" || kind === "recall") return !described.some((each) => each.index === index);
    return kind === "certificate" && !certificates.has(String(body.id));
  });
  return new Set([...waiting, ...others].map(({ index }) => index));
}

/** Everything that an event is about; undefined for a name that this device cannot read. */
function thingsOf(event: Event): (string | undefined)[] {
  const written = [event.parentID, ...SINGLE_LISTS.flatMap((list) => listOf(event[list]))];
  for (const list of QUANTITY_LISTS) written.push(...objectsOf(event[list]).map(({ epcClass }) => epcClass));
  const names = written.filter((text) => typeof text === "string").map(nameOf);
  return typeof event.transformationID === "string" ? [...names, `made by ${event.transformationID}`] : names;
}

/** Hold every text below `root` that stands in a fact against it; `subject` is what was scanned. */
export function compare(root: ParentNode, reports: FactReport[], subject: string): Comparison {
  const proven = new Map(reports.map((report) => [report.index, report]));
  const differences: Difference[] = [];
  const unproven = new Set<number>();
  for (const shown of root.querySelectorAll<HTMLElement>("[data-said], [data-about], [data-signer]")) {
    const index = Number(shown.closest<HTMLElement>("[data-fact]")?.dataset.fact);
    const report = proven.get(index);
    if (report === undefined) unproven.add(index);
    if (report?.fact === undefined) continue;
    const recorded = difference(shown, report.fact, report.authorName, subject);
    if (recorded !== undefined) differences.push({ shown, recorded });
  }
  for (const shown of root.querySelectorAll<HTMLElement>("[data-scanned]")) {
    if (plain(shown.textContent) !== partOf(subject, shown.dataset.scanned ?? "")) differences.push({ shown, recorded: subject });
  }
  const rows = [...root.querySelectorAll<HTMLElement>("[data-reading]")];
  for (const { dataset } of rows) if (!proven.has(Number(dataset.reading))) unproven.add(Number(dataset.reading));
  const shown = root.querySelector<HTMLElement>("[data-readings]") ?? root.querySelector<HTMLElement>("[data-way]");
  if (shown && !showsReadings(rows, reports)) differences.push({ shown, recorded: "" });
  return { differences, unproven };
}

/** What was recorded in place of what an element shows; undefined if it shows just that. */
function difference(shown: HTMLElement, fact: SignedFact, authorName: string, subject: string): string | undefined {
  const { said, about, signer } = shown.dataset;
  if (signer !== undefined && !plain(shown.textContent).includes(plain(authorName))) return authorName;
  if (about !== undefined && !isAbout(fact, about || subject, about === "")) return String(fact.body.epc ?? "");
  if (said === undefined) return undefined;
  const recorded = valueAt(fact.body, said.split("."));
  return saysTheSame(shown, recorded) ? undefined : String(recorded ?? "");
}

/** Whether a fact describes this thing, or this place or the place that it is a part of. */
function isAbout(fact: SignedFact, about: string, isName: boolean): boolean {
  const [described, wanted] = [nameOf(String(fact.body.epc)), isName ? about : nameOf(about)];
  if (described === undefined || wanted === undefined) return isName ? false : fact.body.epc === about;
  return wanted === described || wanted.startsWith(`${described}/254/`);
}

/** A value in JSON; a list of one may be written without its brackets. */
function valueAt(body: unknown, path: string[]): unknown {
  let value = body;
  for (const name of path) {
    if (name === "0" && !Array.isArray(value)) continue;
    value = (value as Record<string, unknown> | null | undefined)?.[name];
  }
  return value;
}

/** data-value is what the page says was recorded; with data-shown, people can read that very value in the text too. */
function saysTheSame(shown: HTMLElement, recorded: unknown): boolean {
  const words = plain(shown.textContent);
  const { value } = shown.dataset;
  const time = shown.querySelector("time");
  if (time && value === undefined) return showsTime(time, Date.parse(String(recorded)));
  if (typeof recorded === "number") {
    const isRead = shown.dataset.shown === undefined || (words.match(/[\d.]+/g) ?? []).map(Number).includes(recorded);
    return isRead && value !== undefined && recorded === Number(value);
  }
  if (shown.dataset.shown !== undefined && !words.includes(plain(value ?? ""))) return false;
  return plain(value ?? words) === plain(String(recorded ?? ""));
}

/**
 * Whether both the attribute and the words of a time mean this moment; the attribute is on the calendar of the page.
 * The words are those of the filter `moment` (web/templatetags/pinlian.py); a year goes without saying for a year.
 */
export function showsTime(
  time: Pick<HTMLTimeElement, "dateTime" | "textContent">,
  moment: number,
  now = Date.now(),
): boolean {
  if (Math.floor(moment / 1000) !== Date.parse(time.dateTime) / 1000) return false;
  const [, year, month, date, clock] = /^(\d+)-(\d+)-(\d+)T(\d+:\d+)/.exec(time.dateTime) ?? [];
  const dayInMonth = `${Number(date)} ${MONTHS[Number(month) - 1]}`;
  const monthAndDay = `${Number(month)}月${Number(date)}日`;
  const days = [`${year}年${monthAndDay}`, `${dayInMonth} ${year}`];
  if (Math.abs(now - moment) < YEAR_MS) days.push(monthAndDay, dayInMonth);
  const words = plain(time.textContent);
  return days.some((day) => words === day || words === `${day} ${clock}`);
}

function plain(words: string | null): string {
  return (words ?? "").replace(/\s+/g, " ").trim();
}

function partOf(subject: string, name: string): string {
  const parts = subject.split("/");
  return name === "gtin" ? (parts[1] ?? "") : parts.slice(3).join("/");
}

/** Whether the table of temperatures has all that the facts have, and nothing else of them. */
function showsReadings(rows: HTMLElement[], reports: FactReport[]): boolean {
  const known = new Set(reports.flatMap(({ index, fact }) => (fact ? [index] : [])));
  const shown = rows
    .map(({ dataset, textContent }) => ({
      index: Number(dataset.reading),
      low: Number(dataset.low),
      high: Number(dataset.high),
      isRead: [dataset.low, dataset.high].every((degrees) => plain(textContent).includes(degrees ?? "?")),
    }))
    .filter(({ index }) => known.has(index));
  const measured = reports.flatMap(({ index, fact }) => readingsOf((fact?.body.event ?? {}) as Event).map((reading) => ({ index, ...reading })));
  const inOrder = <T extends { index: number; low: number; high: number }>(readings: T[]) =>
    readings.sort((one, other) => one.index - other.index || one.low - other.low || one.high - other.high);
  const [ours, theirs] = [inOrder(measured), inOrder(shown)];
  const isNear = (one: number, other: number) => Math.abs(one - other) <= CELSIUS_TOLERANCE;
  return (
    ours.length === theirs.length &&
    ours.every(({ index, low, high }, at) => {
      const row = theirs[at];
      return row !== undefined && row.isRead && row.index === index && isNear(low, row.low) && isNear(high, row.high);
    })
  );
}

/** The temperatures of an event in degrees Celsius, as apps/trace/reading.py reads them. */
export function readingsOf(event: Event): { low: number; high: number }[] {
  return objectsOf(event.sensorElementList).flatMap((element) => {
    const metadata = objectsOf(element.sensorMetadata)[0] ?? {};
    return objectsOf(element.sensorReport).flatMap((given) => {
      const report = { ...metadata, ...given } as Event;
      const toCelsius = CELSIUS[String(report.uom ?? "CEL")];
      if (!String(report.type ?? "").endsWith("Temperature") || toCelsius === undefined) return [];
      const known = ["minValue", "meanValue", "maxValue"]
        .map((name) => report[name] ?? report.value)
        .filter((value) => typeof value === "number")
        .map(toCelsius);
      return known.length > 0 ? [{ low: Math.min(...known), high: Math.max(...known) }] : [];
    });
  });
}

/** What somebody signed, in the words of the fact: for those who believe neither our words nor our pictures. */
export function statementOf({ kind, body }: SignedFact): string {
  if (kind !== "epcis_event") {
    const fields = ["name", "id", "reason", "region", "issuer", "holder", "valid_from", "valid_until", "best_before", "epc"];
    return fields.map((field) => body[field]).filter((value) => typeof value === "string" && value !== "").join(" · ");
  }
  const event = (body.event ?? {}) as Event;
  const at = [event.readPoint, event.bizLocation].flatMap(objectsOf).map(({ id }) => id)[0];
  const amounts = QUANTITY_LISTS.flatMap((list) => objectsOf(event[list])).map(({ quantity, uom }) => `${quantity ?? ""} ${uom ?? ""}`.trim());
  return [event.type, event.bizStep, event.eventTime, at, ...amounts].filter(Boolean).join(" · ");
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  return Array.isArray(value) ? value : [value];
}

function objectsOf(value: unknown): Record<string, unknown>[] {
  return listOf(value).filter((each) => typeof each === "object" && each !== null) as Record<string, unknown>[];
}
