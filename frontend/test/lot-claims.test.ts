import { expect, test } from "vitest";

import type { SignedFact } from "../src/fact";
import { nameOf } from "../src/gs1-names";
import { ofOtherGoods, readingsOf, showsTime, statementOf } from "../src/lot-claims";

// The examples of the Tag Data Standard and of GS1's Digital Link standard; src/pinlian/gs1/epc.py gives the same.
test.each([
  ["urn:epc:id:sgtin:0614141.112345.400", "01/10614141123459/21/400"],
  ["urn:epc:class:lgtin:4012345.012345.998877", "01/04012345123456/10/998877"],
  ["urn:epc:id:sscc:0614141.1234567890", "00/106141412345678908"],
  ["urn:epc:id:sgln:0614141.12345.400", "414/0614141123452/254/400"],
  ["urn:epc:id:sgln:0614141.12345.0", "414/0614141123452"],
  ["urn:epc:id:grai:0614141.12345.400", "8003/00614141123452400"],
  ["urn:epc:id:giai:0614141.12345400", "8004/061414112345400"],
  ["https://id.gs1.org/01/09521234000013/10/20261121-01", "01/09521234000013/10/20261121-01"],
  ["https://shop.example/any/stem/01/9521234000013/22/A/10/L%2F1?11=261121#top", "01/09521234000013/10/L/1"],
  ["https://id.gs1.org/01/09521234000013/10/A/21/7", "01/09521234000013/21/7"],
  ["https://id.gs1.org/00/095212340000000068", "00/095212340000000068"],
  ["https://id.gs1.org/414/9521234000013/254/B", "414/9521234000013/254/B"],
  ["geo:30.2,120.1", undefined],
  ["urn:uuid:17d95bf0", undefined],
  ["https://id.gs1.org/01/%zz", undefined],
])("%s is named %s", (text, name) => {
  expect(nameOf(text)).toBe(name);
});

const LOT = "01/09521234000013/10/A";
const link = (name: string) => `https://id.gs1.org/${name}`;
let next = 0;
const fact = (kind: string, body: SignedFact["body"]): [number, SignedFact] => [
  next++,
  { kind, time: 1, author: "0x", signature: "0x", body },
];
const event = (fields: { [name: string]: never | string | object }) => fact("epcis_event", { event: fields as never });
const harvest = (lot: string) => event({ quantityList: [{ epcClass: link(lot), quantity: 80 }] });
const packed = (lot: string, box: string) =>
  event({ parentID: link(box), childQuantityList: [{ epcClass: link(lot), quantity: 80 }] });
const sent = (box: string) => event({ epcList: [link(box)] });
const described = (lot: string, certificates: string[] = []) => fact("lot", { epc: link(lot), name: "x", certificates });
const certified = (id: string) => fact("certificate", { id, name: "x" });

function others(...facts: [number, SignedFact][]): number[] {
  const found = ofOtherGoods(new Map(facts), LOT);
  return facts.flatMap(([index], at) => (found.has(index) ? [at] : []));
}

test("the way of a lot through boxes, mixtures and certificates is its own", () => {
  const mixed = event({ inputQuantityList: [{ epcClass: link("01/09521234000020/10/B") }], transformationID: "urn:x:1" });
  const made = event({ outputQuantityList: [{ epcClass: link(LOT) }], transformationID: "urn:x:1" });
  const way = [sent("00/2"), packed(LOT, "00/1"), event({ parentID: link("00/2"), childEPCs: [link("00/1")] }), mixed, made];
  const words = [described(LOT, ["ORG-1"]), described("01/09521234000020/10/B"), certified("ORG-1")];
  expect(others(...way, ...words, fact("recall", { epc: link(LOT), reason: "x" }))).toEqual([]);
});

test("true statements of other goods are found", () => {
  const other = "01/09521234000013/10/B";
  expect(others(harvest(LOT), harvest(other), packed(other, "00/1"), sent("00/1"))).toEqual([1, 2, 3]);
  expect(others(harvest(LOT), described(other), fact("recall", { epc: link(other) }))).toEqual([1, 2]);
  expect(others(harvest(LOT), described(LOT, ["ORG-1"]), certified("ORG-2"))).toEqual([2]);
  expect(others(described(other, ["ORG-2"]), certified("ORG-2"))).toEqual([0, 1]);
});

test("things named in a spelling that the device cannot read are not called other goods", () => {
  expect(others(harvest(LOT), event({ epcList: ["urn:vendor:crate:7"] }))).toEqual([]);
});

test("temperatures are read as the server reads them", () => {
  const report = (fields: object) => ({ sensorElementList: [{ sensorMetadata: { deviceID: "x" }, sensorReport: [fields] }] });
  expect(readingsOf(report({ type: "Temperature", value: 3.5, uom: "CEL" }))).toEqual([{ low: 3.5, high: 3.5 }]);
  expect(readingsOf(report({ type: "gs1:Temperature", minValue: 2, maxValue: 9 }))).toEqual([{ low: 2, high: 9 }]);
  expect(readingsOf(report({ type: "Temperature", value: 41, uom: "FAH" }))).toEqual([{ low: 5, high: 5 }]);
  expect(readingsOf(report({ type: "AbsoluteHumidity", value: 41 }))).toEqual([]);
  expect(readingsOf({ sensorElementList: { sensorReport: { type: "Temperature", value: 1 } } })).toEqual([{ low: 1, high: 1 }]);
});

test("a statement can be read in its own words", () => {
  const [, harvested] = event({ type: "ObjectEvent", bizStep: "commissioning", eventTime: "T", readPoint: { id: "P" }, quantityList: [{ quantity: 8, uom: "KGM" }] });
  expect(statementOf(harvested)).toBe("ObjectEvent · commissioning · T · P · 8 KGM");
  expect(statementOf(described(LOT)[1])).toBe(`x · ${link(LOT)}`);
});

test.each([
  ["2026-11-22T18:18:05+08:00", "11月22日 18:18", true],
  ["2026-11-22T18:18:05+08:00", "22 Nov 18:18", true],
  ["2026-09-05T07:05:00+08:00", "5 Sep 07:05", true],
  ["2026-11-22T18:18:05+08:00", "22 Nov", true],
  ["2026-11-22T18:18:05+08:00", "11月22日 44:18", false],
  ["2026-11-22T18:18:05+08:00", "11月22日 18:44", false],
  ["2026-11-22T22:05:00+08:00", "11月22日 44:05", false],
  ["2026-11-22T11:22:00+08:00", "11月23日 11:22", false],
  ["2026-11-22T11:22:00+08:00", "10月22日 11:22", false],
  ["2026-11-22T11:22:00+08:00", "22 Oct 11:22", false],
  ["2026-11-22T11:22:00+08:00", "11:22", false],
  ["2025-12-31T00:00:00+08:00", "12月31日 00:00", true],
  ["2025-12-31T00:00:00+08:00", "2025年12月31日 00:00", true],
  ["2025-12-31T00:00:00+08:00", "31 Dec 2024 00:00", false],
  ["2025-11-20T09:30:00+08:00", "20 Nov 2025 09:30", true],
  ["2025-11-20T09:30:00+08:00", "11月20日 09:30", false],
])("%s, written as %s, is that moment: %s", (dateTime, textContent, isShown) => {
  const now = Date.parse("2026-11-23T10:00:00+08:00");
  expect(showsTime({ dateTime, textContent }, Date.parse(dateTime), now)).toBe(isShown);
  expect(showsTime({ dateTime, textContent }, Date.parse(dateTime) + 1000, now)).toBe(false);
});
