// <capture-import>: signs what a file says, all of it at once; <capture-account>: a form that says which key will sign.
import { Problem } from "./api";
import type { Prepared } from "./capture-describe";
import { agreeAndSign, deliver, isOffline } from "./capture-sending";
import { Declined } from "./confirm-dialog";
import { FormProblems } from "./form-problems";
import { text } from "./texts";
import { NoKey, person, signingAddress } from "./wallet";

class CaptureImport extends HTMLElement {
  private readonly problems = new FormProblems(this);

  connectedCallback(): void {
    this.querySelector("button")?.addEventListener("click", () => void this.start());
  }

  private async start(): Promise<void> {
    const who = person();
    const json = this.querySelector('script[type="application/json"]')?.textContent;
    if (who === undefined || !json || this.getAttribute("aria-busy") === "true") return;
    this.setAttribute("aria-busy", "true");
    this.problems.clear();
    try {
      const prepared = JSON.parse(json) as Prepared;
      for (const signed of await agreeAndSign(who, [prepared], [])) await deliver(signed);
      sessionStorage.setItem("toast", text("capture_done"));
      location.assign(prepared.next);
    } catch (error) {
      this.removeAttribute("aria-busy");
      if (error instanceof Declined) return;
      if (error instanceof Problem) this.problems.problem(error.title, error.remedy);
      else if (error instanceof NoKey) this.problems.problem(text("no_key"), text("no_key_remedy"), document.body.dataset.key);
      else if (isOffline(error)) this.problems.note(text("capture_kept"));
      else throw error;
    }
  }
}

class CaptureAccount extends HTMLElement {
  connectedCallback(): void {
    const who = person();
    const field = this.querySelector<HTMLInputElement>("input[name=account]");
    if (who === undefined || field === null) return;
    signingAddress(who).then(
      (address) => (field.value = address),
      (error: unknown) => {
        // The server takes the person's first key then; who has none is told when it comes to signing.
        if (!(error instanceof NoKey) && !isOffline(error)) throw error;
      },
    );
  }
}

customElements.define("capture-import", CaptureImport);
customElements.define("capture-account", CaptureAccount);
