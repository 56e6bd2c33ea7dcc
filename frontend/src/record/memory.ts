// What this device remembers of a site's record: whom it saw first, and the newest head that it has checked. A site
// that names another record later, or whose record no longer continues what was seen, is caught by it.
import { Problem as Refusal } from "../api";
import { fromHex, toHex } from "../hex";
import type { Bundle } from "./bundle";
import { type CheckpointBody, fromBase64 } from "./note";
import { ask } from "./prove";
import { hasGrown, sameHash } from "./tree";

const KEY = "pinlian-record";

/** Whose record it is: the chain, the contract, the account that anchors, and the key that signs heads. */
export interface Identity {
  chain_id: number;
  contract: string;
  account: string;
  log: string;
}

export interface Memory extends Identity {
  size: number;
  /** 0x and hex digits. */
  root: string;
}

/** Undefined if the log is not anchored yet. */
export function identityOf({ anchor }: Bundle, log: string): Identity | undefined {
  return anchor === null ? undefined : { chain_id: anchor.chain_id, contract: anchor.contract, account: anchor.log, log };
}

export function isSameRecord(one: Identity, other: Identity): boolean {
  const { chain_id, contract, account, log } = one;
  return chain_id === other.chain_id && contract === other.contract && account === other.account && log === other.log;
}

/** Undefined if nothing is remembered, or the browser keeps nothing. */
export function remembered(): Memory | undefined {
  try {
    const kept = localStorage.getItem(KEY);
    return kept === null ? undefined : (JSON.parse(kept) as Memory);
  } catch {
    return undefined;
  }
}

export function remember(identity: Identity, { size, root }: CheckpointBody): void {
  try {
    localStorage.setItem(KEY, JSON.stringify({ ...identity, size, root: toHex(root) }));
  } catch {
    // A browser that keeps nothing trusts anew each time, as on the first.
  }
}

/**
 * Whether the head that was seen and the one that is shown now are of one history. `address` is that of the server's
 * consistency proofs. Throws ProofUnreachable.
 */
export async function continues(memory: Memory, now: CheckpointBody, address: string): Promise<boolean> {
  const seen = { size: memory.size, root: fromHex(memory.root, 32) };
  if (seen.size === now.size) return sameHash(seen.root, now.root);
  const [older, newer] = seen.size < now.size ? [seen, now] : [now, seen];
  try {
    const { path } = await ask<{ path: string[] }>(`${address}?old=${older.size}&new=${newer.size}`);
    return await hasGrown(older.size, older.root, newer.size, newer.root, path.map(fromBase64));
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}
