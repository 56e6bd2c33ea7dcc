import { expect, test } from "vitest";

import { type BatchRoot, checkDelivery, type ShownDelivery } from "../src/delivery";
import type { SignedFact } from "../src/fact";
import examples from "./generated/examples.json" with { type: "json" };

const confirmation = examples.messages.find(({ kind }) => kind === "confirm_delivery")!;
const group = (confirmation.message as { group: string }).group;
const shown: ShownDelivery = { group, leader: examples.address, units: 5 };
const ROOTS: BatchRoot[] = [[7, `0x${"ab".repeat(32)}`]];
/** SHA-256 of `[[7,"0xabab…"]]`. */
const ORDERS = "0x72c11f226a3cd25851ff57ddac66ee023012dbfbf74265ff8c9e2cc26900f229";

/** What the record says of the delivery, but for `changes`. */
function fact(changes: Partial<SignedFact["body"]> = {}, kind = "delivery"): SignedFact {
  const { escrow } = examples.domain;
  const body = { escrow, group, leader: shown.leader, units: 5, orders: ORDERS, confirmation: confirmation.signature, lots: [] };
  return { kind, time: 1, author: `0x${"11".repeat(20)}`, signature: "", body: { ...body, ...changes } as SignedFact["body"] };
}

const check = (recorded: SignedFact, roots = ROOTS) => checkDelivery(recorded, shown, examples.domain.chain_id, roots);

test("a delivery that the leader signed for holds", () => {
  expect(check(fact())).toBe("signed");
});

test("a confirmation of a wallet that is a contract, or by another way, is the chain's to vouch for", () => {
  expect(check(fact({ confirmation: "" }))).toBe("on_chain");
  expect(check(fact({ confirmation: `0x${"00".repeat(200)}` }))).toBe("on_chain");
});

test("whatever differs from page, signature or chain is seen", () => {
  const other = `0x${"22".repeat(20)}`;
  expect(check(fact({ units: 6 }))).toBe("differs");
  expect(check(fact({ leader: other }))).toBe("differs");
  expect(check(fact({ group: `0x${"33".repeat(32)}` }))).toBe("differs");
  expect(check(fact({ orders: `0x${"44".repeat(32)}` }))).toBe("differs");
  expect(check(fact({ escrow: other }))).toBe("differs");
  expect(check(fact({}, "offer_terms"))).toBe("differs");
  expect(check(fact(), [])).toBe("differs");
  expect(check(fact(), [[7, `0x${"ac".repeat(32)}`]])).toBe("differs");
});
