// What has to be put right, beside the fields and at the end of the form.
import { element, icon } from "./elements";

/** Let screen readers say what is wrong with a field together with it, or no longer. */
function describe(field: Element, id: string, is: boolean): void {
  const others = (field.getAttribute("aria-describedby") ?? "").split(" ").filter((other) => other !== "" && other !== id);
  const all = is ? [...others, id] : others;
  if (all.length > 0) field.setAttribute("aria-describedby", all.join(" "));
  else field.removeAttribute("aria-describedby");
}

export class FormProblems {
  constructor(private readonly host: HTMLElement) {}

  clear(): void {
    this.show({});
  }

  /** A problem of the whole form, with what to do about it. */
  problem(title: string, remedy: string, url?: string): void {
    this.box(
      "error",
      "circle-alert",
      element("p", { class: "font-semibold" }, title),
      url ? element("a", { href: url, class: "link" }, remedy) : element("p", {}, remedy),
    );
  }

  /** Something to know that is no problem. */
  note(words: string): void {
    this.box("info", "info", element("p", {}, words));
  }

  private box(kind: "error" | "info", symbol: string, ...content: HTMLElement[]): void {
    const box = element(
      "div",
      { class: `alert alert-${kind} sign-problem`, role: "alert" },
      icon(symbol),
      element("div", {}, ...content),
    );
    this.host.append(box);
    box.scrollIntoView({ block: "nearest" });
  }

  /** Texts by field name, as the server found them; `__all__` is about the whole form. */
  show(errors: Record<string, string[]>): void {
    this.host.querySelector(".sign-problem")?.remove();
    const beside = new Set<string>(["__all__"]);
    for (const place of this.host.querySelectorAll<HTMLElement>("[data-error-of]")) {
      const name = place.dataset.errorOf as string;
      beside.add(name);
      const texts = errors[name] ?? [];
      place.textContent = texts.join(" ");
      const field = this.host.querySelector(`[name="${name}"]`);
      if (texts.length > 0) field?.setAttribute("aria-invalid", "true");
      else field?.removeAttribute("aria-invalid");
      if (field && place.id) describe(field, place.id, texts.length > 0);
    }
    const rest = Object.entries(errors).flatMap(([name, texts]) => (name === "__all__" || !beside.has(name) ? texts : []));
    if (rest.length > 0) this.problem(rest.join(" "), "");
    this.host.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }
}
