// Proving facts on this device: the head from the chain, the proof from the server, which has to lead to that head.
import { getJson, Problem as Refusal } from "../api";
import { askNode, callView } from "../chain-reader";
import { fromHex } from "../hex";
import type { Anchor, Bundle } from "./bundle";
import { type FactReport, type Trust, type TrustedHead, verifyBundle } from "./verify";

const WORD_DIGITS = 64;

/** What a reader was told. */
export interface Proof {
  facts: FactReport[];
  /** The newest head of the log on the chain; undefined if it has none, or the node is of another chain. */
  head: TrustedHead | undefined;
  /** To keep and check elsewhere; undefined if the log cannot lead to its own head on the chain. */
  bundle: Bundle | undefined;
}

/**
 * Fetch and check the proof of facts by their indices. `address` is that of the server's bundles, `node` an Ethereum
 * JSON-RPC address; `trust` says whom else to ask: witnesses, known authors. Throws NodeUnreachable.
 */
export async function proveFacts(indices: number[], address: string, node: string, trust: Omit<Trust, "heads"> = {}): Promise<Proof> {
  let bundle = await fetchBundle(address, indices);
  const head = bundle.anchor && bundle.anchor.contract === bundle.domain.verifyingContract ? await newestHead(bundle.anchor, node) : undefined;
  if (head === undefined) {
    const { facts } = await verifyBundle(bundle, { ...trust, heads: [], headMissing: true });
    return { facts, head, bundle };
  }
  if (head.size !== bundle.anchor?.size) {
    try {
      bundle = await fetchBundle(address, indices, head.size);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { facts: indices.map(lost), head, bundle: undefined };
    }
  }
  const { facts } = await verifyBundle(bundle, { ...trust, heads: [head], isFresh: true });
  return { facts: indices.map((index) => facts.find((fact) => fact.index === index) ?? lost(index)), head, bundle };
}

/** A fact that the log no longer leads to from its own head on the chain. */
function lost(index: number): FactReport {
  return { index, state: "altered", problems: ["log_shrunk"], fact: undefined, authorName: "" };
}

function fetchBundle(address: string, indices: number[], headSize?: number): Promise<Bundle> {
  const query = new URLSearchParams(indices.map((index): [string, string] => ["index", String(index)]));
  if (headSize !== undefined) query.set("head_size", String(headSize));
  return getJson<Bundle>(`${address}?${query}`);
}

async function newestHead(anchor: Anchor, node: string): Promise<TrustedHead | undefined> {
  if (Number(await askNode(node, "eth_chainId", [])) !== anchor.chain_id) return undefined;
  const account = new Uint8Array(32);
  account.set(fromHex(anchor.log, 20), 12);
  const words = (await callView(node, anchor.contract, "heads(address)", account)).slice(2);
  const size = Number(`0x${words.slice(0, WORD_DIGITS)}`);
  return size > 0 ? { size, root: `0x${words.slice(WORD_DIGITS, 2 * WORD_DIGITS)}` } : undefined;
}
