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

/** A run of the group's orders in one batch, with the way from its root to the batch's. */
type RunProof = Omit<Place, "group" | "index"> & { siblings: string[]; leaves: Leaf[] };

/** A part of GET /api/v1/groups/{id}/proof: orders as they stand in the batches. */
export interface GroupProof {
  group: string;
  chain_id: number;
  escrow: string;
  runs: RunProof[];
  /** The batch after which the next part goes on; null at the end. */
  next_after: number | null;
}

/** What the server tells of a group. */
export interface GroupSource {
  /** The part of the proof that begins after this batch. */
  proof(after: number): Promise<GroupProof>;
  /** All members, as they are listed now. */
  members(): Promise<ShownMember[]>;
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

interface GroupVerdict {
  verdict: Verdict;
  /** Members that the chain has too, and their units. */
  orders: number;
  units: number;
  /** Listed members that the chain does not have, or with another quantity, or that cancelled. */
  invented: number;
  /** Orders that stand on the chain and are not listed. */
  hidden: number;
  /** The last part of the proof without its runs, and all runs without their orders. */
  source?: Pick<GroupProof, "chain_id" | "escrow">;
  runs: Pick<RunProof, "batch" | "first_index" | "count">[];
}

interface ProvenOrder {
  batch: number;
  quantity: number;
  left: boolean;
}

const placeOf = ({ batch, index }: { batch: number; index: number }): string => `${batch}/${index}`;

/**
 * Prove every run of the group, then compare its orders with the members that the server lists and with those that the
 * page shows (`onPage`, which may be older). Cancelled orders are no members; a mark on the chain says that an order
 * left, which in an open group means that it was cancelled.
 */
export async function checkGroup(
  source: GroupSource,
  onPage: ShownMember[],
  chainOf: (escrow: string) => ChainReader,
): Promise<GroupVerdict> {
  const result: GroupVerdict = { verdict: "holds", orders: 0, units: 0, invented: 0, hidden: 0, runs: [] };
  const proven = new Map<string, ProvenOrder>();
  let open: boolean | undefined;
  let last = 0;

  /** Prove all that follows the last batch; anything but "holds" ends the check. */
  const prove = async (): Promise<Verdict> => {
    for (let after: number | null = last; after !== null; ) {
      const part: GroupProof = await source.proof(after);
      const chain = chainOf(part.escrow);
      if (open === undefined && (await chain.chainId()) !== part.chain_id) return "other_chain";
      open ??= await chain.groupIsOpen(part.group);
      result.source = part;
      for (const { siblings, leaves, ...rest } of part.runs) {
        const root = rootOfRun({ ...rest, group: part.group, index: rest.first_index }, leaves, siblings);
        if (root === undefined || toHex(root) !== (await chain.batchRoot(rest.batch))) return "broken";
        const marks = await chain.batchMarks(rest.batch);
        leaves.forEach(({ quantity }, offset) => {
          const index = rest.first_index + offset;
          const left = ((marks >> BigInt(index)) & 1n) === 1n;
          proven.set(placeOf({ batch: rest.batch, index }), { batch: rest.batch, quantity, left });
        });
        result.runs.push({ batch: rest.batch, first_index: rest.first_index, count: rest.count });
        last = rest.batch;
      }
      after = part.next_after;
    }
    return "holds";
  };

  result.verdict = await prove();
  if (result.verdict !== "holds") return result;
  // Orders that come from here on may be in the list or not.
  const lastBeforeList = last;
  const listed = new Map((await source.members()).map((member) => [placeOf(member), member]));
  if ([...listed.values()].some(({ batch }) => batch > last)) result.verdict = await prove();
  if (result.verdict !== "holds") return result;

  for (const [place, { quantity }] of listed) {
    const order = proven.get(place);
    if (order?.quantity === quantity && !(open && order.left)) {
      result.orders += 1;
      result.units += quantity;
    } else {
      result.invented += 1;
    }
  }
  for (const shown of onPage) {
    if (!listed.has(placeOf(shown)) && proven.get(placeOf(shown))?.quantity !== shown.quantity) result.invented += 1;
  }
  for (const [place, { batch, quantity, left }] of proven) {
    const member = listed.get(place);
    if (!left && batch <= lastBeforeList && member?.quantity !== quantity) result.hidden += 1;
  }
  return result;
}
