import { expect, test } from "vitest";

import type { ChainReader } from "../src/chain-reader";
import { toHex } from "../src/hex";
import { leafHash } from "../src/merkle";
import { checkGroup, checkOrder, type GroupProof, type OrderProof, type ShownMember } from "../src/proof";
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
const part: GroupProof = {
  group,
  chain_id: 31337,
  escrow: "0x",
  runs: [{ ...shape, siblings: run.siblings, leaves: run.leaves }],
  next_after: null,
};
const members = run.leaves.map(({ quantity }, offset) => ({
  batch: shape.batch,
  index: shape.first_index + offset,
  quantity,
}));
const cancelled = { marks: 1n << BigInt(shape.first_index) };

/** Checks a group whose server lists these members, on a page that shows the same or others. */
function check(listed: ShownMember[], facts: Parameters<typeof chain>[0] = {}, onPage = listed, parts = [part]) {
  const source = {
    proof: async (after: number) => parts.find((one) => one.runs.every(({ batch }) => batch > after)) ?? { ...part, runs: [] },
    members: async () => listed,
  };
  return checkGroup(source, onPage, () => chain(facts));
}

test("a group's members are those that the chain has", async () => {
  const units = run.leaves.reduce((sum, { quantity }) => sum + quantity, 0);
  expect(await check(members)).toMatchObject({
    verdict: "holds",
    orders: run.leaves.length,
    units,
    invented: 0,
    hidden: 0,
  });
});

test("an invented member, a changed quantity and a hidden one are found", async () => {
  const invented = [...members, { batch: shape.batch, index: 99, quantity: 1 }];
  expect(await check(invented)).toMatchObject({ invented: 1, hidden: 0 });
  const changed = members.map((member, at) => (at === 0 ? { ...member, quantity: 77 } : member));
  expect(await check(changed)).toMatchObject({ invented: 1, hidden: 1 });
  expect(await check(members.slice(1))).toMatchObject({ invented: 0, hidden: 1 });
});

test("a member that only the page shows is found, and a page that shows some of the list is right", async () => {
  expect(await check(members, {}, members.slice(0, 1))).toMatchObject({ invented: 0, hidden: 0 });
  expect(await check(members, {}, [{ batch: shape.batch, index: 99, quantity: 1 }])).toMatchObject({ invented: 1 });
});

test("an order that was cancelled is no member of an open group any more", async () => {
  expect(await check(members.slice(1), cancelled)).toMatchObject({ invented: 0, hidden: 0 });
  expect(await check(members, cancelled)).toMatchObject({ invented: 1 });
  // The page was made before.
  expect(await check(members.slice(1), cancelled, members)).toMatchObject({ invented: 0, hidden: 0 });
});

test("an order that was refunded or returned later remains a member of a closed group", async () => {
  expect(await check(members, { ...cancelled, open: false })).toMatchObject({ invented: 0, hidden: 0 });
});

test("a run that does not lead to the chain's root proves nothing", async () => {
  expect(await check(members, { root: `0x${"00".repeat(32)}` })).toMatchObject({ verdict: "broken" });
});

test("a proof in parts is checked to its end", async () => {
  const first = { ...part, runs: [], next_after: shape.batch - 1 };
  const asked: number[] = [];
  const source = {
    proof: async (after: number) => (asked.push(after), asked.length === 1 ? first : part),
    members: async () => members,
  };
  expect(await checkGroup(source, members, () => chain())).toMatchObject({ orders: members.length, hidden: 0 });
  expect(asked).toEqual([0, shape.batch - 1]);
});

test("orders that come while the list is read are proven too, and are not missed in it", async () => {
  const late = { ...part, runs: [] };
  let asked = 0;
  const source = {
    proof: async () => ((asked += 1), asked === 1 ? late : part),
    members: async () => members.slice(1),
  };
  expect(await checkGroup(source, [], () => chain())).toMatchObject({ verdict: "holds", invented: 0, hidden: 0 });
  expect(asked).toBe(2);
});
