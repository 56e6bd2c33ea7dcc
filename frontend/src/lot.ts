// The page behind the code. <lot-proof> checks on this device what the page says, against the record and the chain:
// the small script of that page alone.
import { csrfToken, getJson } from "./api";
import { NodeUnreachable } from "./chain-reader";
import { element } from "./elements";
import type { SignedFact } from "./fact";
import { toHex } from "./hex";
import type { Bundle } from "./record/bundle";
import { proveFacts } from "./record/prove";
import { type FactReport, type State, type Trust, verifyBundle } from "./record/verify";
import { text } from "./texts";

type Verdict = State | "checking" | "verified_bundle" | "unreachable";

interface Found {
  facts: FactReport[];
  /** Size of the newest head on the chain; undefined if the chain was not asked, or has none. */
  headSize: number | undefined;
  askedChain: boolean;
}

const WORST_FIRST: State[] = ["altered", "author_unknown", "not_anchored", "verified"];
const VISITOR_KEY = "pinlian-visitor";
/** A tenth of a degree: nothing finer leaves the device. */
const GRID = 10;

class LotProof extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector<HTMLFormElement>("[data-node-form]");
    form?.removeAttribute("hidden");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.check(form.querySelector<HTMLInputElement>("input")?.value.trim() || this.ownNode);
    });
    const where = this.querySelector<HTMLElement>("[data-say-where]");
    if ("geolocation" in navigator) where?.removeAttribute("hidden");
    where?.addEventListener("click", () => this.sayWhere(where));
    void this.check(this.ownNode);
    void this.countScan();
  }

  private get ownNode(): string {
    return this.dataset.node ?? "";
  }

  private async check(node: string): Promise<void> {
    this.show("checking");
    try {
      const found = await this.prove(node);
      const differing = this.compare(new Map(found.facts.flatMap(({ index, fact }) => (fact ? [[index, fact]] : []))));
      for (const image of await this.wrongPhotos()) differing.add(image);
      this.markFacts(found.facts, differing);
      this.report(found);
      const worst = WORST_FIRST.find((state) => found.facts.some((fact) => fact.state === state)) ?? "not_anchored";
      if (differing.size > 0) this.show("altered");
      else this.show(worst === "verified" && !found.askedChain ? "verified_bundle" : worst);
    } catch (error) {
      this.show("unreachable");
      throw error;
    }
  }

  /** With the head from the chain; where no node answers, with the one that the server names. */
  private async prove(node: string): Promise<Found> {
    const indices = (this.dataset.facts ?? "").split(",").filter(Boolean).map(Number);
    const address = this.dataset.proof ?? "";
    const witnesses = (this.dataset.witnesses ?? "").split(" ").filter(Boolean);
    const trust: Omit<Trust, "heads"> = { log: this.dataset.log ?? "", witnesses, quorum: Number(this.dataset.quorum) };
    try {
      const { facts, head } = await proveFacts(indices, address, node, trust);
      return { facts, headSize: head?.size, askedChain: true };
    } catch (error) {
      if (!(error instanceof NodeUnreachable)) throw error;
      const query = indices.map((index) => `index=${index}`).join("&");
      const bundle = await getJson<Bundle>(`${address}?${query}`);
      const heads = bundle.anchor ? [bundle.anchor] : [];
      const { facts } = await verifyBundle(bundle, { ...trust, heads, headMissing: heads.length === 0 });
      return { facts, headSize: undefined, askedChain: false };
    }
  }

  /** The elements that say something else than the facts do. */
  private compare(facts: Map<number, SignedFact>): Set<HTMLElement> {
    const differing = new Set<HTMLElement>();
    for (const shown of this.querySelectorAll<HTMLElement>("[data-said]")) {
      const fact = facts.get(Number(shown.closest<HTMLElement>("[data-fact]")?.dataset.fact));
      if (fact === undefined) continue;
      const recorded = valueAt(fact.body, (shown.dataset.said ?? "").split("."));
      if (saysTheSame(shown, recorded)) continue;
      differing.add(shown);
      shown.classList.add("is-altered");
      shown.title = text("mark_differs", { recorded: String(recorded) });
    }
    return differing;
  }

  /** The photographs that are not those whose hash was signed. */
  private async wrongPhotos(): Promise<HTMLElement[]> {
    const images = [...this.querySelectorAll<HTMLImageElement>("img[data-sha256]")];
    const hashes = await Promise.all(images.map((image) => hashOf(image.src)));
    return images.filter((image, number) => hashes[number] !== undefined && hashes[number] !== image.dataset.sha256);
  }

  private markFacts(facts: FactReport[], differing: Set<HTMLElement>): void {
    for (const mark of this.querySelectorAll<HTMLElement>("[data-mark]")) {
      const state = facts.find(({ index }) => index === Number(mark.dataset.mark))?.state;
      if (state === undefined) continue;
      const own = mark.closest("[data-fact]");
      const wrong = [...differing].find((shown) => own?.contains(shown));
      const found: State = wrong ? "altered" : state;
      mark.dataset.state = found;
      mark.textContent = wrong?.title || text(`mark_${found}`);
    }
  }

  private report({ facts, headSize }: Found): void {
    const list = element("dl", { class: "proof-facts" });
    for (const { index, state, problems, fact, authorName } of facts) {
      const who = fact ? `${authorName || "?"} ${fact.author}` : "";
      const found = [text(`mark_${state}`), ...problems, who].filter(Boolean).join(" · ");
      list.append(element("dt", {}, text("report_statement", { index, kind: fact?.kind ?? "?" })), element("dd", {}, found));
    }
    const head = headSize === undefined ? [] : [element("p", {}, text("report_head", { size: headSize }))];
    this.querySelector("[data-report]")?.replaceChildren(...head, list);
  }

  private show(verdict: Verdict): void {
    this.dataset.found = verdict;
    for (const shown of this.querySelectorAll<HTMLElement>("[data-verdict]")) {
      shown.classList.toggle("is-shown", shown.dataset.verdict === verdict);
    }
  }

  private async countScan(place: Record<string, string> = {}): Promise<void> {
    await fetch(this.dataset.scan ?? "", {
      method: "POST",
      credentials: "same-origin",
      headers: { "X-CSRFToken": csrfToken() },
      body: new URLSearchParams({ visitor: visitor(), ...place }),
    });
  }

  private sayWhere(button: HTMLElement): void {
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      const rough = (degrees: number) => (Math.round(degrees * GRID) / GRID).toFixed(1);
      void this.countScan({ latitude: rough(coords.latitude), longitude: rough(coords.longitude) });
      button.hidden = true;
      this.querySelector("[data-where-said]")?.removeAttribute("hidden");
    });
  }
}

