// <sign-action>: a button (or form) whose message is signed on this device and sent.
import type { JWK } from "jose";

import { FormErrors, getJson, postForm, postJson, Problem } from "./api";
import { Declined } from "./confirm-dialog";
import { describe } from "./describe";
import { toast } from "./elements";
import { FormProblems } from "./form-problems";
import { commitment, type Sealed, sealDetails } from "./sealed-details";
import { text } from "./texts";
import { digest, type Domain, type Message } from "./typed-data";
import { agreeAndUse, NoKey, person, signWith } from "./wallet";

/** What the server wants signed. `readers` are the keys of those who may read the order's delivery details. */
interface Prepared {
  kind: string;
  message: Message;
  next?: string;
  readers?: JWK[];
  extra?: Record<string, unknown>;
}

const MESSAGES_URL = "/api/v1/messages";

let domain: Promise<Domain> | undefined;

function chainDomain(): Promise<Domain> {
  domain ??= getJson<Domain>("/api/v1/chain");
  return domain;
}

interface Accepted {
  id: string;
}

/** Kinds whose next page follows the message by itself; its address names the message. */
const FOLLOWED_BY_PAGE = new Set(["order", "offer", "group"]);
const ASK_MS = 500;
const ASK_TIMES_MAX = 120;

/** Wait until an accepted message is on the chain, and pages say so; false if the chain refused it. */
async function isPlaced(id: string): Promise<boolean> {
  for (let asked = 0; asked < ASK_TIMES_MAX; asked += 1) {
    const { stage, is_indexed } = await getJson<{ stage: string; is_indexed: boolean }>(`${MESSAGES_URL}/${id}`);
    if (stage === "refused") return false;
    if (is_indexed) return true;
    await new Promise((resolve) => setTimeout(resolve, ASK_MS));
  }
  return true;
}

/** Sign what was prepared, once the person agreed, and send it. */
async function signAndSend(who: string, prepared: Prepared, details: Record<string, string>): Promise<Accepted> {
  let message = prepared.message;
  let sealed: Sealed | undefined;
  if (prepared.readers !== undefined) {
    sealed = await sealDetails(details, prepared.readers);
    message = { ...message, details: commitment(sealed) };
  }
  const separator = await chainDomain();
  return agreeAndUse(who, describe(prepared.kind, message), (secrets, signer) =>
    postJson<Accepted>(MESSAGES_URL, {
      ...prepared.extra,
      kind: prepared.kind,
      message,
      signature: signWith(secrets, digest(prepared.kind, message, separator)),
      signer,
      ...(sealed && { details: sealed }),
    }),
  );
}

/** This page's address, to come back to. */
function here(): string {
  return encodeURIComponent(location.pathname + location.search);
}

class SignAction extends HTMLElement {
  private readonly problems = new FormProblems(this);

  connectedCallback(): void {
    this.addEventListener("submit", (event) => this.start(event));
    this.addEventListener("click", (event) => {
      const button = event.target instanceof Element ? event.target.closest("button") : null;
      if (button?.type === "submit" && button.form === null) this.start(event);
    });
  }

  private start(event: Event): void {
    event.preventDefault();
    if (this.getAttribute("aria-busy") === "true") return;
    this.setAttribute("aria-busy", "true");
    this.problems.clear();
    const submitter = event instanceof SubmitEvent ? event.submitter : null;
    this.run(submitter)
      .catch((error: unknown) => this.show(error))
      .finally(() => this.removeAttribute("aria-busy"));
  }

  private async run(submitter: HTMLElement | null): Promise<void> {
    const who = person();
    if (who === undefined) {
      location.assign(`${document.body.dataset.signIn}?next=${here()}`);
      return;
    }
    const prepared = await this.prepare(submitter);
    const { id } = await signAndSend(who, prepared, this.details());
    if (!FOLLOWED_BY_PAGE.has(prepared.kind)) {
      toast(text("sending"), "info");
      if (!(await isPlaced(id))) return this.problems.problem(text("refused_later"), "");
    }
    sessionStorage.setItem("toast", text(`done_${prepared.kind}`));
    const next = prepared.next ?? this.getAttribute("next");
    if (next === null) return location.reload();
    const address = new URL(next, location.href);
    if (FOLLOWED_BY_PAGE.has(prepared.kind)) address.searchParams.set("message", id);
    location.assign(address);
  }

  private async prepare(submitter: HTMLElement | null): Promise<Prepared> {
    const form = this.querySelector("form");
    if (form !== null) return postForm(form.action, new FormData(form, submitter));
    const json = this.querySelector('script[type="application/json"]')?.textContent ?? "{}";
    return { kind: this.getAttribute("kind") ?? "", message: JSON.parse(json) as Message };
  }

  /** Fields that only those who deliver may read; they have no name, so that no form ever sends them. */
  private details(): Record<string, string> {
    const fields = this.querySelectorAll<HTMLInputElement>("[data-detail]");
    return Object.fromEntries([...fields].map((field) => [field.dataset.detail as string, field.value.trim()]));
  }

  private show(error: unknown): void {
    if (error instanceof Declined) return;
    if (error instanceof FormErrors) return this.problems.show(error.errors);
    if (error instanceof NoKey) {
      this.problems.problem(text("no_key"), text("no_key_remedy"), `${document.body.dataset.key}?next=${here()}`);
      return;
    }
    if (error instanceof Problem) {
      this.problems.problem(error.title || text("not_reached"), error.remedy || error.detail);
      return;
    }
    this.problems.problem(text("not_reached"), text("not_reached_remedy"));
    throw error;
  }
}

customElements.define("sign-action", SignAction);

/** What the page before left to say. */
export function showWaitingToast(): void {
  const waiting = sessionStorage.getItem("toast");
  if (waiting === null) return;
  sessionStorage.removeItem("toast");
  toast(waiting);
}
