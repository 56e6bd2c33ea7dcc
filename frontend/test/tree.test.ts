import { utf8ToBytes } from "@noble/hashes/utils.js";
import { expect, test } from "vitest";

import { fromBase64 } from "../src/record/note";
import { hasGrown, leafHash, rootByInclusion } from "../src/record/tree";
import { consistency, inclusion, large, leaves, roots } from "./generated/tree.json" with { type: "json" };

const root = (size: number) => fromBase64(roots[size] as string);

test("every path of every leaf leads to its tree's root, and to no other place's", async () => {
  for (const { index, size, path } of inclusion) {
    const leaf = await leafHash(utf8ToBytes(leaves[index] as string));
    const hashes = path.map(fromBase64);
    expect(await rootByInclusion(leaf, index, size, hashes)).toEqual(root(size));
    expect(await rootByInclusion(leaf, index, size, [...hashes, leaf])).toBeUndefined();
    expect(await rootByInclusion(leaf, size, size, hashes)).toBeUndefined();
    if (path.length > 0) {
      expect(await rootByInclusion(leaf, index, size, hashes.slice(1))).toBeUndefined();
      expect(await rootByInclusion(leaf, index === 0 ? 1 : index - 1, size, hashes)).not.toEqual(root(size));
    }
  }
});

test("every proof of growth holds for its two trees alone", async () => {
  for (const { old, new: size, path } of consistency) {
    const hashes = path.map(fromBase64);
    expect(await hasGrown(old, root(old), size, root(size), hashes)).toBe(true);
    expect(await hasGrown(old, root(old - 1), size, root(size), hashes)).toBe(false);
    expect(await hasGrown(old, root(old), size, root(size - 1), hashes)).toBe(false);
    expect(await hasGrown(old, root(old), size, root(size), hashes.slice(1))).toBe(false);
    expect(await hasGrown(old, root(old), size, root(size), [...hashes, root(1)])).toBe(false);
    expect(await hasGrown(size, root(size), old, root(old), hashes)).toBe(false);
  }
});

test("places beyond 32 bits are walked exactly", async () => {
  for (const { index, size, path, root: expected } of large) {
    const hashes = path.map(fromBase64);
    expect(await rootByInclusion(hashes[0] as Uint8Array, index, size, hashes)).toEqual(fromBase64(expected));
  }
});
