import { expect, test } from "vitest";

import type { Bundle } from "../src/record/bundle";
import { fromBase64, NoteError, openCheckpoint, readVerifier } from "../src/record/note";
import { type Problem, type State, type Trust, type TrustedHead, verifyBundle } from "../src/record/verify";
import cases from "./generated/proof-bundles.json" with { type: "json" };

interface Case {
  name: string;
  bundle: Bundle;
  trust: {
    heads: TrustedHead[];
    log: string | null;
    witnesses: string[];
    quorum: number;
    authors: Record<string, string> | null;
    missing: string[];
    is_fresh: boolean;
  };
  states: State[];
  problem?: Problem;
}

function trustOf({ heads, log, witnesses, quorum, authors, missing, is_fresh }: Case["trust"]): Trust {
  return {
    heads,
    witnesses,
    quorum,
    headMissing: missing.length > 0,
    isFresh: is_fresh,
    ...(log !== null && { log }),
    ...(authors !== null && { authors }),
  };
}

const all = cases as unknown as Case[];
const good = all[0] as Case;

test.each(all.map((one): [string, Case] => [one.name, one]))("%s: found to be what it is", async (_, one) => {
  const { facts } = await verifyBundle(one.bundle, trustOf(one.trust));
  expect(facts.map(({ state }) => state)).toEqual(one.states);
  expect(facts.map(({ index }) => index)).toEqual(one.bundle.facts.map(({ index }) => index));
  const doubtful = facts.find(({ state }) => state !== "verified");
  if (one.problem !== undefined) expect(doubtful?.problems).toContain(one.problem);
  for (const { state, problems } of facts) expect(problems.length > 0).toBe(state !== "verified");
});

test("an honest fact is told with its author", async () => {
  const { head, facts } = await verifyBundle(good.bundle, trustOf(good.trust));
  expect(head).toMatchObject({ origin: "neighbours.example/record", size: 7 });
  expect(facts[1]).toMatchObject({ authorName: "Swift carriers", fact: { kind: "epcis_event", time: 1_780_000_060 } });
});

test("changing one byte of a leaf or of its path is found, wherever it is", async () => {
  const proven = good.bundle.facts[1];
  if (proven === undefined) throw new Error("no fact");
  const states = async (changed: Partial<typeof proven>) =>
    (await verifyBundle({ ...good.bundle, facts: [{ ...proven, ...changed }] }, trustOf(good.trust))).facts[0]?.state;
  for (let at = 0; at < proven.leaf.length; at += 7) {
    const other = proven.leaf[at] === "1" ? "2" : "1";
    expect(await states({ leaf: proven.leaf.slice(0, at) + other + proven.leaf.slice(at + 1) })).toBe("altered");
  }
  for (const [at, hash] of proven.path.entries()) {
    for (const byte of [0, 15, 31]) {
      const bytes = fromBase64(hash);
      bytes[byte] = (bytes[byte] as number) ^ 1;
      const path = [...proven.path];
      path[at] = btoa(String.fromCharCode(...bytes));
      expect(await states({ path })).toBe("altered");
    }
  }
});

test("without the browser's own hashing the library's gives the same", async () => {
  const { crypto } = globalThis;
  Object.defineProperty(globalThis, "crypto", { value: {}, configurable: true });
  try {
    const { facts } = await verifyBundle(good.bundle, trustOf(good.trust));
    expect(facts.map(({ state }) => state)).toEqual(good.states);
  } finally {
    Object.defineProperty(globalThis, "crypto", { value: crypto, configurable: true });
  }
});

// A checkpoint of a Certificate Transparency log with the cosignature of a public witness.
const CT_LOG = "arche2025h1.staging.ct.transparency.dev+ba2f06c0+AU0vHmlGCS/PdN8b2OaGmKprLI8HKM+dJ472xgFYh15f";
const CT_WITNESS = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";
const CT_CHECKPOINT = `arche2025h1.staging.ct.transparency.dev
1432088532
U7WM79jrzyhGZ5/GUBTpM7NzwdyfFx61t3RovgcC4Ro=

— arche2025h1.staging.ct.transparency.dev ui8GwCF1+kWqZrxGdhj4aX3gcw7XUlXQQabg/27lefwhUkzbC3NygNI75MdhL1bfTW9g8Ei59RA23oHP7Ry1k3ZFWwQ=
— remora.n621.de 2net5wAAAABqEiEgPlfF3V06o0Y+fHM+J5J9s27wgxxcOVSpZ/2g/KSiXCg9DEZI+aVCIobWX9sXTynk5XeU/zZ0WBxtqB0DrAWfBw==
`;

test("a checkpoint of a log in service opens with its keys only", async () => {
  const [log, witness] = [await readVerifier(CT_LOG), await readVerifier(CT_WITNESS)];
  const opened = await openCheckpoint(CT_CHECKPOINT, log, [witness]);
  expect(opened.body.size).toBe(1_432_088_532);
  expect(opened.cosigners).toEqual([CT_WITNESS]);
  await expect(openCheckpoint(CT_CHECKPOINT.replace("1432088532", "42"), log, [])).rejects.toThrow(NoteError);
  await expect(openCheckpoint(CT_CHECKPOINT.replace("AAAABq", "AAAABr"), log, [witness])).rejects.toThrow(NoteError);
  await expect(openCheckpoint(CT_CHECKPOINT, witness, [log])).rejects.toThrow(NoteError);
  await expect(readVerifier(CT_LOG.replace("ba2f06c0", "ba2f06c1"))).rejects.toThrow("another key's id");
  await expect(readVerifier("nonsense")).rejects.toThrow("not a verifier key");
});
