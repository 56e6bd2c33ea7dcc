// Small things that buttons do on the device: share, copy, print, fill a field, step a number, lock the key.
import { lock } from "./device-store";
import { toast } from "./elements";
import { text } from "./texts";
import { person } from "./wallet";

async function copy(content: string): Promise<void> {
  await navigator.clipboard.writeText(content);
  toast(text("copied"));
}

async function share(button: HTMLElement): Promise<void> {
  const url = new URL(button.dataset.share ?? location.href, location.href).href;
  if (navigator.share === undefined) return copy(`${button.dataset.text ?? ""} ${url}`.trim());
  try {
    await navigator.share({ url, title: document.title, text: button.dataset.text ?? "" });
  } catch (error) {
    // The person closed the system's sheet.
    if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  }
}

function step(button: HTMLElement): void {
  const field = document.getElementById(button.dataset.step ?? "") as HTMLInputElement;
  if (Number(button.dataset.by) > 0) field.stepUp();
  else field.stepDown();
  field.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const button = event.target instanceof Element ? event.target.closest<HTMLElement>("button") : null;
  if (button === null) return;
  const { dataset } = button;
  if (dataset.copy !== undefined) void copy(dataset.copy);
  if (dataset.share !== undefined) void share(button);
  if (dataset.print !== undefined) window.print();
  if (dataset.step !== undefined) step(button);
  if (dataset.fill !== undefined) {
    (document.getElementById(dataset.fill) as HTMLInputElement).value = dataset.value ?? "";
  }
  if (dataset.lock !== undefined) {
    const who = person();
    if (who !== undefined) void lock(who).then(() => toast(text("locked")));
  }
});

// Forms that apply themselves when a choice changes.
document.addEventListener("change", (event) => {
  const field = event.target as HTMLInputElement | HTMLSelectElement;
  if (field.dataset.applies !== undefined) field.form?.requestSubmit();
});
