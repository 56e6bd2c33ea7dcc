// <capture-step>: a form whose events are prepared by the server, signed on this device and put on record.
import { FormErrors, Problem } from "./api";
import { agreeAndSign, deliver, draftOf, isForNow, isOffline, prepare } from "./capture-sending";
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
    const who = person();
    const form = this.querySelector("form");
    if (who === undefined || form === null || this.getAttribute("aria-busy") === "true") return;
    this.busy(true);
    this.problems.clear();
    try {
      // Once it is done the next page comes: until then nobody can do it again.
      if (await this.run(who, form)) return;
    } catch (error) {
      this.busy(false);
      this.show(error);
    }
    this.busy(false);
  }

  private busy(is: boolean): void {
    if (is) this.setAttribute("aria-busy", "true");
    else this.removeAttribute("aria-busy");
    const place = this.querySelector("[data-busy]");
    if (place) place.textContent = is ? text("capture_busy") : "";
  }

  /** Whether it is recorded, and the next page on its way. */
  private async run(who: string, form: HTMLFormElement): Promise<boolean> {
    const draft = await draftOf(who, form, this.dataset.title ?? document.title);
    // Kept before anything else: a page that is closed, or a network that is gone, loses nothing.
    await keepWaiting(draft);
    let isSigned = false;
    try {
      const prepared = await prepare(draft);
      const signed = await agreeAndSign(who, [prepared], [draft]);
      isSigned = true;
      for (const entry of signed) await deliver(entry);
      sessionStorage.setItem("toast", text("capture_done"));
      location.assign(prepared.next);
      return true;
    } catch (error) {
      if (!isSigned && !isForNow(error) && !(error instanceof NoKey)) {
        await dropWaiting(draft.id);
        throw error;
      }
      this.keep(form, error);
      if (error instanceof NoKey) throw error;
      return false;
    }
  }

  /** What was filled in, or signed, waits on this device, and the page says so: nobody has to do it again. */
  private keep(form: HTMLFormElement, error: unknown): void {
    form.reset();
    const isLoggedOut = error instanceof Problem && error.status === 401;
    toast(text(isOffline(error) ? "capture_kept" : isLoggedOut ? "capture_log_in" : "capture_kept_for_now"), "info");
    document.dispatchEvent(new Event("capture-kept"));
    scrollTo({ top: 0 });
  }

  private show(error: unknown): void {
    // Whoever goes on without a photograph must not send this one.
    const photo = this.querySelector<HTMLInputElement>("input[type=file]");
    if (photo) photo.value = "";
    if (error instanceof Declined) return;
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
