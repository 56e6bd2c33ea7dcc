// <capture-scan>: many codes in one list, by camera, hand scanner or keyboard.
import { getJson, Problem } from "./api";
import { Camera } from "./camera";
import { isForNow } from "./capture-sending";
import { element } from "./elements";
import { text } from "./texts";

/** What the server knows of a code. */
interface Known {
  epc: string;
  is_unit: boolean;
  name: string;
  number: string;
  inside: string[];
  here: string;
}

// The pause after a code, so that the camera does not read it twice while the hand moves on.
const AFTER_SCAN_MS = 900;

class CaptureScan extends HTMLElement {
  private readonly camera = new Camera();

  connectedCallback(): void {
    const field = this.querySelector<HTMLInputElement>("[data-code]");
    field?.addEventListener("keydown", (event) => {
      // Hand scanners end a code with Enter; that must not send the form.
      if (event.key !== "Enter") return;
      event.preventDefault();
      const codes = field.value.split(/\s+/).filter(Boolean);
      field.value = "";
      for (const code of codes) void this.add(code);
    });
    this.querySelector("[data-add]")?.addEventListener("click", () => {
      const code = field?.value.trim();
      if (field && code) {
        field.value = "";
        void this.add(code);
        field.focus();
      }
    });
    this.querySelector("[data-scan]")?.addEventListener("click", () => void this.scan());
    this.querySelector("[data-list]")?.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      button?.closest("li")?.remove();
      this.count();
    });
  }

  disconnectedCallback(): void {
    this.camera.stop();
  }

  private async scan(): Promise<void> {
    const place = this.querySelector<HTMLElement>("[data-camera]");
    if (place === null) return;
    if (this.camera.isOn) return this.camera.stop();
    if (!(await this.camera.start(place))) {
      this.querySelector<HTMLElement>("[data-code]")?.focus();
      return;
    }
    for (let code = await this.camera.next(); code !== undefined; code = await this.camera.next()) {
      await this.add(code);
      await new Promise((resolve) => setTimeout(resolve, AFTER_SCAN_MS));
    }
  }

  private async add(code: string): Promise<void> {
    const list = this.querySelector("[data-list]");
    const template = this.querySelector("template");
    if (list === null || template === null) return;
    if ([...list.querySelectorAll<HTMLInputElement>("[name=code]")].some((field) => field.value === code)) {
      return this.say(text("scan_again"));
    }
    const row = (template.content.cloneNode(true) as DocumentFragment).querySelector("li") as HTMLLIElement;
    (row.querySelector("[name=code]") as HTMLInputElement).value = code;
    const words = row.querySelector("[data-words]") as HTMLElement;
    words.textContent = code;
    list.prepend(row);
    this.count();
    try {
      const known = await getJson<Known>(`${this.dataset.known}?code=${encodeURIComponent(code)}`);
      this.tell(row, words, known);
    } catch (error) {
      if (error instanceof Problem && !isForNow(error)) {
        row.remove();
        this.count();
        return this.say(text("scan_unknown", { code }));
      }
      // No answer: the server looks at it when it is sent; the quantity is asked for in case it is a lot.
      row.querySelector("[data-amount]")?.toggleAttribute("hidden", /\/00\/|^(\(00\)|00)?\d{18}$/.test(code));
    }
  }

  private tell(row: HTMLLIElement, words: HTMLElement, known: Known): void {
    const same = [...this.querySelectorAll<HTMLElement>("[data-epc]")].some((other) => other.dataset.epc === known.epc);
    if (same) {
      row.remove();
      this.count();
      return this.say(text("scan_again"));
    }
    row.dataset.epc = known.epc;
    const title = known.is_unit ? text("box", { number: known.number.slice(-6) }) : `${known.name} ${known.number}`;
    words.replaceChildren(element("b", {}, title), ...known.inside.map((part) => element("small", {}, part)));
    if (!known.is_unit) {
      row.querySelector("[data-amount]")?.removeAttribute("hidden");
      const field = row.querySelector<HTMLInputElement>("[name=quantity]");
      if (field) {
        field.value = known.here;
        field.setAttribute("aria-label", text("scan_how_much", { what: title }));
      }
    }
    this.say(text("scan_added", { what: title }));
  }

  private count(): void {
    const count = this.querySelectorAll("[data-list] li").length;
    const place = this.querySelector("[data-count]");
    if (place) place.textContent = text("scan_count", { count });
  }

  private say(words: string): void {
    const place = this.querySelector("[data-said]");
    if (place) place.textContent = words;
    navigator.vibrate?.(60);
  }
}

customElements.define("capture-scan", CaptureScan);
