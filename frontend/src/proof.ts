// Whether the chain says what the page says, worked out on this device.
import type { ChainReader } from "./chain-reader";
import { toHex } from "./hex";
import { type Leaf, leafHash, type Place, rootOfLeaf, rootOfRun } from "./merkle";

/** An order's place in its batch, from GET /api/v1/orders/{id}/proof. */
export interface OrderProof extends Place, Leaf {
  chain_id: number;
  escrow: string;
  block_number: number;
  block_hash: string;
  tx_hash: string;
  siblings: string[];
  leaf: string;
  root: string;
}

/** All orders of a group as they stand in the batches, from GET /api/v1/groups/{id}/proof. */
export interface GroupProof {
  group: string;
  chain_id: number;
  escrow: string;
  runs: (Omit<Place, "group" | "index"> & { siblings: string[]; leaves: Leaf[] })[];
}

export type Verdict =
  | "holds"
  /** The leaf and its path do not lead to the root that the chain has. */
  | "broken"
  /** The node that was asked is of another chain. */
  | "other_chain";

/** Recompute the leaf and the path to the root, and compare with the contract's. */
export async function checkOrder(proof: OrderProof, chain: ChainReader): Promise<Verdict> {
  if ((await chain.chainId()) !== proof.chain_id) return "other_chain";
  const { batch, index, group, first_index, count, run_index, runs, buyer, quantity, nonce, details } = proof;
  const leaf = { buyer, quantity, nonce, details };
  const root = rootOfLeaf({ batch, index, group, first_index, count, run_index, runs }, leaf, proof.siblings);
  const same = root !== undefined && toHex(leafHash(batch, index, group, leaf)) === proof.leaf;
  return same && toHex(root) === (await chain.batchRoot(batch)) ? "holds" : "broken";
}

/** A member as the page shows it. */
export interface ShownMember {
  batch: number;
  index: number;
  quantity: number;
}

export interface GroupVerdict {
  verdict: Verdict;
  /** Members that the chain has too, and their units. */
  orders: number;
  units: number;
  /** Shown members that the chain does not have, or with another quantity, or that cancelled. */
  invented: number;
  /** Orders that stand on the chain and are not shown. */
  hidden: number;
}

/**
 * Prove every run of the group, then compare its orders with the members that the page shows. Cancelled orders are no
 * members; a mark on the chain says that an order left, which in an open group means that it was cancelled.
 */
export async function checkGroup(proof: GroupProof, shown: ShownMember[], chain: ChainReader): Promise<GroupVerdict> {
  const result: GroupVerdict = { verdict: "holds", orders: 0, units: 0, invented: 0, hidden: 0 };
  if ((await chain.chainId()) !== proof.chain_id) return { ...result, verdict: "other_chain" };
  const open = await chain.groupIsOpen(proof.group);
  const missing = new Map(shown.map(({ batch, index, quantity }) => [`${batch}/${index}`, quantity]));
  for (const { siblings, leaves, ...rest } of proof.runs) {
    const place = { ...rest, group: proof.group, index: rest.first_index };
    const root = rootOfRun(place, leaves, siblings);
    if (root === undefined || toHex(root) !== (await chain.batchRoot(place.batch))) return { ...result, verdict: "broken" };
    const marks = await chain.batchMarks(place.batch);
    leaves.forEach(({ quantity }, offset) => {
      const index = place.first_index + offset;
      const left = ((marks >> BigInt(index)) & 1n) === 1n;
      const isShown = missing.get(`${place.batch}/${index}`) === quantity && !(open && left);
      if (isShown) {
        missing.delete(`${place.batch}/${index}`);
        result.orders += 1;
        result.units += quantity;
      } else if (!left) {
        result.hidden += 1;
      }
    });
  }
  return { ...result, invented: missing.size };
}
