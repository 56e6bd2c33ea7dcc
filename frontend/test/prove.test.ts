import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { NodeUnreachable } from "../src/chain-reader";
import type { Bundle } from "../src/record/bundle";
import { OtherChain, ProofUnreachable, proveByBundle, proveFacts } from "../src/record/prove";
import type { TrustedHead } from "../src/record/verify";
import cases from "./generated/proof-bundles.json" with { type: "json" };

const NODE = "https://node.example/";
const BUNDLES = "/api/v1/record/bundle";

function caseNamed(name: string): { bundle: Bundle; head: TrustedHead } {
  const found = cases.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return { bundle: found.bundle as unknown as Bundle, head: found.trust.heads[0] as TrustedHead };
}

/** A server that gives these bundles, by the head that is asked for, and a node with this newest head. */
function world(bundles: Record<string, Bundle>, { head, chainId = 31337 }: { head?: TrustedHead; chainId?: number }): string[] {
  const asked: string[] = [];
  vi.stubGlobal("fetch", async (url: string, request?: { body?: string }) => {
    if (url === NODE) {
      const { method } = JSON.parse(request?.body ?? "{}") as { method: string };
      const size = (head?.size ?? 0).toString(16).padStart(64, "0");
      const result = method === "eth_chainId" ? `0x${chainId.toString(16)}` : `0x${size}${(head?.root ?? "0x").slice(2).padStart(64, "0")}`;
      return new Response(JSON.stringify({ jsonrpc: "2.0", id: 1, result }));
    }
    asked.push(url);
    const bundle = bundles[new URL(url, "https://shop.example").searchParams.get("head_size") ?? ""];
    const headers = { "content-type": `application/${bundle ? "vnd.pinlian.proof" : "problem"}+json` };
    return new Response(JSON.stringify(bundle ?? { title: "no such head" }), { status: bundle ? 200 : 404, headers });
  });
  return asked;
}

beforeEach(() => {
  vi.stubGlobal("location", new URL("https://shop.example/lots/"));
  vi.stubGlobal("document", { cookie: "", documentElement: { lang: "en" } });
});
afterEach(() => vi.unstubAllGlobals());

const good = caseNamed("all is well");

test("a head that the bundle leads to needs one request", async () => {
  const asked = world({ "": good.bundle }, { head: good.head });
  const { facts, head, bundle } = await proveFacts([0, 1, 4], BUNDLES, NODE);
  expect(facts.map(({ state }) => state)).toEqual(["verified", "verified", "verified"]);
  expect(good.head).toMatchObject(head ?? {});
  expect(bundle).toEqual(good.bundle);
  expect(asked).toEqual([`${BUNDLES}?index=0&index=1&index=4`]);
});

test("a newer head on the chain must be led to", async () => {
  const older = { ...good.bundle, anchor: { ...good.bundle.anchor!, size: 3 } };
  world({ "": older, "5": good.bundle }, { head: good.head });
  expect((await proveFacts([0, 1, 4], BUNDLES, NODE)).facts.map(({ state }) => state)).toEqual(Array(3).fill("verified"));
  world({ "": older }, { head: good.head });
  const { facts, bundle } = await proveFacts([0, 1, 4], BUNDLES, NODE);
  expect(facts.map(({ state, problems }) => [state, ...problems])).toEqual(Array(3).fill(["altered", "log_shrunk"]));
  expect(bundle).toBeUndefined();
});

test("a rewritten log, and one that gives older proofs again, are found", async () => {
  const rewritten = caseNamed("the log rewritten at the same size");
  world({ "": rewritten.bundle }, { head: rewritten.head });
  expect((await proveFacts([0, 1], BUNDLES, NODE)).facts.map(({ problems }) => problems[0])).toEqual(Array(2).fill("other_history"));
  const shrunk = caseNamed("the log shrunk");
  world({ "": good.bundle, "5": shrunk.bundle, "6": shrunk.bundle }, { head: { ...good.head, size: 6 } });
  expect((await proveFacts([0, 1], BUNDLES, NODE)).facts.map(({ state }) => state)).toEqual(["altered", "altered"]);
});

