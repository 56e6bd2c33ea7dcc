// Plain words for events: what the device shows before it signs them, read from the events themselves.
import type { Summary } from "./confirm-dialog";
import type { SignedFact, Fact, FactDomain } from "./fact";
import { moment, text } from "./texts";

/** What the server prepared for one step. */
export interface Prepared {
  step: string;
  domain: FactDomain;
  facts: Fact[];
  /** What people call the things and places that the events name. */
  names: Record<string, string>;
  photos: { digest: string; url: string }[];
  submit: string;
  next: string;
}

export type Signed = Pick<Prepared, "submit"> & { facts: SignedFact[] };

interface Quantity {
  epcClass: string;
  quantity?: number;
  uom?: string;
}

/** The parts of an EPCIS event that capture writes. */
interface Event {
  type: string;
  action?: string;
  bizStep: string;
  disposition?: string;
  eventTime: string;
  readPoint?: { id: string };
  destinationList?: { destination: string }[];
  bizTransactionList?: { bizTransaction: string }[];
  epcList?: string[];
  parentID?: string;
  quantityList?: Quantity[];
  childQuantityList?: Quantity[];
  inputQuantityList?: Quantity[];
  outputQuantityList?: Quantity[];
  errorDeclaration?: unknown;
}

type Facts = Summary["facts"];

const LOT = /\/01\/(\d{14})\/10\/([^/?#]+)$/;
const UNIT = /\/00\/(\d{18})$/;
const UNITS: Record<string, string> = { KGM: "unit_kg", LTR: "unit_litre", "": "unit_piece" };
const SHOWN_MAX = 12;

/** `Box …123456`, or goods and lot number. */
function thing(epc: string, names: Record<string, string>): string {
  const unit = UNIT.exec(epc);
  if (unit) {
    const box = text("box", { number: (unit[1] as string).slice(-6) });
    return names[epc] === undefined ? box : `${box} (${names[epc]})`;
  }
  const lot = LOT.exec(epc);
  if (lot) return `${names[epc] ?? lot[1]} ${decodeURIComponent(lot[2] as string)}`;
  return names[epc] ?? epc;
}

function quantity({ epcClass, quantity, uom = "" }: Quantity, names: Record<string, string>): string {
  const unit = UNITS[uom] === undefined ? uom : text(UNITS[uom]);
  return quantity === undefined ? thing(epcClass, names) : `${thing(epcClass, names)} · ${quantity} ${unit}`;
}

function rows(event: Event, names: Record<string, string>): Facts {
  const list = (label: string, quantities: Quantity[] | undefined): Facts =>
    (quantities ?? []).map((row) => [text(label), quantity(row, names)]);
  const inside = (event.childQuantityList ?? []).map((row) => quantity(row, names)).join("、");
  return [
    ...(event.parentID === undefined
      ? []
      : [[thing(event.parentID, names), inside] as [string, string]]),
    ...(event.epcList ?? []).map((epc): [string, string] => [text("capture_what"), thing(epc, names)]),
    ...list("capture_what", event.quantityList),
    ...list("capture_in", event.inputQuantityList),
    ...list("capture_out", event.outputQuantityList),
  ];
}

function circumstances(event: Event, names: Record<string, string>): Facts {
  const place = (id: string): string => names[id] ?? id;
  return [
    ...(event.action === "DELETE" && event.disposition && event.type === "ObjectEvent"
      ? [[text("capture_why"), text(`loss_${event.disposition}`)] as [string, string]]
      : []),
    ...(event.readPoint ? [[text("capture_where"), place(event.readPoint.id)] as [string, string]] : []),
    ...(event.destinationList ?? []).map((row): [string, string] => [text("capture_to"), place(row.destination)]),
    ...(event.bizTransactionList ?? []).map((row): [string, string] => [
      text("capture_group"),
      row.bizTransaction.replace(/^urn:pinlian:group:(0x)?/, "").slice(0, 6),
    ]),
    [text("capture_when"), moment(Date.parse(event.eventTime) / 1000)],
  ];
}

/** What these events say, once each; the title names the step if there is one, and says when something is taken back. */
export function describeEvents(prepared: Prepared[], picture?: string): Summary {
  const facts: Facts = [];
  for (const { facts: unsigned, names } of prepared) {
    const events = unsigned.filter(({ kind }) => kind === "epcis_event").map(({ body }) => body.event as unknown as Event);
    for (const { kind, body } of unsigned) {
      if (kind === "lot") facts.push([text("capture_new_lot"), `${body.name} ${LOT.exec(body.epc as string)?.[2] ?? ""}`]);
      else if (kind !== "epcis_event") throw new Error(`a fact that nobody can read out: ${kind}`);
    }
    for (const event of events) {
      if (event.errorDeclaration !== undefined) facts.push([text("capture_taken_back"), text("capture_never_happened")]);
      facts.push(...rows(event, names));
    }
    const said = new Set<string>();
    for (const [label, value] of events.flatMap((event) => circumstances(event, names))) {
      if (said.has(`${label}\n${value}`)) continue;
      said.add(`${label}\n${value}`);
      facts.push([label, value]);
    }
  }
  const shown = facts.length > 2 * SHOWN_MAX ? [...facts.slice(0, SHOWN_MAX), ["…", text("capture_more", { count: facts.length - 2 * SHOWN_MAX })] as [string, string], ...facts.slice(-SHOWN_MAX)] : facts;
  const steps = new Set(prepared.map(({ step }) => step));
  return {
    title: text(steps.size === 1 ? `capture_${prepared[0]?.step}` : "capture_several"),
    facts: shown,
    action: text("capture_sign"),
    ...(picture && { picture }),
  };
}