/** A value in JSON; a list of one may be written without its brackets. */
function valueAt(body: unknown, path: string[]): unknown {
  let value = body;
  for (const name of path) {
    if (name === "0" && !Array.isArray(value)) continue;
    value = (value as Record<string, unknown> | undefined)?.[name];
  }
  return value;
}

function saysTheSame(shown: HTMLElement, recorded: unknown): boolean {
  const time = shown.querySelector("time");
  if (time && !shown.dataset.value) {
    return Math.floor(Date.parse(String(recorded)) / 1000) === Date.parse(time.dateTime) / 1000;
  }
  if (typeof recorded === "number") return recorded === Number(shown.dataset.value);
  const plain = (words: string) => words.replace(/\s+/g, " ").trim();
  return plain(shown.dataset.value ?? shown.textContent ?? "") === plain(String(recorded ?? ""));
}

/** SHA-256 of what is at an address; undefined if it did not come. */
async function hashOf(address: string): Promise<string | undefined> {
  const response = await fetch(address).catch(() => undefined);
  if (!response?.ok) return undefined;
  return toHex(new Uint8Array(await crypto.subtle.digest("SHA-256", await response.arrayBuffer()))).slice(2);
}

/** A token of this browser; the server keeps a hash of it, another one for each code and day. */
function visitor(): string {
  try {
    const known = localStorage.getItem(VISITOR_KEY);
    if (known !== null) return known;
    const made = toHex(crypto.getRandomValues(new Uint8Array(16))).slice(2);
    localStorage.setItem(VISITOR_KEY, made);
    return made;
  } catch {
    return "";
  }
}

customElements.define("lot-proof", LotProof);
