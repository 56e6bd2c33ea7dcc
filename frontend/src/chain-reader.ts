// Reading the contract itself through any Ethereum JSON-RPC, so that nobody has to believe our server.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";

import { csrfToken } from "./api";
import { fromHex, fromNumber, toHex } from "./hex";

const GROUP_OPEN = 1n;

/** The node did not answer, or not as an Ethereum node does. */
export class NodeUnreachable extends Error {}

/** Ask an Ethereum node at `url`; throws NodeUnreachable unless it answers with a result. */
export async function askNode(url: string, method: string, params: unknown[]): Promise<unknown> {
  const ours = new URL(url, location.href).origin === location.origin;
  let answer: { result?: unknown; error?: { message: string } };
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(ours && { "X-CSRFToken": csrfToken() }) },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
    });
    answer = await response.json();
  } catch (error) {
    throw new NodeUnreachable(url, { cause: error });
  }
  if (answer.result === undefined || answer.result === null) throw new NodeUnreachable(answer.error?.message ?? url);
  return answer.result;
}

/** Call a contract's view `signature`, which takes one word; its answer as hex digits. */
export async function callView(url: string, contract: string, signature: string, word: Uint8Array): Promise<string> {
  const data = toHex(keccak_256(utf8ToBytes(signature)).slice(0, 4)) + toHex(word).slice(2);
  return (await askNode(url, "eth_call", [{ to: contract, data }, "latest"])) as string;
}

export class ChainReader {
  /** `url`: an Ethereum JSON-RPC address; `escrow`: the contract. */
  constructor(
    readonly url: string,
    readonly escrow: string,
  ) {}

  async chainId(): Promise<number> {
    return Number(await askNode(this.url, "eth_chainId", []));
  }

  private async view(signature: string, word: Uint8Array): Promise<string> {
    return callView(this.url, this.escrow, signature, word);
  }

  /** The root of batch number `batch`, as the contract keeps it. */
  async batchRoot(batch: number): Promise<string> {
    return this.view("batch_roots(uint256)", fromNumber(BigInt(batch)));
  }

  /** Bit i: leaf i of the batch left early. */
  async batchMarks(batch: number): Promise<bigint> {
    return BigInt(await this.view("batch_marks(uint256)", fromNumber(BigInt(batch)))) & ((1n << 128n) - 1n);
  }

  /** Whether the group takes orders or waits to be closed; only cancelled orders have left such a group. */
  async groupIsOpen(group: string): Promise<boolean> {
    const state = await this.view("group_state(bytes32)", fromHex(group, 32));
    return BigInt(state.slice(0, 66)) === GROUP_OPEN;
  }
}
