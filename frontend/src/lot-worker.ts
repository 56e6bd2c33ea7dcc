// The thread that checks a lot's facts while its page is drawn. It comes within the page, and its question is its name: a
// file, or a message, would reach it only after the page is drawn. Addresses in the question are whole.
import { askFor, type Asker } from "./api";
import { find, type Found, type Statement } from "./lot-finding";
import { libraryIsAt } from "./record/ed25519";
import type { Memory } from "./record/memory";
import { OtherChain, ProofUnreachable } from "./record/prove";

export interface Question {
  statement: Statement;
  /** An Ethereum JSON-RPC address. */
  node: string;
  known: Memory | undefined;
  page: Asker;
}

/** Why nothing can be said. */
export type Failure = "other_chain" | "unreachable" | "unsound";

export type Answer = { found: Found } | { failure: Failure; reason: string };

async function answerTo({ statement, node, known, page }: Question): Promise<Answer> {
  askFor(page);
  libraryIsAt(statement.ed25519);
  try {
    return { found: await find(statement, node, known) };
  } catch (error) {
    const failure = error instanceof OtherChain ? "other_chain" : error instanceof ProofUnreachable ? "unreachable" : "unsound";
    return { failure, reason: String(error) };
  }
}

void answerTo(JSON.parse(self.name) as Question).then((answer) => postMessage(answer));
