// <device-key>: makes the person's key.
import { Problem } from "./api";
import { element } from "./elements";
import { isWeak } from "./keystore";
import { text } from "./texts";
import { makeKey, person } from "./wallet";

class DeviceKey extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector("form");
    form?.addEventListener("submit", (event) => {
      event.preventDefault();
      void this.make(form);
    });
  }

  private async make(form: HTMLFormElement): Promise<void> {
    const who = person();
    const [first, second] = form.querySelectorAll<HTMLInputElement>('input[type="password"]');
    const button = form.querySelector("button");
    const error = form.querySelector(".field-error");
    if (who === undefined || !first || !second || !button || !error) return;
    error.textContent = isWeak(first.value)
      ? text("passphrase_weak")
      : first.value === second.value
        ? ""
        : text("passphrase_differs");
    if (error.textContent !== "") {
      (isWeak(first.value) ? first : second).focus();
      return;
    }
    const progress = element("progress", { class: "progress progress-primary", max: "1", value: "0" });
    button.disabled = true;
    button.before(progress);
    try {
      await makeKey(who, first.value, this.dataset.challenge ?? "", text(matchMedia("(pointer: coarse)").matches ? "telephone" : "computer"), (done) => {
        progress.value = done;
      });
      sessionStorage.setItem("toast", text("key_made"));
      location.assign(this.dataset.next ?? "/");
    } catch (failure) {
      button.disabled = false;
      progress.remove();
      error.textContent = failure instanceof Problem ? `${failure.title} ${failure.remedy}` : text("not_reached");
      if (!(failure instanceof Problem)) throw failure;
    }
  }
}

customElements.define("device-key", DeviceKey);
