// Building and showing elements.
export type Child = Node | string;

/** An element with attributes (true for bare ones) and children. */
export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Record<string, string | true> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value === true ? "" : value);
  made.append(...children);
  return made;
}

/** An icon of the page's sprite. */
export function icon(name: string, cssClass = "icon"): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  const sprite = document.querySelector("svg use")?.getAttribute("href")?.split("#")[0] ?? "";
  use.setAttribute("href", `${sprite}#${name}`);
  svg.setAttribute("class", cssClass);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

const TOAST_MS = 6000;

/** A short note over the page; screen readers say it. */
export function toast(message: string, kind: "success" | "error" | "info" = "success"): void {
  const note = element("div", { class: `alert alert-${kind}` }, message);
  document.getElementById("toasts")?.append(note);
  setTimeout(() => note.remove(), TOAST_MS);
}
