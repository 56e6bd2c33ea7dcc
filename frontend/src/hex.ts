// Bytes as the server writes them: lower-case hexadecimal after 0x.
import { bytesToHex, hexToBytes } from "@noble/hashes/utils.js";

export type Hex = `0x${string}`;

export function toHex(bytes: Uint8Array): Hex {
  return `0x${bytesToHex(bytes)}`;
}

/** Throws if `text` is not hexadecimal of a whole number of bytes, or not `length` bytes long. */
export function fromHex(text: string, length?: number): Uint8Array {
  const bytes = hexToBytes(text.startsWith("0x") ? text.slice(2) : text);
  if (length !== undefined && bytes.length !== length) throw new Error(`expected ${length} bytes: ${text}`);
  return bytes;
}

/** An unsigned number as `length` bytes, big end first. Throws if it does not fit. */
export function fromNumber(value: bigint, length = 32): Uint8Array {
  const digits = value.toString(16).padStart(2 * length, "0");
  if (value < 0n || digits.length > 2 * length) throw new Error(`number out of range: ${value}`);
  return hexToBytes(digits);
}
