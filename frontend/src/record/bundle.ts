// A proof bundle: facts with all that it takes to check them (docs/protocol/record-proofs.md).
import type { FactDomain } from "../fact";

/** Where the chain holds a head of the log: a block with the event of the account `log`. */
export interface Anchor {
  chain_id: number;
  contract: string;
  log: string;
  block: number;
  size: number;
  root: string;
}

export interface ProvenFact {
  index: number;
  /** RFC 8785 text; empty where the log has lost it. */
  leaf: string;
  /** Hashes in base64, the leaf's neighbour first. */
  path: string[];
}

export interface Bundle {
  version: 1;
  domain: FactDomain;
  /** A signed note of the log, with cosignatures. */
  checkpoint: string;
  anchor: Anchor | null;
  /** The proof that the anchored head grew into the checkpoint's. */
  consistency: string[];
  facts: ProvenFact[];
  /** Names of accounts, on the word of whoever made the bundle. */
  authors: Record<string, string>;
}
