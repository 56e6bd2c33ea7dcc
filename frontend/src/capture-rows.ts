// <capture-rows>: rows of fields that are added and removed; <capture-balance>: what went in, what came out, what is left over.
import { text } from "./texts";

class CaptureRows extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button[data-row]") : null;
      if (button?.dataset.row === "add") this.add();
      if (button?.dataset.row === "remove") {
        button.closest("li")?.remove();
        this.dispatchEvent(new Event("input", { bubbles: true }));
      }
    });
  }

  private add(): void {
    const template = this.querySelector("template");
    if (template === null) return;
    const row = template.content.cloneNode(true) as DocumentFragment;
    const first = row.querySelector<HTMLElement>("select, input");
    this.querySelector("ol")?.append(row);
    first?.focus();
  }
}

/** Grams of a row: of its number, the unit chosen, and what a piece weighs; undefined where nobody said. */
function grams(number: string, unit: string, pieceGrams: string | undefined): number | undefined {
  const value = Number(number.trim());
  const each = { kg: 1000, jin: 500, KGM: 1000, GRM: 1, TNE: 1_000_000 }[unit] ?? (unit === "piece" || unit === "" ? Number(pieceGrams || Number.NaN) : Number.NaN);
  return Number.isFinite(value * each) ? value * each : undefined;
}

class CaptureBalance extends HTMLElement {
  connectedCallback(): void {
    const form = this.closest("form");
    form?.addEventListener("input", () => this.show(form));
    form?.addEventListener("change", () => this.show(form));
    if (form) this.show(form);
  }

  private show(form: HTMLFormElement): void {
    const sum = (rows: NodeListOf<HTMLElement>, unitOf: (row: HTMLElement, option: HTMLOptionElement | undefined) => string): number | undefined => {
      let total: number | undefined = 0;
      for (const row of rows) {
        const option = row.querySelector<HTMLSelectElement>("select")?.selectedOptions[0];
        const number = row.querySelector<HTMLInputElement>("input")?.value ?? "";
        if (!option?.value || number.trim() === "") continue;
        const weight = grams(number, unitOf(row, option), option.dataset.grams);
        total = weight === undefined || total === undefined ? undefined : total + weight;
      }
      return total;
    };
    const went = sum(form.querySelectorAll("[data-rows=input] li"), (_row, option) => option?.dataset.uom ?? "");
    const came = sum(form.querySelectorAll("[data-rows=output] li"), (row) => row.querySelector<HTMLSelectElement>("[name=made_unit]")?.value ?? "");
    const words = (weight: number): string => `${Number((weight / 1000).toFixed(3))} ${text("unit_kg")}`;
    const output = this.querySelector("output");
    if (!output) return;
    output.classList.toggle("is-wrong", went !== undefined && came !== undefined && came > went);
    output.textContent =
      went === undefined || came === undefined
        ? text("balance_unknown")
        : came > went
          ? text("balance_over", { went: words(went), came: words(came), more: words(came - went) })
          : text("balance", { went: words(went), came: words(came), rest: words(went - came) });
  }
}

customElements.define("capture-rows", CaptureRows);
customElements.define("capture-balance", CaptureBalance);
