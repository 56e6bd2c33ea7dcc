// The page behind the code: says what this device found when it checked the page against the record and the chain.
// lot-start.ts, which stands in the page itself, has begun the check before the page is drawn.
import { csrfToken } from "./api";
import { element } from "./elements";
import type { SignedFact } from "./fact";
import { toHex } from "./hex";
import { find, statement } from "./lot-asking";
import { compare, type Difference, ofOtherGoods, statementOf } from "./lot-claims";
import type { Found } from "./lot-finding";
import type { Answer, Failure } from "./lot-worker";
import { identityOf, remember } from "./record/memory";
import { sha256 } from "./record/sha256";
import type { FactReport, State } from "./record/verify";
import { text } from "./texts";

type Verdict =
  | State
  | "checking"
  | "verified_bundle"
  | "verified_partly"
  | "other_record"
  | "rewritten"
  | Failure;

const WORST_FIRST: State[] = ["altered", "author_unknown", "not_anchored", "verified"];
const VISITOR_KEY = "pinlian-visitor";
/** A tenth of a degree: nothing finer leaves the device. */
const GRID = 10;

function keep({ bundle, checkpoint }: Found): void {
  const identity = bundle && identityOf(bundle, statement.log);
  if (identity && checkpoint) remember(identity, checkpoint);
}

/** `01/GTIN/10/LOT` of the address that was scanned: what this device knows of itself. */
function scanned(): string {
  const [, gtin, lot] = /\/([0-9]{14})\/(.+)\/$/.exec(decodeURIComponent(location.pathname)) ?? [];
  return `01/${gtin ?? ""}/10/${lot ?? ""}`;
}

class LotProof extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector<HTMLFormElement>("[data-node-form]");
    form?.removeAttribute("hidden");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.check(find(form.querySelector<HTMLInputElement>("input")?.value.trim() || statement.node));
    });
    const where = this.querySelector<HTMLElement>("[data-say-where]");
    if ("geolocation" in navigator) where?.removeAttribute("hidden");
    where?.addEventListener("click", () => this.sayWhere(where));
    void this.check(window.lotCheck ?? find(statement.node)).finally(() => this.countScan());
  }

  private async check(finding: Promise<Answer>): Promise<void> {
    this.show("checking");
    const answer = await finding;
    if ("failure" in answer) return this.fail(answer.failure, answer.reason);
    try {
      this.show(this.judge(answer.found));
    } catch (error) {
      return this.fail("unsound", error);
    }
    if (await this.hasWrongPhoto()) this.show("altered");
  }

  /** What a site sends may be anything: it is told, and no fault of this script. */
  private fail(failure: Failure, reason: unknown): void {
    this.show(failure);
    console.warn(reason);
  }

  /** Mark what was found at each statement, and say what holds for the whole page. */
  private judge(found: Found): Verdict {
    const facts = new Map(found.facts.flatMap(({ index, fact }): [number, SignedFact][] => (fact ? [[index, fact]] : [])));
    // Of a way with gaps nobody can say that something is not on it.
    const isWhole = statement.left_out === 0;
    const strangers = isWhole ? ofOtherGoods(facts, scanned()) : new Set<number>();
    const reports = found.facts.map((report): FactReport => (strangers.has(report.index) ? { ...report, state: "altered" } : report));
    const { differences, unproven } = compare(this, reports, scanned());
    for (const { shown, recorded } of differences) {
      shown.classList.add("is-altered");
      shown.title = recorded === "" ? text("mark_altered") : text("mark_differs", { recorded });
    }
    this.markFacts(reports, differences, strangers);
    this.report(found, reports, strangers);
    const worst = WORST_FIRST.find((state) => reports.some((fact) => fact.state === state)) ?? "not_anchored";
    if (differences.length > 0 || worst === "altered") return "altered";
    if (found.memory === "rewritten") return "rewritten";
    if (found.memory === "other_record") return this.offerOtherRecord(found);
    if (found.askedChain && found.head !== undefined) keep(found);
    if (worst !== "verified") return worst;
    if (unproven.size > 0 || !isWhole) return "verified_partly";
    return found.askedChain ? "verified" : "verified_bundle";
  }

  /** Only a person can say whether a site had a reason to begin another record. */
  private offerOtherRecord(found: Found): Verdict {
    const button = this.querySelector<HTMLElement>("[data-trust-record]");
    button?.removeAttribute("hidden");
    button?.addEventListener(
      "click",
      () => {
        keep(found);
        void this.check(find(statement.node));
      },
      { once: true },
    );
    return "other_record";
  }

  /** Photographs take longer than words; until each is held against its hash it is pale. */
  private async hasWrongPhoto(): Promise<boolean> {
    const images = [...this.querySelectorAll<HTMLImageElement>("img[data-sha256]")];
    const states = await Promise.all(
      images.map(async (image) => {
        const hash = await hashOf(image.src);
        if (hash === undefined) return "unchecked";
        const state = hash === image.dataset.sha256 ? "checked" : "altered";
        image.classList.add(`is-${state}`);
        if (state === "altered") image.title = text("mark_altered");
        return state;
      }),
    );
    return states.includes("altered");
  }

  private markFacts(reports: FactReport[], differences: Difference[], strangers: Set<number>): void {
    for (const mark of this.querySelectorAll<HTMLElement>("[data-mark]")) {
      const report = reports.find(({ index }) => index === Number(mark.dataset.mark));
      if (report === undefined) continue;
      const own = mark.closest("[data-fact]");
      const wrong = differences.find(({ shown }) => own?.contains(shown))?.shown;
      mark.dataset.state = wrong ? "altered" : report.state;
      mark.textContent = strangers.has(report.index) ? text("problem_other_goods") : wrong?.title || text(`mark_${report.state}`);
    }
  }

  /** For those who want to know: what was signed in its own words, by whom, and what was found of it. */
  private report({ head }: Found, reports: FactReport[], strangers: Set<number>): void {
    const list = element("dl", { class: "proof-facts" });
    for (const { index, state, problems, fact, authorName } of reports) {
      const reasons = [...problems, ...(strangers.has(index) ? ["other_goods"] : [])].map((problem) => text(`problem_${problem}`));
      const who = fact ? `${authorName || "?"} ${fact.author}` : "";
      list.append(
        element("dt", {}, text("report_statement", { index, kind: fact?.kind ?? "?" })),
        element("dd", {}, [text(`mark_${state}`), ...reasons].join(" · ")),
        ...(fact ? [element("dd", {}, statementOf(fact)), element("dd", {}, who)] : []),
      );
    }
    const told = head === undefined ? [] : [element("p", {}, text("report_head", { size: head.size }))];
    this.querySelector("[data-report]")?.replaceChildren(...told, list);
  }

  private show(verdict: Verdict): void {
    this.dataset.found = verdict;
    for (const shown of this.querySelectorAll<HTMLElement>("[data-verdict]")) {
      shown.classList.toggle("is-shown", shown.dataset.verdict === verdict);
    }
    // After the verdict is on the screen the rest of the page may be laid out.
    if (verdict !== "checking") requestAnimationFrame(() => setTimeout(() => this.classList.add("is-settled")));
  }

  private async countScan(place: Record<string, string> = {}): Promise<void> {
    await fetch(statement.scan, {
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

/** SHA-256 of what is at an address; undefined if it did not come. */
async function hashOf(address: string): Promise<string | undefined> {
  const response = await fetch(address).catch(() => undefined);
  if (!response?.ok) return undefined;
  return toHex(await sha256(new Uint8Array(await response.arrayBuffer()))).slice(2);
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
