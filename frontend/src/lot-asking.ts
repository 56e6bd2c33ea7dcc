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
export async function find(node: string): Promise<Answer> {
  const question: Question = { statement, node, known: remembered(), page: thisPage() };
  const script = URL.createObjectURL(new Blob([textOf("lot-worker")], { type: "text/javascript" }));
  try {
    return await answerOf(new Worker(script, { name: JSON.stringify(question) }));
  } catch (error) {
    // A browser that is too old for it, or forbids it.
    return { failure: "unreachable", reason: String(error) };
  } finally {
    URL.revokeObjectURL(script);
  }
}

function answerOf(worker: Worker): Promise<Answer> {
  return new Promise<Answer>((resolve, reject) => {
    worker.onmessage = ({ data }: MessageEvent<Answer>) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
  }).finally(() => worker.terminate());
}