test("a fact that the answer leaves out is not passed over", async () => {
  world({ "": good.bundle }, { head: good.head });
  expect((await proveFacts([1, 3], BUNDLES, NODE)).facts.map(({ index, state }) => [index, state])).toEqual([
    [1, "verified"],
    [3, "altered"],
  ]);
});

test("without a head on the chain nothing is anchored", async () => {
  world({ "": good.bundle }, {});
  expect((await proveFacts([0, 1, 4], BUNDLES, NODE)).facts.map(({ state }) => state)).toEqual(Array(3).fill("not_anchored"));
});

test("a node of another chain, or one that has no such contract, says nothing of the log", async () => {
  world({ "": good.bundle }, { head: good.head, chainId: 1 });
  await expect(proveFacts([0], BUNDLES, NODE)).rejects.toThrow(OtherChain);
  vi.stubGlobal("fetch", async (url: string, request?: { body?: string }) => {
    if (url !== NODE) return new Response(JSON.stringify(good.bundle), { headers: { "content-type": "application/json" } });
    const { method } = JSON.parse(request?.body ?? "{}") as { method: string };
    return new Response(JSON.stringify({ jsonrpc: "2.0", id: 1, result: method === "eth_chainId" ? "0x7a69" : "0x" }));
  });
  await expect(proveFacts([0], BUNDLES, NODE)).rejects.toThrow(OtherChain);
});

test("a bundle whose facts are signed for another chain or contract than it is anchored on proves nothing", async () => {
  for (const anchor of [{ chain_id: 1 }, { contract: `0x${"11".repeat(20)}` }]) {
    world({ "": { ...good.bundle, anchor: { ...good.bundle.anchor!, ...anchor } } }, { head: good.head });
    await expect(proveFacts([0], BUNDLES, NODE)).rejects.toThrow("two chains");
  }
});

test("a bundle that came with the page needs no request, and is not believed more than another", async () => {
  const asked = world({}, { head: good.head });
  expect((await proveFacts([0, 1, 4], BUNDLES, NODE, {}, good.bundle)).facts.map(({ state }) => state)).toEqual(Array(3).fill("verified"));
  expect(asked).toEqual([]);
  const older = { ...good.bundle, anchor: { ...good.bundle.anchor!, size: 3 } };
  expect((await proveFacts([0], BUNDLES, NODE, {}, older)).facts.map(({ problems }) => problems[0])).toEqual(["log_shrunk"]);
  expect((await proveByBundle([0, 3], good.bundle)).facts.map(({ index, state }) => [index, state])).toEqual([
    [0, "verified"],
    [3, "altered"],
  ]);
});

test("a server or node that does not answer has not denied anything", async () => {
  const broken = { ...good.bundle, anchor: { ...good.bundle.anchor!, size: 3 } };
  for (const answer of [new Response("{}", { status: 503 }), new Response("{}", { status: 429 }), undefined]) {
    world({ "": broken }, { head: good.head });
    const answers = globalThis.fetch;
    vi.stubGlobal("fetch", async (url: string, request?: { body?: string }) => {
      if (!url.includes("head_size")) return answers(url, request);
      if (answer === undefined) throw new TypeError("offline");
      return answer.clone();
    });
    await expect(proveFacts([0], BUNDLES, NODE)).rejects.toThrow(ProofUnreachable);
  }
  vi.stubGlobal("fetch", async (url: string) => {
    if (url === NODE) throw new TypeError("offline");
    return new Response(JSON.stringify(good.bundle), { headers: { "content-type": "application/json" } });
  });
  await expect(proveFacts([0], BUNDLES, NODE)).rejects.toThrow(NodeUnreachable);
});
