// Asking another thread about the facts that this page rests on.
import { thisPage } from "./api";
import type { Statement } from "./lot-finding";
import type { Answer, Question } from "./lot-worker";
import { remembered } from "./record/memory";

function textOf(id: string): string {
  return document.getElementById(id)?.textContent ?? "";
}

/** A worker has no address of its own to begin from. */
function whole(address: string): string {
  return new URL(address, location.href).href;
}

const { proof, consistency, node, ed25519, ...others } = JSON.parse(textOf("lot-statement")) as Statement;

export const statement: Statement = {
  ...others,
  proof: whole(proof),
  consistency: whole(consistency),
  node: whole(node),
  ed25519: whole(ed25519),
};

/** Have another thread check the facts; `node` is an Ethereum JSON-RPC address. */
export function find(node: string): Promise<Answer> {
  const question: Question = { statement, node, known: remembered(), page: thisPage() };
  const script = URL.createObjectURL(new Blob([textOf("lot-worker")], { type: "text/javascript" }));
  const worker = new Worker(script, { name: JSON.stringify(question) });
  return new Promise((resolve) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => {
      worker.terminate();
      URL.revokeObjectURL(script);
      resolve(data);
    };
    worker.onerror = ({ message }) => resolve({ failure: "unsound", reason: message });
  });
}
