// The tree of a batch, as contracts/Escrow.vy builds it: a tree of runs, each run a tree of one group's orders.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes } from "@noble/hashes/utils.js";

import { fromHex, fromNumber } from "./hex";

export interface Leaf {
  buyer: string;
  quantity: number;
  nonce: number;
  details: string;
}

/** Where a leaf stands: its run starts at first_index of the batch, has count leaves, is number run_index of runs. */
export interface Place {
  batch: number;
  index: number;
  group: string;
  first_index: number;
  count: number;
  run_index: number;
  runs: number;
}

const ORDERS_MAX = 128;
const kind = (number: bigint, place = 0n): Uint8Array => fromNumber((number << 248n) | place);
const RUN_NODE = kind(2n);
const BATCH_NODE = kind(4n);

type Node = Uint8Array;

function join(kindWord: Uint8Array, left: Node, right: Node): Node {
  return keccak_256(concatBytes(kindWord, left, right));
}

export function leafHash(batch: number, index: number, group: string, leaf: Leaf): Node {
  return keccak_256(
    concatBytes(
      kind(1n, (BigInt(batch) << 8n) | BigInt(index)),
      fromHex(group, 32),
      fromHex(leaf.buyer, 20),
      fromNumber(BigInt(leaf.quantity), 4),
      fromNumber(BigInt(leaf.nonce), 8),
      fromHex(leaf.details, 32),
    ),
  );
}

/** From node number `at` of `width` up, by siblings from the front of the list; undefined if they are too few. */
function climb(kindWord: Uint8Array, start: Node, at: number, width: number, siblings: Node[]): Node | undefined {
  let node = start;
  while (width > 1) {
    if (at % 2 === 1 || at + 1 < width) {
      const sibling = siblings.shift();
      if (sibling === undefined) return undefined;
      node = at % 2 === 1 ? join(kindWord, sibling, node) : join(kindWord, node, sibling);
    }
    at = Math.floor(at / 2);
    width = Math.ceil(width / 2);
  }
  return node;
}

function fold(kindWord: Uint8Array, leaves: Node[]): Node {
  let nodes = leaves;
  while (nodes.length > 1) {
    const above: Node[] = [];
    for (let i = 0; i + 1 < nodes.length; i += 2) above.push(join(kindWord, nodes[i] as Node, nodes[i + 1] as Node));
    if (nodes.length % 2 === 1) above.push(nodes.at(-1) as Node);
    nodes = above;
  }
  return nodes[0] as Node;
}

function isPossible(place: Place): boolean {
  return (
    Object.entries(place).every(([name, value]) => name === "group" || (Number.isSafeInteger(value) && value >= 0)) &&
    place.count > 0 &&
    place.first_index <= place.index &&
    place.index < place.first_index + place.count &&
    place.first_index + place.count <= ORDERS_MAX &&
    place.run_index < place.runs &&
    place.runs <= ORDERS_MAX
  );
}

/** From a run's root to the batch's; undefined if the siblings are not just as many as the shape needs. */
function rootAbove(place: Place, runRoot: Node, siblings: Node[]): Node | undefined {
  const run = keccak_256(
    concatBytes(
      kind(3n, (BigInt(place.batch) << 16n) | BigInt((place.first_index << 8) | place.count)),
      fromHex(place.group, 32),
      runRoot,
    ),
  );
  const top = climb(BATCH_NODE, run, place.run_index, place.runs, siblings);
  if (top === undefined || siblings.length > 0) return undefined;
  return keccak_256(concatBytes(kind(5n, (BigInt(place.batch) << 8n) | BigInt(place.runs)), top));
}

/** The batch root that follows if `leaf` stands at `place`; undefined if the path cannot be one of such a tree. */
export function rootOfLeaf(place: Place, leaf: Leaf, siblings: string[]): Node | undefined {
  if (!isPossible(place)) return undefined;
  const rest = siblings.map((sibling) => fromHex(sibling, 32));
  const start = leafHash(place.batch, place.index, place.group, leaf);
  const runRoot = climb(RUN_NODE, start, place.index - place.first_index, place.count, rest);
  return runRoot && rootAbove(place, runRoot, rest);
}

/** The batch root that follows if a run has exactly these leaves; `place` is the run's, siblings those above it. */
export function rootOfRun(place: Place, leaves: Leaf[], siblings: string[]): Node | undefined {
  if (!isPossible(place) || leaves.length !== place.count) return undefined;
  const hashes = leaves.map((leaf, offset) => leafHash(place.batch, place.first_index + offset, place.group, leaf));
  return rootAbove(place, fold(RUN_NODE, hashes), siblings.map((sibling) => fromHex(sibling, 32)));
}
