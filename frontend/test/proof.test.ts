import { expect, test } from "vitest";

import type { ChainReader } from "../src/chain-reader";
import { toHex } from "../src/hex";
import { leafHash } from "../src/merkle";
import { checkGroup, checkOrder, type GroupProof, type OrderProof } from "../src/proof";
import { batch } from "./generated/examples.json" with { type: "json" };

function chain({ root = batch.root, marks = 0n, chainId = 31337, open = true } = {}): ChainReader {
  return {
    chainId: async () => chainId,
    batchRoot: async () => root,
    batchMarks: async () => marks,
    groupIsOpen: async () => open,
  } as unknown as ChainReader;
}

const { place, leaf, siblings } = batch.leaves[4]!;
const orderProof: OrderProof = {
  ...place,
  ...leaf,
  siblings,
  chain_id: 31337,
  escrow: "0x",
  block_number: 1,
  block_hash: "0x",
  tx_hash: "0x",
  leaf: toHex(leafHash(place.batch, place.index, place.group, leaf)),
  root: batch.root,
};

test("an order's proof holds against the chain's root, whatever root the server tells", async () => {
  expect(await checkOrder({ ...orderProof, root: "0x00" }, chain())).toBe("holds");
  expect(await checkOrder(orderProof, chain({ root: `0x${"00".repeat(32)}` }))).toBe("broken");
  expect(await checkOrder({ ...orderProof, quantity: 99 }, chain())).toBe("broken");
  expect(await checkOrder({ ...orderProof, leaf: "0x00" }, chain())).toBe("broken");
});

test("a node of another chain proves nothing", async () => {
  expect(await checkOrder(orderProof, chain({ chainId: 1 }))).toBe("other_chain");
});

const run = batch.runs[1]!;
const { group, index: _, ...shape } = run.place;
const groupProof: GroupProof = {
  group,
  chain_id: 31337,
  escrow: "0x",
  runs: [{ ...shape, siblings: run.siblings, leaves: run.leaves }],
};
const shown = run.leaves.map(({ quantity }, offset) => ({
  batch: shape.batch,
  index: shape.first_index + offset,
  quantity,
}));

test("a group's members are those that the chain has", async () => {
  const units = run.leaves.reduce((sum, { quantity }) => sum + quantity, 0);
  expect(await checkGroup(groupProof, shown, chain())).toEqual({
    verdict: "holds",
    orders: run.leaves.length,
    units,
    invented: 0,
    hidden: 0,
  });
});

test("an invented member, a changed quantity and a hidden one are found", async () => {
  const invented = [...shown, { batch: shape.batch, index: 99, quantity: 1 }];
  expect(await checkGroup(groupProof, invented, chain())).toMatchObject({ invented: 1, hidden: 0 });
  const changed = shown.map((member, at) => (at === 0 ? { ...member, quantity: 77 } : member));
  expect(await checkGroup(groupProof, changed, chain())).toMatchObject({ invented: 1, hidden: 1 });
  expect(await checkGroup(groupProof, shown.slice(1), chain())).toMatchObject({ invented: 0, hidden: 1 });
});

test("an order that was cancelled is no member of an open group any more", async () => {
  const marks = 1n << BigInt(shape.first_index);
  expect(await checkGroup(groupProof, shown.slice(1), chain({ marks }))).toMatchObject({ invented: 0, hidden: 0 });
  expect(await checkGroup(groupProof, shown, chain({ marks }))).toMatchObject({ invented: 1 });
});

test("an order that was refunded or returned later remains a member of a closed group", async () => {
  const marks = 1n << BigInt(shape.first_index);
  expect(await checkGroup(groupProof, shown, chain({ marks, open: false }))).toMatchObject({ invented: 0, hidden: 0 });
});

test("a run that does not lead to the chain's root proves nothing", async () => {
  expect(await checkGroup(groupProof, shown, chain({ root: `0x${"00".repeat(32)}` }))).toMatchObject({ verdict: "broken" });
});
