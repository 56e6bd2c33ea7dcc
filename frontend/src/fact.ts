// A fact for the record: what its signature is about (docs/protocol/record.md).
import { sha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import { fromHex, fromNumber } from "./hex";

export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** What is to be signed. `author` is the account that the server expects to sign. */
export interface Fact {
  kind: string;
  time: number;
  author: string;
  body: { [name: string]: Json };
}

export interface SignedFact extends Fact {
  signature: string;
}

/** As eth_signTypedData_v4 takes it. */
export interface FactDomain {
  name: string;
  version: string;
  chainId: number;
  verifyingContract: string;
}

const DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";
const FACT_TYPE = "Fact(string kind,uint256 time,bytes32 body)";

/** RFC 8785: JSON.stringify writes numbers and texts as it asks; names go in the order of their UTF-16 units. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value === "number" && !Number.isFinite(value)) throw new Error("not a number that JSON has");
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonicalJson(value[name] as Json)}`).join(",")}}`;
}

const textHashes = new Map<string, Uint8Array>();
const separators = new Map<string, Uint8Array>();

/** Hashes of texts that come again with every fact. */
function hashOf(text: string): Uint8Array {
  return kept(textHashes, text, () => keccak_256(utf8ToBytes(text)));
}

function separatorOf({ name, version, chainId, verifyingContract }: FactDomain): Uint8Array {
  const parts = () => [hashOf(DOMAIN_TYPE), hashOf(name), hashOf(version), fromNumber(BigInt(chainId))];
  return kept(separators, JSON.stringify([name, version, chainId, verifyingContract]), () =>
    keccak_256(concatBytes(...parts(), new Uint8Array(12), fromHex(verifyingContract, 20))),
  );
}

function kept(hashes: Map<string, Uint8Array>, name: string, hash: () => Uint8Array): Uint8Array {
  const found = hashes.get(name) ?? hash();
  hashes.set(name, found);
  return found;
}

/** The 32 bytes that the author signs; `bodyHash` is SHA-256 of the body's RFC 8785 form, if it is known. */
export function factDigest(fact: Fact, domain: FactDomain, bodyHash?: Uint8Array): Uint8Array {
  const separator = separatorOf(domain);
  const struct = keccak_256(
    concatBytes(
      hashOf(FACT_TYPE),
      hashOf(fact.kind),
      fromNumber(BigInt(fact.time)),
      bodyHash ?? sha256(utf8ToBytes(canonicalJson(fact.body))),
    ),
  );
  return keccak_256(concatBytes(new Uint8Array([0x19, 0x01]), separator, struct));
}
