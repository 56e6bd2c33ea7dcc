import htmx from "htmx.org";

import { csrfToken } from "./api";
import { lockExpired } from "./device-store";
import "./amount-slider";
import "./capture-import";
import { forgetPages } from "./capture-queue";
import "./capture-rows";
import "./capture-scan";
import "./capture-step";
import "./countdown";
import "./device-key";
import "./hand-out";
import "./page-buttons";
import "./see-proof";
import { showWaitingToast } from "./sign-action";
import { person } from "./wallet";

// The pages' Content-Security-Policy allows neither eval nor inline styles.
htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
document.addEventListener("htmx:configRequest", (event) => {
  (event as CustomEvent<{ headers: Record<string, string> }>).detail.headers["X-CSRFToken"] = csrfToken();
});

void lockExpired(person());
void forgetPages();
showWaitingToast();

for (const note of document.querySelectorAll("#toasts > .alert-success, #toasts > .alert-info")) {
  setTimeout(() => note.remove(), 6000);
}
document.querySelector<HTMLElement>("[data-error-summary]:not([hidden])")?.focus();
// Browsers without scroll-initial-target.
document.querySelector(".tab-bar [aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
