// Proving facts on this device: the head from the chain, the proof from the server, which has to lead to that head.
import { getJson, Problem as Refusal } from "../api";
import { askNode, callView, NodeUnreachable } from "../chain-reader";
import { fromHex } from "../hex";
import type { Bundle } from "./bundle";
import type { CheckpointBody } from "./note";
import { type FactReport, openFacts, type Trust, type TrustedHead, verifyBundle } from "./verify";

const WORD_DIGITS = 64;
const TOO_MANY_REQUESTS = 429;

/** The node is of another chain than the one that the log says it is anchored on, or has no such contract. */
export class OtherChain extends NodeUnreachable {}

/** The server did not answer, or has no time. */
export class ProofUnreachable extends Error {}

/** What a reader was told. */
export interface Proof {
  facts: FactReport[];
  /** The newest head of the log on the chain; undefined if it has none. */
  head: TrustedHead | undefined;
  /** The head that the facts are under, if it is the log's. */
  checkpoint: CheckpointBody | undefined;
  /** To keep and check elsewhere; undefined if the log cannot lead to its own head on the chain. */
  bundle: Bundle | undefined;
}

/**
 * Fetch and check the proof of facts by their indices. `address` is that of the server's bundles, `node` an Ethereum
 * JSON-RPC address; `trust` says whom else to ask: witnesses, known authors; `given` is a bundle that came already.
 * Throws NodeUnreachable, OtherChain, ProofUnreachable.
 */
export async function proveFacts(
  indices: number[],
  address: string,
  node: string,
  trust: Omit<Trust, "heads"> = {},
  given?: Bundle,
): Promise<Proof> {
  let bundle = given ?? (await fetchBundle(address, indices));
  // The signatures are checked while the node is asked.
  const [head] = await Promise.all([newestHead(bundle, node), openFacts(bundle)]);
  if (head === undefined) return proveByBundle(indices, { ...bundle, anchor: null }, trust);
  if (head.size !== bundle.anchor?.size) {
    try {
      bundle = await fetchBundle(address, indices, head.size);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { facts: indices.map(lost), head, checkpoint: undefined, bundle: undefined };
    }
  }
  const { facts, head: checkpoint } = await verifyBundle(bundle, { ...trust, heads: [head], isFresh: true });
  return { facts: inOrder(indices, facts), head, checkpoint, bundle };
}

/** The same where no node answers: the head on the chain is the one that the bundle names. */
export async function proveByBundle(indices: number[], bundle: Bundle, trust: Omit<Trust, "heads"> = {}): Promise<Proof> {
  const heads = bundle.anchor ? [bundle.anchor] : [];
  const { facts, head: checkpoint } = await verifyBundle(bundle, { ...trust, heads, headMissing: heads.length === 0 });
  return { facts: inOrder(indices, facts), head: undefined, checkpoint, bundle };
}

function inOrder(indices: number[], facts: FactReport[]): FactReport[] {
  return indices.map((index) => facts.find((fact) => fact.index === index) ?? lost(index));
}

/** A fact that the log no longer leads to from its own head on the chain. */
function lost(index: number): FactReport {
  return { index, state: "altered", problems: ["log_shrunk"], fact: undefined, authorName: "" };
}

/** Throws ProofUnreachable, or the server's refusal. */
export async function fetchBundle(address: string, indices: number[], headSize?: number): Promise<Bundle> {
  const query = new URLSearchParams(indices.map((index): [string, string] => ["index", String(index)]));
  if (headSize !== undefined) query.set("head_size", String(headSize));
  return ask<Bundle>(`${address}?${query}`);
}

/** Throws ProofUnreachable, or the server's refusal. */
export async function ask<T>(address: string): Promise<T> {
  try {
    return await getJson<T>(address);
  } catch (error) {
    if (error instanceof Refusal && error.status < 500 && error.status !== TOO_MANY_REQUESTS) throw error;
    throw new ProofUnreachable(address, { cause: error });
  }
}

async function newestHead({ anchor, domain }: Bundle, node: string): Promise<TrustedHead | undefined> {
  if (anchor === null) return undefined;
  if (anchor.contract !== domain.verifyingContract || anchor.chain_id !== domain.chainId) throw new Error("the bundle names two chains");
  const account = new Uint8Array(32);
  account.set(fromHex(anchor.log, 20), 12);
  const [chainId, answer] = await Promise.all([
    askNode(node, "eth_chainId", []),
    callView(node, anchor.contract, "heads(address)", account),
  ]);
  const words = /^0x([0-9a-f]{128})$/.exec(answer)?.[1];
  if (Number(chainId) !== anchor.chain_id || words === undefined) throw new OtherChain(node);
  const size = Number(`0x${words.slice(0, WORD_DIGITS)}`);
  return size > 0 ? { size, root: `0x${words.slice(WORD_DIGITS)}` } : undefined;
}
