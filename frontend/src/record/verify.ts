// Checking a proof bundle on this device. src/pinlian/record/verify.py is the same for a desk; tests hold both to the
// same cases.
import { utf8ToBytes } from "@noble/hashes/utils.js";

import type { FactDomain, SignedFact } from "../fact";
import { fromHex } from "../hex";
import type { Bundle, ProvenFact } from "./bundle";
import { readLeaf } from "./leaf";
import { type CheckpointBody, fromBase64, NoteError, openCheckpoint, readBody, readVerifier } from "./note";
import { areSignedByAuthors } from "./signatures";
import { hasGrown, leafHash, rootByInclusion, sameHash } from "./tree";

/** What can be said of a fact. */
export type State =
  /** Recorded as it is shown, signed by somebody known, under a head that all who are trusted vouch for. */
  | "verified"
  /** Recorded, and signed by an account that nobody here knows. */
  | "author_unknown"
  /** No head that is trusted has it yet. */
  | "not_anchored"
  /** Not what was recorded, or not signed by its author, or the log shows others something else. */
  | "altered";

/** Why a fact is not verified. */
export type Problem =
  | "head_unsigned"
  | "other_history"
  | "log_shrunk"
  | "not_a_fact"
  | "signature"
  | "off_path"
  | "author_unknown"
  | "quorum"
  | "nothing_trusted"
  | "head_missing"
  | "head_not_reached"
  | "later_than_head";

/** A head known from elsewhere than the bundle. */
export interface TrustedHead {
  size: number;
  /** 0x and hex digits. */
  root: string;
}

/** What is trusted; everything named here must vouch for a fact before it is verified. */
export interface Trust {
  heads: TrustedHead[];
  /** Somebody that was to tell a head knows none. */
  headMissing?: boolean;
  /** Verifier keys of the log and of witnesses, of which so many must have cosigned. */
  log?: string;
  witnesses?: string[];
  quorum?: number;
  /** Names of accounts that are known; without them, those that the bundle names. */
  authors?: Record<string, string>;
  /** Whether the bundle was made on demand for `heads`, so that one which it does not reach was lost. */
  isFresh?: boolean;
}

export interface FactReport {
  index: number;
  state: State;
  problems: Problem[];
  /** Undefined if the leaf cannot be read. */
  fact: SignedFact | undefined;
  /** The author's name; empty if nobody here knows it. */
  authorName: string;
}

export interface Report {
  /** Undefined if the checkpoint cannot be read, or is not the log's. */
  head: CheckpointBody | undefined;
  facts: FactReport[];
}

interface Head {
  body: CheckpointBody | undefined;
  /** Why nothing below the head is to be believed. */
  broken: Problem[];
  /** Who did not vouch for it. */
  unvouched: Problem[];
  /** Sizes of trusted heads that it leads to. */
  covered: number[];
}

/** A leaf as it was read, and whether the author signed it. */
interface Opened {
  fact: SignedFact | undefined;
  isSigned: boolean;
}

/** What was read before, by domain and leaf: a fact is often checked again under another head. */
const opened = new Map<string, Opened>();

/**
 * Do what needs no head, which is most of the work: read the leaves and check the authors' signatures. verifyBundle
 * does not do it again.
 */
export async function openFacts({ facts, domain }: Bundle): Promise<void> {
  const leaves = facts.map(({ leaf }) => leaf).filter((leaf) => !opened.has(placeOf(leaf, domain)));
  const read = leaves.map(readLeaf);
  const known = read.filter((fact) => fact !== undefined);
  const signed = new Map(await areSignedByAuthors(known, domain).then((all) => known.map((fact, at) => [fact, all[at] ?? false])));
  leaves.forEach((leaf, at) => {
    const fact = read[at];
    opened.set(placeOf(leaf, domain), { fact, isSigned: fact !== undefined && signed.get(fact) === true });
  });
}

function placeOf(leaf: string, domain: FactDomain): string {
  return `${JSON.stringify(domain)} ${leaf}`;
}

/** Check every fact of a bundle. Throws if it is not of the form of a bundle. */
export async function verifyBundle(bundle: Bundle, trust: Trust): Promise<Report> {
  if (bundle.version !== 1) throw new Error(`a bundle of version ${bundle.version}`);
  const head = await checkHead(bundle, trust);
  const names = trust.authors ?? bundle.authors;
  await openFacts(bundle);
  return { head: head.body, facts: await Promise.all(bundle.facts.map((proven) => checkFact(proven, bundle, head, names))) };
}

async function checkHead(bundle: Bundle, trust: Trust): Promise<Head> {
  const head: Head = { body: undefined, broken: [], unvouched: trust.headMissing ? ["head_missing"] : [], covered: [] };
  let cosigners: string[] = [];
  try {
    if (trust.log === undefined) {
      head.body = readBody(bundle.checkpoint);
    } else {
      const witnesses = await Promise.all((trust.witnesses ?? []).map(readVerifier));
      ({ body: head.body, cosigners } = await openCheckpoint(bundle.checkpoint, await readVerifier(trust.log), witnesses));
    }
  } catch (error) {
    if (!(error instanceof NoteError)) throw error;
    head.broken.push("head_unsigned");
    return head;
  }
  if (cosigners.length < (trust.quorum ?? trust.witnesses?.length ?? 0)) head.unvouched.push("quorum");
  if (trust.log === undefined && trust.heads.length === 0 && !trust.headMissing) head.unvouched.push("nothing_trusted");
  for (const trusted of trust.heads) await holdAgainst(trusted, head, head.body, bundle, trust.isFresh ?? false);
  return head;
}

async function holdAgainst(trusted: TrustedHead, head: Head, body: CheckpointBody, bundle: Bundle, isFresh: boolean): Promise<void> {
  const root = fromHex(trusted.root, 32);
  let holds: boolean;
  if (trusted.size === body.size) {
    holds = sameHash(root, body.root);
  } else if (trusted.size === bundle.anchor?.size && trusted.size < body.size) {
    holds = await hasGrown(trusted.size, root, body.size, body.root, bundle.consistency.map(fromBase64));
  } else {
    if (isFresh && trusted.size > body.size) head.broken.push("log_shrunk");
    else head.unvouched.push("head_not_reached");
    return;
  }
  if (holds) head.covered.push(trusted.size);
  else head.broken.push("other_history");
}

async function checkFact(proven: ProvenFact, bundle: Bundle, head: Head, names: Record<string, string>): Promise<FactReport> {
  const { index } = proven;
  const altered = [...head.broken];
  const { fact, isSigned } = opened.get(placeOf(proven.leaf, bundle.domain)) as Opened;
  if (fact === undefined) altered.push("not_a_fact");
  else if (!isSigned) altered.push("signature");
  if (head.body !== undefined) {
    const leaf = await leafHash(utf8ToBytes(proven.leaf));
    const reached = await rootByInclusion(leaf, index, head.body.size, proven.path.map(fromBase64));
    if (reached === undefined || !sameHash(reached, head.body.root)) altered.push("off_path");
  }
  const unvouched = [...head.unvouched];
  if (head.covered.some((size) => index >= size)) unvouched.push("later_than_head");
  const authorName = (fact && Object.hasOwn(names, fact.author) && names[fact.author]) || "";
  const unknown: Problem[] = authorName === "" ? ["author_unknown"] : [];
  const report = { index, fact, authorName };
  if (altered.length > 0) return { ...report, state: "altered", problems: altered };
  const problems = [...unknown, ...unvouched];
  if (unknown.length > 0) return { ...report, state: "author_unknown", problems };
  return { ...report, state: unvouched.length > 0 ? "not_anchored" : "verified", problems };
}
