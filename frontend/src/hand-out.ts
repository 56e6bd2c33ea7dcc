// <hand-out>: the leader's device reads what buyers wrote for it, and scans the codes that they show.
import { Camera } from "./camera";
import { element } from "./elements";
import { openDetails } from "./sealed-details";
import { text } from "./texts";
import { agreeAndUse, person } from "./wallet";
import { Declined } from "./confirm-dialog";

interface Details {
  name?: string;
  phone?: string;
  wish?: string;
}

class HandOut extends HTMLElement {
  private readonly camera = new Camera();

  connectedCallback(): void {
    this.querySelector("[data-scan]")?.addEventListener("click", () => void this.scan());
    this.querySelector("[data-read]")?.addEventListener("click", () => void this.readDetails());
  }

  disconnectedCallback(): void {
    this.camera.stop();
  }

  private async scan(): Promise<void> {
    const place = this.querySelector<HTMLElement>("[data-camera]");
    const field = this.querySelector<HTMLInputElement>("input[name=code]");
    if (!place || !field?.form || this.camera.isOn) return;
    if (!(await this.camera.start(place))) {
      field.focus();
      return;
    }
    const found = await this.camera.next();
    this.camera.stop();
    if (found === undefined) return;
    field.value = found.slice(found.lastIndexOf("/") + 1);
    field.form.requestSubmit();
  }

  private async readDetails(): Promise<void> {
    const who = person();
    if (who === undefined) return;
    const summary = { title: text("read_details"), facts: [], action: text("do_read_details") };
    try {
      await agreeAndUse(who, summary, async ({ encryption }) => {
        for (const place of this.querySelectorAll<HTMLElement>("[data-sealed]")) {
          const { name, phone, wish } = await openDetails<Details>(place.dataset.sealed ?? "", encryption);
          place.replaceChildren(...[name, phone, wish].filter(Boolean).map((part) => element("span", {}, part as string)));
        }
      });
    } catch (error) {
      if (!(error instanceof Declined)) throw error;
    }
  }
}

customElements.define("hand-out", HandOut);
