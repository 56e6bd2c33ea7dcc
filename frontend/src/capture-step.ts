// <capture-step>: a form whose events are prepared by the server, signed on this device and put on record.
import { FormErrors, Problem } from "./api";
import { agreeAndSign, deliver, draftOf, isOffline, prepare } from "./capture-sending";
import { Declined } from "./confirm-dialog";
import { dropWaiting, keepWaiting } from "./device-store";
import { toast } from "./elements";
import { FormProblems } from "./form-problems";
import { text } from "./texts";
import { NoKey, person } from "./wallet";

class CaptureStep extends HTMLElement {
  private readonly problems = new FormProblems(this);

  connectedCallback(): void {
    this.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.start();
    });
    // A photograph is the last thing that is asked for: taking it is pressing the button.
    this.querySelector<HTMLInputElement>("input[type=file][data-then-submit]")?.addEventListener("change", (event) => {
      if ((event.target as HTMLInputElement).files?.length) this.querySelector("form")?.requestSubmit();
    });
  }

  private async start(): Promise<void> {
    if (this.getAttribute("aria-busy") === "true") return;
    this.setAttribute("aria-busy", "true");
    this.problems.clear();
    try {
      await this.run();
    } catch (error) {
      this.show(error);
    } finally {
      this.removeAttribute("aria-busy");
    }
  }

  private async run(): Promise<void> {
    const who = person();
    const form = this.querySelector("form");
    if (who === undefined || form === null) return;
    const draft = await draftOf(who, form, this.dataset.title ?? document.title);
    // Kept before anything else: a page that is closed, or a network that is gone, loses nothing.
    await keepWaiting(draft);
    try {
      const prepared = await prepare(draft);
      const [signed] = await agreeAndSign(who, [prepared]);
      await dropWaiting(draft.id);
      if (signed !== undefined) await deliver(signed);
      sessionStorage.setItem("toast", text("capture_done"));
      location.assign(prepared.next);
    } catch (error) {
      if (isOffline(error)) return this.keep(form);
      await dropWaiting(draft.id);
      throw error;
    }
  }

  /** There is no network: what was filled in, or signed, waits on this device, and the page says so. */
  private keep(form: HTMLFormElement): void {
    form.reset();
    toast(text("capture_kept"), "info");
    document.dispatchEvent(new Event("capture-kept"));
    scrollTo({ top: 0 });
  }

  private show(error: unknown): void {
    if (error instanceof Declined) return;
    const photo = this.querySelector<HTMLInputElement>("input[type=file]");
    if (photo) photo.value = "";
    if (error instanceof FormErrors) return this.problems.show(error.errors);
    if (error instanceof NoKey) {
      const next = encodeURIComponent(location.pathname);
      return this.problems.problem(text("no_key"), text("no_key_remedy"), `${document.body.dataset.key}?next=${next}`);
    }
    if (error instanceof Problem) return this.problems.problem(error.title || text("not_reached"), error.remedy || error.detail);
    this.problems.problem(text("not_reached"), text("not_reached_remedy"));
    throw error;
  }
}

customElements.define("capture-step", CaptureStep);
