// EIP-712: what a message's signature is about. The types are generated from the Python that the server checks with.
import { keccak_256 } from "@noble/hashes/sha3.js";
import { concatBytes, utf8ToBytes } from "@noble/hashes/utils.js";

import generated from "./generated/typed-data.json" with { type: "json" };
import { fromHex, fromNumber } from "./hex";

export type Value = string | number | boolean | Message | Value[];
export interface Message {
  [field: string]: Value;
}
export interface Domain {
  chain_id: number;
  escrow: string;
}

interface Field {
  name: string;
  type: string;
}
const TYPES = generated.types as Record<string, readonly Field[]>;

const DOMAIN_TYPE = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)";

/** The EIP-712 type of a kind of message: `CancelOrder` of `cancel_order`. */
export function typeOf(kind: string): string {
  return kind.replace(/(?:^|_)([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function fieldsOf(type: string): readonly Field[] {
  const fields = TYPES[type];
  if (fields === undefined) throw new Error(`unknown type: ${type}`);
  return fields;
}

function elementOf(type: string): string | undefined {
  return type.endsWith("[]") ? type.slice(0, -2) : undefined;
}

function nestedIn(type: string, found: Set<string> = new Set()): Set<string> {
  for (const field of fieldsOf(type)) {
    const inner = elementOf(field.type) ?? field.type;
    if (inner in TYPES && !found.has(inner)) {
      found.add(inner);
      nestedIn(inner, found);
    }
  }
  return found;
}

function encodeType(type: string): string {
  const write = (name: string) => `${name}(${fieldsOf(name).map((field) => `${field.type} ${field.name}`).join(",")})`;
  return [type, ...[...nestedIn(type)].sort()].map(write).join("");
}

function encodeValue(type: string, value: Value): Uint8Array {
  const element = elementOf(type);
  if (element !== undefined) {
    if (!Array.isArray(value)) throw new Error(`expected a list of ${element}`);
    return keccak_256(concatBytes(...value.map((item) => encodeValue(element, item))));
  }
  if (type in TYPES) return hashStruct(type, value as Message);
  switch (type) {
    case "address":
      return concatBytes(new Uint8Array(12), fromHex(value as string, 20));
    case "bytes32":
      return fromHex(value as string, 32);
    case "bool":
      return fromNumber(value === true ? 1n : 0n);
    case "uint256":
      if (typeof value === "number" && !Number.isSafeInteger(value)) throw new Error(`not a whole number: ${value}`);
      return fromNumber(BigInt(value as string | number));
    default:
      throw new Error(`unknown type: ${type}`);
  }
}

/** EIP-712 hashStruct. Whole numbers may be given as decimal text, for those that exceed 2**53. */
export function hashStruct(type: string, message: Message): Uint8Array {
  const words = fieldsOf(type).map((field) => {
    const value = message[field.name];
    if (value === undefined) throw new Error(`${type} lacks ${field.name}`);
    return encodeValue(field.type, value);
  });
  return keccak_256(concatBytes(keccak_256(utf8ToBytes(encodeType(type))), ...words));
}

export function domainSeparator(domain: Domain): Uint8Array {
  return keccak_256(
    concatBytes(
      keccak_256(utf8ToBytes(DOMAIN_TYPE)),
      keccak_256(utf8ToBytes(generated.domain.name)),
      keccak_256(utf8ToBytes(generated.domain.version)),
      fromNumber(BigInt(domain.chain_id)),
      encodeValue("address", domain.escrow),
    ),
  );
}

/** The 32 bytes that are signed. */
export function digest(kind: string, message: Message, domain: Domain): Uint8Array {
  return keccak_256(
    concatBytes(new Uint8Array([0x19, 0x01]), domainSeparator(domain), hashStruct(typeOf(kind), message)),
  );
}
