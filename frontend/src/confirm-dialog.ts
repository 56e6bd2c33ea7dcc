// The device's own dialog: what is about to be signed, and the passphrase if the key is locked.
import { element } from "./elements";
import { WrongPassphrase } from "./keystore";
import { text } from "./texts";

export interface Summary {
  title: string;
  facts: [label: string, value: string][];
  /** Address of a photograph that belongs to it. */
  picture?: string;
  action: string;
}

/** The person closed the dialog without agreeing. */
export class Declined extends Error {}

/**
 * Shows `summary`; resolves with what `agree` gives once the person agreed. `agree` gets the passphrase if one is asked
 * for; while it throws WrongPassphrase the dialog stays open and says so.
 */
export function confirmDialog<T>(
  summary: Summary,
  asksPassphrase: boolean,
  agree: (passphrase: string, progress: (done: number) => void) => Promise<T>,
): Promise<T> {
  const passphrase = element("input", {
    id: "passphrase",
    type: "password",
    autocomplete: "off",
    required: true,
    "aria-describedby": "passphrase-error",
  });
  const error = element("p", { id: "passphrase-error", class: "field-error", role: "alert" });
  const progress = element("progress", { class: "progress progress-primary", max: "1", value: "0", hidden: true });
  const accept = element("button", { type: "submit", class: "btn btn-primary btn-lg" }, summary.action);
  const decline = element("button", { type: "button", class: "btn btn-ghost btn-lg" }, text("not_now"));
  const facts = element("dl", { class: "facts" });
  for (const [label, value] of summary.facts) facts.append(element("dt", {}, label), element("dd", {}, value));
  const form = element(
    "form",
    { class: "flow" },
    element("h2", { id: "confirm-title" }, summary.title),
    ...(summary.picture ? [element("img", { src: summary.picture, alt: text("photo_signed"), class: "dialog-picture" })] : []),
    facts,
    ...(asksPassphrase
      ? [
          element(
            "div",
            { class: "form-field" },
            element("label", { for: "passphrase" }, text("passphrase")),
            element("p", { class: "field-help" }, text("passphrase_why")),
            passphrase,
            error,
          ),
        ]
      : [error]),
    progress,
    element("div", { class: "actions" }, decline, accept),
  );
  const dialog = element("dialog", { class: "device-dialog", "aria-labelledby": "confirm-title" }, form);
  document.body.append(dialog);

  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      dialog.close();
      dialog.remove();
      settle();
    };
    decline.addEventListener("click", () => finish(() => reject(new Declined())));
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      finish(() => reject(new Declined()));
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      accept.disabled = decline.disabled = true;
      error.textContent = "";
      progress.hidden = !asksPassphrase;
      agree(passphrase.value, (done) => (progress.value = done)).then(
        (result) => finish(() => resolve(result)),
        (failure: unknown) => {
          if (!(failure instanceof WrongPassphrase)) return finish(() => reject(failure));
          accept.disabled = decline.disabled = false;
          progress.hidden = true;
          error.textContent = text("passphrase_wrong");
          passphrase.setAttribute("aria-invalid", "true");
          passphrase.select();
        },
      );
    });
    dialog.showModal();
  });
}
