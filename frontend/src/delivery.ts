// Whether a group's delivery is in the record as the page says it, worked out on this device.
import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { canonicalJson, type Json, type SignedFact } from "./fact";
import { toHex } from "./hex";
import { signerOf } from "./record/leaf";
import { digest } from "./typed-data";

const KEY_SIGNATURE = /^0x[0-9a-f]{128}$/;

/** What the page says of the delivery. */
export interface ShownDelivery {
  group: string;
  leader: string;
  units: number;
}

/** A batch with orders of the group, and its root as the contract has it. */
export type BatchRoot = [batch: number, root: string];

export type Confirmation =
  /** The leader's key signed it. */
  | "signed"
  /** It came to the chain by another way, or from a wallet that is a contract: the chain alone vouches for it. */
  | "on_chain"
  /** The fact says something else than the page or the chain, or the leader did not sign it. */
  | "differs";

/** Hold a fact against the page and the roots of the group's batches; whether it was proven is another question. */
export function checkDelivery(fact: SignedFact, shown: ShownDelivery, chainId: number, roots: BatchRoot[]): Confirmation {
  const { group, leader, units, orders, escrow, confirmation } = fact.body;
  const ordered = toHex(sha256(utf8ToBytes(canonicalJson(roots as Json))));
  const same = fact.kind === "delivery" && group === shown.group && leader === shown.leader && units === shown.units;
  if (!same || orders !== ordered) return "differs";
  if (!KEY_SIGNATURE.test(String(confirmation))) return "on_chain";
  const signed = digest("confirm_delivery", { group: shown.group }, { chain_id: chainId, escrow: String(escrow) });
  return signerOf(signed, String(confirmation)) === shown.leader ? "signed" : "differs";
}
