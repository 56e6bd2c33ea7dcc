import { describe, expect, test } from "vitest";

import { toHex } from "../src/hex";
import { rootOfLeaf, rootOfRun } from "../src/merkle";
import { batch } from "./generated/examples.json" with { type: "json" };

const hex = (root: Uint8Array | undefined) => root && toHex(root);

describe("a leaf", () => {
  test.each(batch.leaves)("$place.index leads to the root", ({ place, leaf, siblings }) => {
    expect(hex(rootOfLeaf(place, leaf, siblings))).toBe(batch.root);
  });

  const { place, leaf, siblings } = batch.leaves[3]!;
  test.each([
    ["another quantity", place, { ...leaf, quantity: leaf.quantity + 1 }, siblings],
    ["another buyer", place, { ...leaf, buyer: `0x${"ee".repeat(20)}` }, siblings],
    ["another place", { ...place, index: place.index + 1 }, leaf, siblings],
    ["another batch", { ...place, batch: place.batch + 1 }, leaf, siblings],
    ["a sibling too few", place, leaf, siblings.slice(1)],
    ["a sibling too many", place, leaf, [...siblings, siblings[0]!]],
    ["an impossible shape", { ...place, count: 0 }, leaf, siblings],
  ])("with %s does not", (_, otherPlace, otherLeaf, otherSiblings) => {
    expect(hex(rootOfLeaf(otherPlace, otherLeaf, otherSiblings))).not.toBe(batch.root);
  });
});

describe("a run", () => {
  test.each(batch.runs)("$place.run_index leads to the root", ({ place, leaves, siblings }) => {
    expect(hex(rootOfRun(place, leaves, siblings))).toBe(batch.root);
  });

  test("with an invented member does not", () => {
    const { place, leaves, siblings } = batch.runs[1]!;
    expect(rootOfRun(place, [...leaves, leaves[0]!], siblings)).toBeUndefined();
    expect(hex(rootOfRun({ ...place, count: place.count + 1 }, [...leaves, leaves[0]!], siblings))).not.toBe(batch.root);
  });
});
