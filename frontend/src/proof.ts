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
  /** Orders and units that the chain has in the group, less those that left. */
  orders: number;
  units: number;
  /** Shown members that the chain does not have, or with another quantity. */
  invented: number;
  /** Orders of the group that the page does not show. */
  hidden: number;
}

/** Prove every run of the group, then compare the chain's standing orders with the members that the page shows. */
export async function checkGroup(proof: GroupProof, shown: ShownMember[], chain: ChainReader): Promise<GroupVerdict> {
  const result: GroupVerdict = { verdict: "holds", orders: 0, units: 0, invented: 0, hidden: 0 };
  if ((await chain.chainId()) !== proof.chain_id) return { ...result, verdict: "other_chain" };
  const proven = new Map<string, number>();
  for (const { siblings, leaves, ...rest } of proof.runs) {
    const place = { ...rest, group: proof.group, index: rest.first_index };
    const root = rootOfRun(place, leaves, siblings);
    if (root === undefined || toHex(root) !== (await chain.batchRoot(place.batch))) return { ...result, verdict: "broken" };
    const marks = await chain.batchMarks(place.batch);
    leaves.forEach((leaf, offset) => {
      const index = place.first_index + offset;
      if (((marks >> BigInt(index)) & 1n) === 0n) proven.set(`${place.batch}/${index}`, leaf.quantity);
    });
  }
  for (const quantity of proven.values()) {
    result.orders += 1;
    result.units += quantity;
  }
  const found = shown.filter(({ batch, index, quantity }) => proven.get(`${batch}/${index}`) === quantity);
  result.invented = shown.length - found.length;
  result.hidden = proven.size - found.length;
  return result;
}
