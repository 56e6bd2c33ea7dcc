// A slider of minor units beside the field that holds the amount: moving one moves the other.
import { money } from "./texts";

function asTyped(minor: number): string {
  return money(minor).replace("¥", "");
}

for (const slider of document.querySelectorAll<HTMLInputElement>("input[data-amount-of]")) {
  const field = document.getElementById(slider.dataset.amountOf ?? "");
  if (!(field instanceof HTMLInputElement)) continue;
  slider.addEventListener("input", () => {
    field.value = asTyped(slider.valueAsNumber);
  });
  field.addEventListener("input", () => {
    const minor = Math.round(Number(field.value) * 100);
    if (Number.isFinite(minor)) slider.value = String(minor);
  });
}
