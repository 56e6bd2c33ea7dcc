// <see-proof>: checks on this device that the chain has what the page shows, and says so in plain words.
import { getJson } from "./api";
import { ChainReader, NodeUnreachable } from "./chain-reader";
import { type BatchRoot, checkDelivery } from "./delivery";
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
import { proveFacts } from "./record/prove";
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

  /**
   * Attributes: of ("order", "group" or "delivery"), proof (address of the proof's JSON), of a group members (of the
   * list's); of a delivery orders (of the group's proof), fact (its index) and what the page says of it.
   */
  private async check(): Promise<void> {
    const result = this.querySelector<HTMLElement>("[data-result]");
    const button = this.querySelector<HTMLButtonElement>("button[type=submit]");
    if (!result || !button) return;
    const node = this.querySelector<HTMLInputElement>("input[name=node]")?.value.trim() || OUR_NODE;
    button.disabled = true;
    result.replaceChildren(element("p", { class: "alert" }, text("checking")));
    try {
      const url = this.getAttribute("proof") ?? "";
      result.replaceChildren(...(await this.checkThing(url, node)));
    } catch (error) {
      const unreachable = error instanceof NodeUnreachable;
      result.replaceChildren(verdict("warning", text(unreachable ? "node_unreachable" : "not_reached"), ""));
      if (!unreachable) throw error;
    } finally {
      button.disabled = false;
    }
  }

  private checkThing(url: string, node: string): Promise<Node[]> {
    switch (this.getAttribute("of")) {
      case "group":
        return this.checkGroup(url, node);
      case "delivery":
        return this.checkDelivery(url, node);
      default:
        return this.checkOrder(url, node);
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

  private async checkDelivery(url: string, node: string): Promise<Node[]> {
    const { dataset } = this;
    const witnesses = (dataset.witnesses ?? "").split(" ").filter(Boolean);
    const trust = { log: dataset.log ?? "", witnesses, quorum: Number(dataset.quorum) };
    const { facts, bundle } = await proveFacts([Number(this.getAttribute("fact"))], url, node, trust);
    const report = facts[0];
    const fact = report?.fact;
    if (!report || !fact || !bundle || report.state === "altered" || report.state === "author_unknown") {
      return [verdict("error", text("proof_broken"), text("proof_broken_remedy"))];
    }
    const { chainId } = bundle.domain;
    const shown = { group: dataset.group ?? "", leader: dataset.leader ?? "", units: Number(dataset.units) };
    const roots = await rootsOf(this.getAttribute("orders") ?? "", node);
    const confirmation = checkDelivery(fact, shown, chainId, roots);
    if (confirmation === "differs") return [verdict("error", text("proof_broken"), text("proof_broken_remedy"))];
    const lots = fact.body.lots as string[];
    return [
      report.state === "verified"
        ? verdict("success", text("proof_delivery_holds", { units: shown.units }), text(`proof_delivery_${confirmation}`))
        : verdict("warning", text("proof_not_anchored"), text("proof_not_anchored_why")),
      details([
        [text("proof_statement"), String(report.index)],
        [text("proof_leader"), shown.leader],
        ...lots.map((lot): [string, string] => [text("proof_lot"), lot]),
        ...roots.map(([batch, root]): [string, string] => [text("proof_batch", { batch }), root]),
        [text("proof_contract"), `${String(fact.body.escrow)} (${chainId})`],
      ]),
    ];
  }
}

/** Every batch with orders of the group whose proof is at `url`, and its root as the chain has it. */
async function rootsOf(url: string, node: string): Promise<BatchRoot[]> {
  const roots = new Map<number, string>();
  for (let after: number | null = 0; after !== null; ) {
    const part: GroupProof = await getJson<GroupProof>(`${url}?after=${after}`);
    const chain = new ChainReader(node, part.escrow);
    for (const { batch } of part.runs) roots.set(batch, await chain.batchRoot(batch));
    after = part.next_after;
  }
  return [...roots];
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
