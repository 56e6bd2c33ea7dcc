// Stands in the page itself, before everything that has to be loaded: the check of the facts takes longest, so it begins
// first.
import { find, statement } from "./lot-asking";
import type { Answer } from "./lot-worker";

declare global {
  interface Window {
    /** Undefined where the browser ran no script in the page. */
    lotCheck?: Promise<Answer>;
  }
}

window.lotCheck = find(statement.node);
