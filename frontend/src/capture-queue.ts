// <capture-queue>: what waits on this device. Signed events go by themselves; drafts need one more look and the key.
import { FormErrors, Problem } from "./api";
import { agreeAndSign, deliver, type Draft, type Entry, isOffline, prepare, waitingEntries } from "./capture-sending";
import type { Prepared } from "./capture-describe";
import { Declined } from "./confirm-dialog";
import { dropWaiting } from "./device-store";
import { element, icon, toast } from "./elements";
import { moment, text } from "./texts";
import { NoKey, person } from "./wallet";

/** As the worker (templates/capture/worker.js) calls it. */
const PAGES_KEPT = "capture";

/** Forget the pages of somebody who is not logged in any more. */
export async function forgetPages(): Promise<void> {
  if (person() === undefined && "caches" in globalThis) await caches.delete(PAGES_KEPT);
}

class CaptureQueue extends HTMLElement {
  private readonly reasons = new Map<string, string>();
  private isSending = false;
  private isSigning = false;
  private readonly onOnline = (): void => void this.sendSigned();

  private readonly onKept = (): void => {
    const who = person();
    if (who !== undefined) void this.show(who);
  };

  connectedCallback(): void {
    void this.keepPages();
    addEventListener("online", this.onOnline);
    document.addEventListener("capture-kept", this.onKept);
    void this.sendSigned();
  }

  disconnectedCallback(): void {
    removeEventListener("online", this.onOnline);
    document.removeEventListener("capture-kept", this.onKept);
  }

  /** Let the pages that are needed in the field open without a network; `data-keeps` names those that nobody opened yet. */
  private async keepPages(): Promise<void> {
    // Absent outside secure contexts.
    if (this.dataset.worker === undefined || navigator.serviceWorker === undefined || person() === undefined) return;
    try {
      await navigator.serviceWorker.register(this.dataset.worker);
      await navigator.serviceWorker.ready;
      const cache = await caches.open(PAGES_KEPT);
      for (const address of this.dataset.keeps?.split(" ") ?? []) await cache.add(address);
    } catch (error) {
      // Without a network, or where the browser keeps nothing (a private window), the pages open as far as they did before.
      if (!(error instanceof TypeError || error instanceof DOMException)) throw error;
    }
  }

  private async sendSigned(): Promise<void> {
    const who = person();
    if (who === undefined || this.isSending) return;
    this.isSending = true;
    try {
      const signed = (await waitingEntries(who)).filter((entry) => entry.state === "signed");
      let sent = 0;
      for (const entry of signed) if (await this.tries(entry, () => deliver(entry))) sent += 1;
      if (sent > 0) toast(text("capture_sent", { count: sent }));
    } finally {
      this.isSending = false;
      await this.show(who);
    }
  }

  /** Whether it succeeded; what went wrong is shown beside the entry. */
  private async tries(entry: Entry, act: () => Promise<void>): Promise<boolean> {
    try {
      await act();
      this.reasons.delete(entry.id);
      return true;
    } catch (error) {
      if (error instanceof FormErrors) this.reasons.set(entry.id, Object.values(error.errors).flat().join(" "));
      else if (error instanceof Problem) this.reasons.set(entry.id, `${error.title} ${error.remedy}`);
      else if (error instanceof NoKey) this.reasons.set(entry.id, text("no_key"));
      else if (isOffline(error)) this.reasons.set(entry.id, text("capture_no_network"));
      else throw error;
      return false;
    }
  }

  private async signDrafts(who: string): Promise<void> {
    if (this.isSigning) return;
    this.isSigning = true;
    try {
      await this.signAll(who);
    } finally {
      this.isSigning = false;
    }
  }

  private async signAll(who: string): Promise<void> {
    const drafts = (await waitingEntries(who)).filter((entry): entry is Draft => entry.state === "draft");
    const prepared: Prepared[] = [];
    const ready: Draft[] = [];
    for (const draft of drafts) {
      await this.tries(draft, async () => {
        prepared.push(await prepare(draft));
        ready.push(draft);
      });
    }
    if (prepared.length > 0) {
      try {
        await agreeAndSign(who, prepared, ready);
      } catch (error) {
        if (!(error instanceof Declined)) throw error;
      }
    }
    await this.sendSigned();
    if ((await waitingEntries(who)).length === 0 && prepared.length > 0) location.reload();
  }

  private async show(who: string): Promise<void> {
    const entries = await waitingEntries(who);
    if (entries.length === 0) return this.replaceChildren();
    const drafts = entries.filter((entry) => entry.state === "draft").length;
    const send = element("button", { type: "button", class: "btn btn-primary" }, text(drafts > 0 ? "capture_sign_and_send" : "capture_send"));
    send.addEventListener("click", () => void (drafts > 0 ? this.signDrafts(who) : this.sendSigned()));
    this.replaceChildren(
      element(
        "section",
        { class: "alert alert-warning", role: "status" },
        icon("clock"),
        element(
          "div",
          { class: "flow" },
          element("p", { class: "font-semibold" }, text("capture_waiting", { count: entries.length })),
          element("p", {}, text("capture_waiting_why")),
          element("ul", { class: "waiting-list" }, ...entries.map((entry) => this.row(who, entry))),
          send,
        ),
      ),
    );
  }

  private row(who: string, entry: Entry): HTMLElement {
    const title = entry.state === "draft" ? entry.title : text("capture_signed", { count: entry.facts.length });
    const drop = element("button", { type: "button", class: "btn btn-sm btn-ghost" }, text("capture_drop"));
    drop.addEventListener("click", () => {
      if (confirm(text("capture_drop_sure"))) void dropWaiting(entry.id).then(() => this.show(who));
    });
    const reason = this.reasons.get(entry.id);
    return element(
      "li",
      {},
      element("span", { class: "grow" }, `${title} · ${moment(entry.at)}`, ...(reason ? [element("small", { class: "field-error" }, reason)] : [])),
      drop,
    );
  }
}

customElements.define("capture-queue", CaptureQueue);
