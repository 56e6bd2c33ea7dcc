// <see-proof>: checks on this device that the chain has what the page shows, and says so in plain words.
import { getJson } from "./api";
import { ChainReader, NodeUnreachable } from "./chain-reader";
import { element, icon } from "./elements";
import {
  checkGroup,
  checkOrder,
  type GroupProof,
  type GroupSource,
  type OrderProof,
  type ShownMember,
  type Verdict,
} from "./proof";
import { text } from "./texts";

const OUR_NODE = "/api/v1/chain/rpc";
const MEMBERS_AT_ONCE = 200;

class SeeProof extends HTMLElement {
  connectedCallback(): void {
    this.querySelector("form")?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.check();
    });
  }

  /** Attributes: of ("order" or "group"), proof (address of the proof's JSON), of a group members (of the list's). */
  private async check(): Promise<void> {
    const result = this.querySelector<HTMLElement>("[data-result]");
    const button = this.querySelector<HTMLButtonElement>("button[type=submit]");
    if (!result || !button) return;
    const node = this.querySelector<HTMLInputElement>("input[name=node]")?.value.trim() || OUR_NODE;
    button.disabled = true;
    result.replaceChildren(element("p", { class: "alert" }, text("checking")));
    try {
      const url = this.getAttribute("proof") ?? "";
      result.replaceChildren(
        ...(this.getAttribute("of") === "group" ? await this.checkGroup(url, node) : await this.checkOrder(url, node)),
      );
    } catch (error) {
      const unreachable = error instanceof NodeUnreachable;
      result.replaceChildren(verdict("warning", text(unreachable ? "node_unreachable" : "not_reached"), ""));
      if (!unreachable) throw error;
    } finally {
      button.disabled = false;
    }
  }

  private async checkOrder(url: string, node: string): Promise<Node[]> {
    const proof = await getJson<OrderProof>(url);
    const outcome = await checkOrder(proof, new ChainReader(node, proof.escrow));
    return [
      say(outcome, text("proof_order_holds"), text("proof_order_holds_why", { block: proof.block_number })),
      details([
        [text("proof_leaf"), proof.leaf],
        ...proof.siblings.map((sibling, step): [string, string] => [text("proof_path", { step: step + 1 }), sibling]),
        [text("proof_root"), proof.root],
        [text("proof_place"), `${proof.batch} / ${proof.index}`],
        [text("proof_block"), `${proof.block_number} · ${proof.block_hash}`],
        [text("proof_transaction"), proof.tx_hash],
        [text("proof_contract"), `${proof.escrow} (${proof.chain_id})`],
      ]),
    ];
  }

  private async checkGroup(url: string, node: string): Promise<Node[]> {
    const source: GroupSource = {
      proof: (after) => getJson<GroupProof>(`${url}?after=${after}`),
      members: () => allMembers(this.getAttribute("members") ?? ""),
    };
    const onPage: ShownMember[] = [...document.querySelectorAll<HTMLElement>("[data-member]")].map(({ dataset }) => ({
      batch: Number(dataset.batch),
      index: Number(dataset.index),
      quantity: Number(dataset.quantity),
    }));
    const check = () => checkGroup(source, onPage, (escrow) => new ChainReader(node, escrow));
    let found = await check();
    // Somebody may have cancelled between two of our questions: only a difference that stays is one.
    if (found.invented + found.hidden > 0) found = await check();
    const { verdict: outcome, orders, units, invented, hidden } = found;
    if (outcome === "holds" && invented + hidden > 0) {
      return [verdict("error", text("proof_group_differs", { invented, hidden }), text("proof_broken_remedy"))];
    }
    return [
      say(outcome, text("proof_group_holds", { orders, units }), text("proof_group_holds_why")),
      details([
        ...found.runs.map((run): [string, string] => [
          text("proof_batch", { batch: run.batch }),
          text("proof_run", { first: run.first_index, count: run.count }),
        ]),
        [text("proof_contract"), `${found.source?.escrow ?? ""} (${found.source?.chain_id ?? ""})`],
      ]),
    ];
  }
}

/** The whole list of GET /api/v1/groups/{id}/members. */
async function allMembers(url: string): Promise<ShownMember[]> {
  const all: ShownMember[] = [];
  for (;;) {
    const { members } = await getJson<{ members: ShownMember[] }>(`${url}?limit=${MEMBERS_AT_ONCE}&offset=${all.length}`);
    all.push(...members);
    if (members.length < MEMBERS_AT_ONCE) return all;
  }
}

function say(outcome: Verdict, title: string, why: string): HTMLElement {
  switch (outcome) {
    case "holds":
      return verdict("success", title, why);
    case "broken":
      return verdict("error", text("proof_broken"), text("proof_broken_remedy"));
    case "other_chain":
      return verdict("warning", text("node_other_chain"), "");
  }
}

function verdict(kind: "success" | "warning" | "error", title: string, why: string): HTMLElement {
  return element(
    "div",
    { class: `alert alert-${kind}` },
    icon(kind === "success" ? "shield-check" : "triangle-alert", "icon-large"),
    element("div", {}, element("p", { class: "font-semibold" }, title), element("p", {}, why)),
  );
}

function details(facts: [string, string][]): HTMLElement {
  const list = element("dl", { class: "proof-facts" });
  for (const [label, value] of facts) list.append(element("dt", {}, label), element("dd", {}, value));
  const copyable = facts.map(([label, value]) => `${label}: ${value}`).join("\n");
  return element(
    "details",
    { class: "panel" },
    element("summary", {}, text("proof_details")),
    list,
    element("button", { type: "button", class: "btn", "data-copy": copyable }, icon("copy"), text("copy")),
  );
}

customElements.define("see-proof", SeeProof);
