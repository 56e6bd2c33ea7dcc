// The record's tree (RFC 6962, RFC 9162 section 2.1): where a path leads, and whether a log only grew.
import { sha256 } from "./sha256";

type Hash = Uint8Array;

export const HASH_BYTES = 32;

const LEAF = new Uint8Array([0]);
const NODE = new Uint8Array([1]);

export function leafHash(leaf: Uint8Array): Promise<Hash> {
  return sha256(LEAF, leaf);
}

function nodeHash(left: Hash, right: Hash): Promise<Hash> {
  return sha256(NODE, left, right);
}

export function sameHash(one: Hash, other: Hash): boolean {
  return one.length === other.length && one.every((byte, at) => byte === other[at]);
}

/** Places from the leaf up, as RFC 9162 walks them; sizes can exceed 2**31, so no bitwise operators. */
class Climb {
  constructor(
    private at: number,
    private last: number,
  ) {}

  get isAtRoot(): boolean {
    return this.last === 0;
  }

  /** Whether the next hash is the left one; goes up to its parent. */
  next(): boolean {
    const isLeft = this.at % 2 === 1 || this.at === this.last;
    if (isLeft) while (this.at !== 0 && this.at % 2 === 0) this.halve();
    this.halve();
    return isLeft;
  }

  halve(): void {
    this.at = Math.floor(this.at / 2);
    this.last = Math.floor(this.last / 2);
  }

  /** Goes up to where a complete subtree on the left ends. */
  skipOdd(): void {
    while (this.at % 2 === 1) this.halve();
  }
}

/** The root that a path leads to; undefined if it is not a path of leaf `index` among `size`. */
export async function rootByInclusion(leaf: Hash, index: number, size: number, path: Hash[]): Promise<Hash | undefined> {
  if (index < 0 || index >= size || path.some(({ length }) => length !== HASH_BYTES)) return undefined;
  const climb = new Climb(index, size - 1);
  let reached = leaf;
  for (const hash of path) {
    if (climb.isAtRoot) return undefined;
    reached = await (climb.next() ? nodeHash(hash, reached) : nodeHash(reached, hash));
  }
  return climb.isAtRoot ? reached : undefined;
}

/** Whether a proof shows that a tree of `oldSize` leaves grew into one of `newSize`, which is larger. */
export async function hasGrown(oldSize: number, oldRoot: Hash, newSize: number, newRoot: Hash, proof: Hash[]): Promise<boolean> {
  if (oldSize <= 0 || oldSize >= newSize || proof.some(({ length }) => length !== HASH_BYTES)) return false;
  // A power of two is a subtree of the newer tree, and its root starts the way up.
  const isPowerOfTwo = (BigInt(oldSize) & (BigInt(oldSize) - 1n)) === 0n;
  const [first, ...rest] = isPowerOfTwo ? [oldRoot, ...proof] : proof;
  if (first === undefined) return false;
  const climb = new Climb(oldSize - 1, newSize - 1);
  climb.skipOdd();
  let [oldReached, newReached] = [first, first];
  for (const hash of rest) {
    if (climb.isAtRoot) return false;
    if (climb.next()) {
      oldReached = await nodeHash(hash, oldReached);
      newReached = await nodeHash(hash, newReached);
    } else {
      newReached = await nodeHash(newReached, hash);
    }
  }
  return climb.isAtRoot && sameHash(oldReached, oldRoot) && sameHash(newReached, newRoot);
}
