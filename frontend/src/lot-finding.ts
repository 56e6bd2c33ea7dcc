// What the record and the chain say of the facts that a lot's page rests on.
import { NodeUnreachable } from "./chain-reader";
import type { Bundle } from "./record/bundle";
import { continues, identityOf, isSameRecord, type Memory } from "./record/memory";
import { fetchBundle, OtherChain, proveByBundle, proveFacts, type Proof } from "./record/prove";

/** What the page tells its script; apps/trace/pages.py writes it. */
export interface Statement {
  /** Indices of the facts that the page rests on. */
  facts: number[];
  /** How many more it rests on, which are too many for one proof. */
  left_out: number;
  bundle: Bundle | null;
  /** Addresses of bundles, of consistency proofs, of the scans' count, of the node that this site offers, of a library. */
  proof: string;
  consistency: string;
  scan: string;
  node: string;
  ed25519: string;
  log: string;
  witnesses: string[];
  quorum: number;
}

export interface Found extends Proof {
  askedChain: boolean;
  /** What this device remembers of the site's record, held against what it says now. */
  memory: "none" | "same" | "other_record" | "rewritten";
}

/**
 * Check the facts against the head that a node tells; where no node answers, against the one that the server names.
 * `known` is what this device remembers. Throws OtherChain, ProofUnreachable.
 */
export async function find(statement: Statement, node: string, known: Memory | undefined): Promise<Found> {
  const { facts, proof, log, witnesses, quorum } = statement;
  const trust = { log, witnesses, quorum };
  const bundle = statement.bundle ?? (await fetchBundle(proof, facts));
  try {
    const found = await proveFacts(facts, proof, node, trust, bundle);
    return { ...found, askedChain: true, memory: await recall(statement, found, known) };
  } catch (error) {
    if (!(error instanceof NodeUnreachable) || error instanceof OtherChain) throw error;
    const found = await proveByBundle(facts, bundle, trust);
    return { ...found, askedChain: false, memory: await recall(statement, found, known) };
  }
}

async function recall({ log, consistency }: Statement, { bundle, checkpoint }: Proof, known: Memory | undefined): Promise<Found["memory"]> {
  const identity = bundle && identityOf(bundle, log);
  if (known === undefined || identity === undefined || checkpoint === undefined) return "none";
  if (!isSameRecord(known, identity)) return "other_record";
  return (await continues(known, checkpoint, consistency)) ? "same" : "rewritten";
}
